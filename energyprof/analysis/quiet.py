"""Power while nothing was asked of the machine, from the tick intervals that lie wholly in such a time."""

from __future__ import annotations

from dataclasses import dataclass

from energyprof.analysis.curve import Curve

MIN_INTERVALS = 2
"""Three ticks: fewer cannot show how much the power scatters."""

NEAR_INTERVALS = 10
"""Only the quiet intervals next to an edge speak for the power at it."""


@dataclass(frozen=True, slots=True)
class QuietPower:
    """Watts of a quiet stretch: the mean over `intervals` tick intervals and its standard uncertainty."""

    power_w: float
    uncertainty_w: float
    intervals: int


def quiet_power(curve: Curve, start_s: float, end_s: float, *, near: str | None = None) -> QuietPower | None:
    """Mean power between two instants in which nothing ran.

    Args:
        near: "start" or "end" takes only the intervals next to that edge; None takes all.

    Returns:
        None where fewer than three ticks lie between the instants.
    """
    import numpy as np

    first = int(np.searchsorted(curve.times_s, start_s, side="left"))
    last = int(np.searchsorted(curve.times_s, end_s, side="right")) - 1
    if last - first < MIN_INTERVALS:
        return None
    if near == "end":
        first = max(first, last - NEAR_INTERVALS)
    elif near == "start":
        last = min(last, first + NEAR_INTERVALS)
    durations_s = np.diff(curve.times_s[first : last + 1])
    powers_w = np.diff(curve.energy_j[first : last + 1]) / durations_s
    mean_w = float(np.average(powers_w, weights=durations_s))
    scatter_w = float(np.std(powers_w, ddof=1))
    return QuietPower(mean_w, scatter_w / len(powers_w) ** 0.5, len(powers_w))
