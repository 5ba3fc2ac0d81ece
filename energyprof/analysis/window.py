"""Energy of one isolated window: `bracket` where there is quiet on both sides, else `interpolate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from energyprof.analysis.curve import Curve
from energyprof.analysis.quiet import QuietPower, quiet_power, quiet_scatter
from energyprof.model.errors import OutsideTimeline

Estimator = Literal["bracket", "interpolate", "regress"]


@dataclass(frozen=True, slots=True)
class WindowEnergy:
    """Joules of a window with their standard uncertainty.

    Attributes:
        idle_power_w: mean of the quiet power on both sides; None where neither side was quiet.
    """

    energy_j: float
    uncertainty_j: float
    estimator: Estimator
    idle_power_w: float | None


def window_energy(
    curve: Curve,
    start_s: float,
    end_s: float,
    *,
    quiet_before_s: tuple[float, float] | None,
    quiet_after_s: tuple[float, float] | None,
) -> WindowEnergy:
    """Joules between two instants.

    Args:
        quiet_before_s, quiet_after_s: (start, end) of the stretches next to the window in which nothing ran.

    Raises:
        OutsideTimeline: the window is not covered by ticks on both sides.
    """
    if start_s < curve.times_s[0] or end_s > curve.times_s[-1]:
        raise OutsideTimeline(
            f"The window from {start_s:.3f} s to {end_s:.3f} s is not covered by readings "
            f"({curve.times_s[0]:.3f} s to {curve.times_s[-1]:.3f} s), so its energy is unknown. Measure it again."
        )
    before = None if quiet_before_s is None else quiet_power(curve, *quiet_before_s, near="end")
    after = None if quiet_after_s is None else quiet_power(curve, *quiet_after_s, near="start")
    if before is None or after is None:
        return _interpolated(curve, start_s, end_s, before or after)
    return _bracketed(curve, start_s, end_s, before, after, _scatter(curve, quiet_before_s, quiet_after_s))


def _scatter(curve: Curve, *stretches: tuple[float, float] | None) -> float:
    import numpy as np

    edges_s = np.array([stretch for stretch in stretches if stretch is not None])
    return quiet_scatter(curve, edges_s[:, 0], edges_s[:, 1]) or 0.0


def _bracketed(
    curve: Curve, start_s: float, end_s: float, before: QuietPower, after: QuietPower, scatter: float
) -> WindowEnergy:
    """E = C(t+) - C(t-) - P_pre (a - t-) - P_post (t+ - b), t- the last tick before a, t+ the first after b.

    What all ticks are off by alike takes from one end what it gives to the other.
    """
    import numpy as np

    left = int(np.searchsorted(curve.times_s, start_s, side="right")) - 1
    right = int(np.searchsorted(curve.times_s, end_s, side="left"))
    if not curve.sound[left:right].all():
        raise OutsideTimeline(
            f"Joules were lost beside the window from {start_s:.3f} s to {end_s:.3f} s, so that its energy is unknown. "
            "Measure it again."
        )
    lead_s, trail_s = start_s - curve.times_s[left], curve.times_s[right] - end_s
    outer_j = curve.energy_j[right] - curve.energy_j[left]
    energy_j = outer_j - before.power_w * lead_s - after.power_w * trail_s
    variance = (lead_s * before.uncertainty_w) ** 2 + (trail_s * after.uncertainty_w) ** 2
    variance += (before.power_w**2 + after.power_w**2) * curve.own_jitter_s**2
    variance += ((before.power_w - after.power_w) * curve.common_s) ** 2
    variance += (before.power_w * curve.stretch * (end_s - start_s)) ** 2
    variance += float(((scatter * np.diff(curve.energy_j[left : right + 1])) ** 2).sum())
    idle_w = (before.power_w + after.power_w) / 2
    variance += curve.overlooked_j2(np.array([end_s - start_s]), float(energy_j) / (end_s - start_s) - idle_w, idle_w)
    return WindowEnergy(float(energy_j), float(variance**0.5), "bracket", idle_w)


def _interpolated(curve: Curve, start_s: float, end_s: float, quiet: QuietPower | None) -> WindowEnergy:
    """C(b) - C(a), piecewise linear; u = D (|dP_a| + |dP_b|) / (4 sqrt 3), dP the change of slope at an edge."""
    edges = curve.at(start_s), curve.at(end_s)
    uncertainty_j = sum(_edge_uncertainty_j(curve, edge_s) for edge_s in (start_s, end_s))
    return WindowEnergy(
        float(edges[1] - edges[0]), uncertainty_j, "interpolate", None if quiet is None else quiet.power_w
    )


def _edge_uncertainty_j(curve: Curve, edge_s: float) -> float:
    import numpy as np

    right = int(np.clip(np.searchsorted(curve.times_s, edge_s), 1, len(curve.times_s) - 1))
    low, high = max(right - 2, 0), min(right + 2, len(curve.times_s))
    powers_w = np.diff(curve.energy_j[low:high]) / np.diff(curve.times_s[low:high])
    step_w = float(powers_w.max() - powers_w.min())
    period_s = float(curve.times_s[right] - curve.times_s[right - 1])
    return period_s * step_w / (4 * 3**0.5) + step_w * curve.jitter_s
