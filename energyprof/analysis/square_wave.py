"""How a meter follows a square wave of load: how late, averaged over how long, between which powers.

The meter is taken to show the mean power over a window that ends a lag ago: power seen at t is the mean of the true one
from t - lag - ramp to t - lag, so that after an edge of load it moves in a straight line from `lag` to `lag + ramp`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.statistics import Z95

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

MIN_TICKS_A_PLATEAU = 3
"""A counter that moves less often in each half of the wave shows no plateau."""

LEAST_RISE = 0.01
"""A power that moves by less than this share of itself does not follow the load."""

LEAST_EXPLAINED = 0.2
"""Nor does one of which the wave explains less than this share of the variance."""

GRID, ZOOMS, ZOOM = 21, 4, 6.0
LEAST_RAMP_S = 1e-4
MEDIAN_DEVIATION = 0.6744897501960817
"""Of a normal variable, in standard deviations."""

MOST_ADVANCE_S = 0.05
"""Edges of load are known to a few milliseconds, and ticks to their jitter: a meter may seem to be early by as much."""


@dataclass(frozen=True, slots=True)
class Wave:
    """When the load was on, between two instants; on the monotonic clock.

    Attributes:
        on_s: (start, end) of each time with load, in order.
    """

    start_s: float
    end_s: float
    on_s: tuple[tuple[float, float], ...]

    @property
    def edges_s(self) -> list[float]:
        """All edges, in order."""
        return [edge_s for stretch in self.on_s for edge_s in stretch]

    @property
    def half_s(self) -> float:
        """The shortest time without an edge."""
        bounds_s = [self.start_s, *self.edges_s, self.end_s]
        return min(later - earlier for earlier, later in pairwise(bounds_s))

    def plateaus(self, margins_s: tuple[float, float]) -> list[tuple[float, float]]:
        """The times between two edges, each without so much after the one and before the other.

        The first is without load. One that is too short for that ends before it begins.
        """
        late_s, early_s = margins_s
        bounds_s = [self.start_s - late_s, *self.edges_s, self.end_s + early_s]
        return [(low + late_s, high - early_s) for low, high in pairwise(bounds_s)]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Response:
    """How a meter followed the load.

    Attributes:
        lag_s: from an edge of load until the power that the meter shows begins to move.
        ramp_s: how long it moves: the window that the meter averages over.
        low_w, high_w: power without and with load. noise_w: standard deviation of one tick interval's power without
            load; None where fewer than three lie wholly in such times.
    """

    lag_s: Estimate
    ramp_s: Estimate
    low_w: float
    high_w: float
    noise_w: float | None

    @property
    def margins_s(self) -> tuple[float, float]:
        """For how long after an edge, and before one, what the meter shows may hold both powers."""
        return max(self.lag_s.high, 0.0) + self.ramp_s.high, max(-self.lag_s.low, 0.0)


def response(curve: Curve, wave: Wave) -> Response | str:
    """How a meter followed a wave, or a sentence that says why that cannot be told."""
    import numpy as np

    inside = (curve.times_s[:-1] >= wave.start_s) & (curve.times_s[1:] <= wave.end_s) & curve.sound
    halves = len(wave.edges_s) + 1
    if inside.sum() < MIN_TICKS_A_PLATEAU * halves:
        return _too_slow(curve, wave, int(inside.sum()))
    starts_s, ends_s = curve.times_s[:-1][inside], curve.times_s[1:][inside]
    fit = _Fit(wave, starts_s, ends_s, np.diff(curve.energy_j)[inside])
    lags_s = -MOST_ADVANCE_S - 2 * curve.jitter_s, 0.8 * wave.half_s
    ramps_s = LEAST_RAMP_S, wave.half_s
    lag_s, ramp_s = _best(fit.misfit, lags_s, ramps_s)
    low_w, rise_w = fit.powers_w(lag_s, ramp_s)
    explained = 1 - fit.misfit(lag_s, ramp_s) / max(fit.flat_misfit, 1e-300)
    if rise_w < LEAST_RISE * abs(low_w) or rise_w <= 0 or explained < LEAST_EXPLAINED:
        return "its power does not follow this load"
    lag, ramp = _intervals(fit, (lag_s, ramp_s), (lags_s, ramps_s), len(starts_s))
    lag = Estimate(lag.value, lag.low - Z95 * curve.jitter_s, lag.high + Z95 * curve.jitter_s)
    step_s = float(np.median(ends_s - starts_s))
    found = Response(lag, ramp, low_w, low_w + rise_w, None)
    return replace(found, noise_w=_noise_w(curve, wave, found.margins_s, step_s))


def _too_slow(curve: Curve, wave: Wave, ticks: int) -> str:
    import numpy as np

    if ticks < 2:
        return "its counter did not move"
    period_s = curve.period_s or float(np.median(np.diff(curve.times_s)))
    return f"not resolvable: it moves every {period_s:.3g} s, and the load is steady for {wave.half_s:.3g} s at a time"


class _Fit:
    """Joules of the tick intervals against those of a wave that is late and averaged."""

    def __init__(self, wave: Wave, starts_s: Floats, ends_s: Floats, energy_j: Floats) -> None:
        import numpy as np

        self._starts_s, self._ends_s = starts_s - wave.start_s, ends_s - wave.start_s
        self._energy_j = energy_j
        self._edges_s = np.asarray([0.0, *(edge_s - wave.start_s for edge_s in wave.edges_s)])
        self._on = np.arange(len(self._edges_s)) % 2
        lengths_s = np.diff(self._edges_s)
        self._once_s = np.concatenate(([0.0], np.cumsum(self._on[:-1] * lengths_s)))
        steps = self._once_s[:-1] * lengths_s + self._on[:-1] * lengths_s**2 / 2
        self._twice = np.concatenate(([0.0], np.cumsum(steps)))
        mean_w = energy_j.sum() / (ends_s - starts_s).sum()
        self.flat_misfit = float(((energy_j - mean_w * (ends_s - starts_s)) ** 2).sum())

    def _integrated_twice(self, instants_s: Floats) -> Floats:
        """The load, 0 or 1, integrated twice over time from the start."""
        import numpy as np

        place = np.searchsorted(self._edges_s, instants_s, side="right") - 1
        since_s = np.where(place < 0, 0.0, instants_s - self._edges_s[place])
        found = self._twice[place] + self._once_s[place] * since_s + self._on[place] * since_s**2 / 2
        return np.asarray(np.where(place < 0, 0.0, found))

    def _design(self, lag_s: float, ramp_s: float) -> tuple[Floats, Floats]:
        """For each tick interval its length, and the time in it for which the meter saw the load."""

        def seen(instants_s: Floats) -> Floats:
            late_s = instants_s - lag_s
            return (self._integrated_twice(late_s) - self._integrated_twice(late_s - ramp_s)) / ramp_s

        return self._ends_s - self._starts_s, seen(self._ends_s) - seen(self._starts_s)

    def powers_w(self, lag_s: float, ramp_s: float) -> tuple[float, float]:
        """Power without load, and what the load adds: least squares."""
        low_w, rise_w, _ = self._solved(lag_s, ramp_s)
        return low_w, rise_w

    def misfit(self, lag_s: float, ramp_s: float) -> float:
        """Sum of squared residuals in J2."""
        return self._solved(lag_s, ramp_s)[2]

    def _solved(self, lag_s: float, ramp_s: float) -> tuple[float, float, float]:
        lengths_s, seen_s = self._design(lag_s, ramp_s)
        ll, ls, ss = lengths_s @ lengths_s, lengths_s @ seen_s, seen_s @ seen_s
        le, se = lengths_s @ self._energy_j, seen_s @ self._energy_j
        determinant = ll * ss - ls * ls
        rise_w = float((ll * se - ls * le) / determinant) if determinant > 0 else 0.0
        low_w = float((le - ls * rise_w) / ll)
        residual_j = self._energy_j - low_w * lengths_s - rise_w * seen_s
        return low_w, rise_w, float(residual_j @ residual_j)


Misfit = Callable[[float, float], float]
Range = tuple[float, float]


def _best(misfit: Misfit, lags_s: Range, ramps_s: Range) -> tuple[float, float]:
    """The lag and the ramp of least misfit: a grid, and finer ones around its best point."""
    import numpy as np

    limits = lags_s, ramps_s
    best = lags_s[0], ramps_s[0]
    spans = lags_s[1] - lags_s[0], ramps_s[1] - ramps_s[0]
    centre = (lags_s[0] + lags_s[1]) / 2, (ramps_s[0] + ramps_s[1]) / 2
    for _ in range(ZOOMS):
        axes = [
            np.linspace(max(middle - span / 2, limit[0]), min(middle + span / 2, limit[1]), GRID)
            for middle, span, limit in zip(centre, spans, limits, strict=True)
        ]
        best = min(
            ((float(lag_s), float(ramp_s)) for lag_s in axes[0] for ramp_s in axes[1]), key=lambda at: misfit(*at)
        )
        centre, spans = best, (spans[0] / ZOOM, spans[1] / ZOOM)
    return best


def _intervals(
    fit: _Fit, best: tuple[float, float], limits: tuple[Range, Range], count: int
) -> tuple[Estimate, Estimate]:
    """Profile intervals: how far one may go, the other following, until the misfit is worse than chance (F, 95 %)."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import f

    (lag_s, ramp_s), (lags_s, ramps_s) = best, limits
    freedom = max(count - 4, 1)
    limit = fit.misfit(lag_s, ramp_s) * (1 + float(f.ppf(0.95, 1, freedom)) / freedom)

    def over_ramps(lag_s: float) -> float:
        return float(minimize_scalar(lambda ramp_s: fit.misfit(lag_s, ramp_s), bounds=ramps_s, method="bounded").fun)

    def over_lags(ramp_s: float) -> float:
        return float(minimize_scalar(lambda lag_s: fit.misfit(lag_s, ramp_s), bounds=lags_s, method="bounded").fun)

    lag = Estimate(lag_s, *(_reach(over_ramps, lag_s, end_s, limit) for end_s in lags_s))
    low_s, high_s = (_reach(over_lags, ramp_s, end_s, limit) for end_s in ramps_s)
    return lag, Estimate(ramp_s, 0.0 if low_s <= LEAST_RAMP_S else low_s, high_s)


def _reach(misfit: Callable[[float], float], from_s: float, to_s: float, limit: float) -> float:
    """How far towards `to_s` the misfit stays within the limit, to a 0.1 ms."""
    inside_s, outside_s = from_s, to_s
    if misfit(to_s) <= limit:
        return to_s
    while abs(outside_s - inside_s) > 1e-4:
        middle_s = (inside_s + outside_s) / 2
        if misfit(middle_s) <= limit:
            inside_s = middle_s
        else:
            outside_s = middle_s
    return outside_s


def _noise_w(curve: Curve, wave: Wave, margins_s: tuple[float, float], step_s: float) -> float | None:
    """Scatter of the tick intervals that lie a whole one away from what may hold two powers.

    From the median of the deviations, since a poll that a busy machine delays puts joules on the wrong side of a tick.
    """
    import numpy as np

    powers_w = np.diff(curve.energy_j) / np.diff(curve.times_s)
    quiet = np.zeros(len(powers_w), dtype=np.bool_)
    for low_s, high_s in wave.plateaus((margins_s[0] + step_s, margins_s[1]))[::2]:
        quiet |= (curve.times_s[:-1] >= low_s) & (curve.times_s[1:] <= high_s)
    chosen = powers_w[quiet & curve.sound]
    if len(chosen) < MIN_TICKS_A_PLATEAU:
        return None
    return float(np.median(np.abs(chosen - np.median(chosen)))) / MEDIAN_DEVIATION
