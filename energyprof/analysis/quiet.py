"""Power while nothing was asked of the machine, from the tick intervals that lie wholly in such a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

MIN_INTERVALS = 2
"""Three ticks: fewer cannot show how much the power scatters."""

NEAR_INTERVALS = 10
"""Only the quiet intervals next to an edge speak for the power at it."""


@dataclass(frozen=True, slots=True)
class QuietPower:
    """Watts of a quiet stretch.

    Attributes:
        power_w: mean over `intervals` tick intervals. uncertainty_w: standard uncertainty of that mean.
        scatter: standard deviation of one interval, relative to the mean: what the counter's readings scatter by.
    """

    power_w: float
    uncertainty_w: float
    scatter: float
    intervals: int


def quiet_power(curve: Curve, start_s: float, end_s: float, *, near: str | None = None) -> QuietPower | None:
    """Mean power between two instants in which nothing ran.

    Args:
        near: "start" or "end" takes only the intervals next to that edge; None takes all.

    Returns:
        None where fewer than three ticks lie between the instants; a model needs none.
    """
    import numpy as np

    if curve.exact and curve.times_s[0] <= start_s < end_s <= curve.times_s[-1]:
        power_w = float(curve.at(end_s) - curve.at(start_s)) / (end_s - start_s)
        return QuietPower(power_w, 0.0, 0.0, MIN_INTERVALS)
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
    scatter = scatter_w / abs(mean_w) if mean_w else 0.0
    return QuietPower(mean_w, scatter_w / len(powers_w) ** 0.5, scatter, len(powers_w))


@dataclass(frozen=True, slots=True)
class QuietHalves:
    """Quiet power over a stretch of time that work interrupts; each quiet stretch has one power for either half.

    Attributes:
        starts_s: where each half begins. powers: its power; None where it was never seen nearby.
        idle_power_w: the median over all quiet tick intervals; None where there were none.
    """

    starts_s: Floats
    powers: list[QuietPower | None]
    idle_power_w: float | None

    @property
    def first(self) -> QuietPower | None:
        """The power at the beginning."""
        return self.powers[0]

    @property
    def last(self) -> QuietPower | None:
        """The power at the end."""
        return self.powers[-1]

    @property
    def typical(self) -> QuietPower | None:
        """Means of what is known of all halves."""
        known = [power for power in self.powers if power is not None]
        if not known:
            return None
        return QuietPower(
            sum(power.power_w for power in known) / len(known),
            sum(power.uncertainty_w for power in known) / len(known),
            sum(power.scatter for power in known) / len(known),
            min(power.intervals for power in known),
        )

    def at(self, instants_s: Floats) -> Floats:
        """Quiet power at instants, NaN where it was never seen."""
        import numpy as np

        watts = np.array([np.nan if power is None else power.power_w for power in self.powers])
        half = np.clip(np.searchsorted(self.starts_s, instants_s, side="right") - 1, 0, len(watts) - 1)
        return np.asarray(watts[half])


def quiet_halves(
    curve: Curve, busy: Sequence[tuple[float, float]], start_s: float, end_s: float, before: QuietPower | None
) -> QuietHalves:
    """Quiet power between two instants, outside the busy stretches.

    Args:
        busy: in order, without overlap. before: quiet power known from before the first instant.
    """
    import numpy as np

    edges_s = np.array([start_s, *(edge for stretch in busy for edge in stretch), end_s])
    lows_s, highs_s = edges_s[::2], edges_s[1::2]
    intervals = np.searchsorted(curve.times_s, highs_s, side="right") - np.searchsorted(curve.times_s, lows_s) - 1
    own: list[QuietPower | None] = [None] * (2 * len(lows_s))
    for place in np.flatnonzero((intervals >= MIN_INTERVALS) | (curve.exact & (highs_s > lows_s))):
        low_s, high_s = float(lows_s[place]), float(highs_s[place])
        own[2 * place] = quiet_power(curve, low_s, high_s, near="start")
        own[2 * place + 1] = quiet_power(curve, low_s, high_s, near="end")
    starts_s = np.ravel(np.column_stack((lows_s, (lows_s + highs_s) / 2)))
    return QuietHalves(starts_s, _filled_in(own, before), _idle_power(curve, lows_s, highs_s))


def _filled_in(own: Sequence[QuietPower | None], before: QuietPower | None) -> list[QuietPower | None]:
    """Halves of their own power; those too short to tell take the mean of their nearest neighbours that can."""
    earlier, later = _last_known([before, *own])[1:], _last_known(own[::-1])[::-1]
    return [power or _mean(left, right) for power, left, right in zip(own, earlier, later, strict=True)]


def _last_known(powers: Sequence[QuietPower | None]) -> list[QuietPower | None]:
    known: QuietPower | None = None
    filled = []
    for power in powers:
        known = power or known
        filled.append(known)
    return filled


def _mean(left: QuietPower | None, right: QuietPower | None) -> QuietPower | None:
    if left is None or right is None:
        return left or right
    spread_w = abs(left.power_w - right.power_w) / 12**0.5
    uncertainty_w = (left.uncertainty_w**2 / 4 + right.uncertainty_w**2 / 4 + spread_w**2) ** 0.5
    power_w, scatter = (left.power_w + right.power_w) / 2, max(left.scatter, right.scatter)
    return QuietPower(power_w, uncertainty_w, scatter, min(left.intervals, right.intervals))


def _idle_power(curve: Curve, lows_s: Floats, highs_s: Floats) -> float | None:
    """Idle power: the median over the tick intervals that lie wholly in quiet time."""
    import numpy as np

    stretch = np.clip(np.searchsorted(lows_s, curve.times_s[:-1], side="right") - 1, 0, len(lows_s) - 1)
    inside = (curve.times_s[:-1] >= lows_s[stretch]) & (curve.times_s[1:] <= highs_s[stretch])
    if not inside.any():
        return None
    return float(np.median((np.diff(curve.energy_j) / np.diff(curve.times_s))[inside]))
