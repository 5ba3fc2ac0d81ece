"""Power while nothing was asked of the machine, from the tick intervals that lie wholly in such a time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.scatter import scatter as scatter_of
from energyprof.analysis.scatter import student_widening

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

MIN_INTERVALS = 2
"""Three ticks: fewer cannot show how much the power scatters."""

NEAR_INTERVALS = 10
"""Only the quiet intervals next to an edge speak for the power at it."""


@dataclass(frozen=True, slots=True)
class QuietPower:
    """Watts of a quiet stretch.

    Attributes:
        power_w: mean over the tick intervals. uncertainty_w: standard uncertainty of that mean, that of the
            counter's period included.
    """

    power_w: float
    uncertainty_w: float


def quiet_power(
    curve: Curve, start_s: float, end_s: float, *, near: str | None = None, scatter: float | None = None
) -> QuietPower | None:
    """Mean power between two instants in which nothing ran.

    Args:
        near: "start" or "end" takes only the intervals next to that edge; None takes all.
        scatter: of one tick interval, as more of them show it; None = as these do.

    Returns:
        None where fewer than three ticks lie between the instants; a model needs none. Intervals in which joules
        were lost do not count.
    """
    import numpy as np

    if curve.exact:
        return _exact_power(curve, start_s, end_s)
    durations_s, powers_w = _intervals(curve, start_s, end_s)
    if len(powers_w) < MIN_INTERVALS:
        return None
    nearest = slice(None) if near is None else slice(-NEAR_INTERVALS, None) if near == "end" else slice(NEAR_INTERVALS)
    durations_s, powers_w = durations_s[nearest], powers_w[nearest]
    mean_w = float(np.average(powers_w, weights=durations_s))
    if scatter is None:
        spread_w, ends_s = float(np.std(powers_w, ddof=1)) * student_widening(len(powers_w)), 0.0
    else:
        spread_w, ends_s = mean_w * scatter, 2**0.5 * curve.own_jitter_s
    doubts_w = spread_w / len(powers_w) ** 0.5, mean_w * ends_s / float(durations_s.sum()), mean_w * curve.stretch
    return QuietPower(mean_w, math.hypot(*doubts_w))


def quiet_scatter(curve: Curve, lows_s: Floats, highs_s: Floats) -> float | None:
    """What one tick interval scatters by, relative, in the stretches between these instants, in which nothing ran.

    Returns:
        None where fewer than three ticks lie in each of them; see `scatter`.
    """
    import numpy as np

    if curve.exact:
        return 0.0
    all_found = [_intervals(curve, float(lows_s[k]), float(highs_s[k])) for k in _ticked(curve, lows_s, highs_s)]
    found = [(durations_s, powers_w) for durations_s, powers_w in all_found if len(powers_w) >= MIN_INTERVALS]
    if not found:
        return None
    usual_s = float(np.concatenate([durations_s for durations_s, _ in found]).mean())
    return scatter_of([powers_w for _, powers_w in found], curve.scatter_s / usual_s)


def _ticked(curve: Curve, lows_s: Floats, highs_s: Floats) -> NDArray[np.intp]:
    """Which stretches hold at least three ticks."""
    import numpy as np

    intervals = np.searchsorted(curve.times_s, highs_s, side="right") - np.searchsorted(curve.times_s, lows_s) - 1
    return np.flatnonzero(intervals >= MIN_INTERVALS)


def _intervals(curve: Curve, start_s: float, end_s: float) -> tuple[Floats, Floats]:
    """Durations and powers of the tick intervals between two instants, but for those in which joules were lost."""
    import numpy as np

    first = int(np.searchsorted(curve.times_s, start_s, side="left"))
    last = int(np.searchsorted(curve.times_s, end_s, side="right")) - 1
    chosen = first + np.flatnonzero(curve.sound[first : max(last, first)])
    durations_s = curve.times_s[chosen + 1] - curve.times_s[chosen]
    return durations_s, (curve.energy_j[chosen + 1] - curve.energy_j[chosen]) / durations_s


def _exact_power(curve: Curve, start_s: float, end_s: float) -> QuietPower | None:
    if not curve.times_s[0] <= start_s < end_s <= curve.times_s[-1]:
        return None
    return QuietPower(float(curve.at(end_s) - curve.at(start_s)) / (end_s - start_s), 0.0)


@dataclass(frozen=True, slots=True)
class QuietHalves:
    """Quiet power over a stretch of time that work interrupts; each quiet stretch has one power for either half.

    Attributes:
        starts_s: where each half begins.
        power_w, uncertainty_w: as in `QuietPower`; NaN where it was never seen nearby. Shape: (halves,).
        scatter: of one tick interval, relative; None where there was no quiet time to see it in.
        idle_power_w: over all quiet time: the median of its tick intervals, for a model the mean; None where there
            was none.
    """

    starts_s: Floats
    power_w: Floats
    uncertainty_w: Floats
    scatter: float | None
    idle_power_w: float | None

    @property
    def first(self) -> QuietPower | None:
        """The power at the beginning."""
        return self._half(0)

    @property
    def last(self) -> QuietPower | None:
        """The power at the end."""
        return self._half(-1)

    @property
    def typical(self) -> QuietPower | None:
        """Means of what is known of all halves."""
        import numpy as np

        known = ~np.isnan(self.power_w)
        if not known.any():
            return None
        return QuietPower(*(float(row[known].mean()) for row in (self.power_w, self.uncertainty_w)))

    def at(self, instants_s: Floats) -> Floats:
        """Quiet power at instants, NaN where it was never seen."""
        import numpy as np

        return np.asarray(self.power_w[self._halves(instants_s)])

    def sources(self, instants_s: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Where the power at instants was seen, by number (halves of the same power have it from the same place), and
        its uncertainty, which is 0 where it never was.
        """
        import numpy as np

        halves = self._halves(instants_s)
        source = np.unique(self.power_w, return_inverse=True)[1]
        return source[halves], np.nan_to_num(self.uncertainty_w[halves])

    def _halves(self, instants_s: Floats) -> NDArray[np.intp]:
        import numpy as np

        half = np.searchsorted(self.starts_s, instants_s, side="right") - 1
        return np.clip(half, 0, len(self.power_w) - 1)

    def _half(self, index: int) -> QuietPower | None:
        power_w = float(self.power_w[index])
        if power_w != power_w:
            return None
        return QuietPower(power_w, float(self.uncertainty_w[index]))


def quiet_halves(
    curve: Curve, busy: tuple[Floats, Floats], start_s: float, end_s: float, before: QuietPower | None
) -> QuietHalves:
    """Quiet power between two instants, outside the busy stretches.

    Args:
        busy: starts and ends, in order, without overlap. before: quiet power known from before the first instant.
    """
    import numpy as np

    lows_s = np.concatenate(([start_s], busy[1]))
    highs_s = np.concatenate((busy[0], [end_s]))
    scatter = quiet_scatter(curve, lows_s, highs_s)
    own = _exact_halves(curve, lows_s, highs_s) if curve.exact else _ticked_halves(curve, lows_s, highs_s, scatter)
    starts_s = np.ravel(np.column_stack((lows_s, (lows_s + highs_s) / 2)))
    power_w, uncertainty_w = _filled_in(own, before)
    return QuietHalves(starts_s, power_w, uncertainty_w, scatter, _idle_power(curve, lows_s, highs_s))


def _exact_halves(curve: Curve, lows_s: Floats, highs_s: Floats) -> Floats:
    """Power and its uncertainty of each half; NaN where it is not known. Shape: (2, halves)."""
    import numpy as np

    covered = (highs_s > lows_s) & (lows_s >= curve.times_s[0]) & (highs_s <= curve.times_s[-1])
    durations_s = np.where(covered, highs_s - lows_s, np.nan)
    power_w = np.repeat((curve.at(highs_s) - curve.at(lows_s)) / durations_s, 2)
    return np.stack((power_w, 0 * power_w))


def _ticked_halves(curve: Curve, lows_s: Floats, highs_s: Floats, scatter: float | None) -> Floats:
    """As `_exact_halves`, from the tick intervals within each stretch."""
    import numpy as np

    own = np.full((2, 2 * len(lows_s)), np.nan)
    for place in _ticked(curve, lows_s, highs_s):
        for side, near in enumerate(("start", "end")):
            power = quiet_power(curve, float(lows_s[place]), float(highs_s[place]), near=near, scatter=scatter)
            if power is not None:
                own[:, 2 * place + side] = power.power_w, power.uncertainty_w
    return own


def _filled_in(own: Floats, before: QuietPower | None) -> Floats:
    """Halves of their own power; those too short to tell take the mean of their nearest neighbours that can."""
    import numpy as np

    known_before = np.array([[before.power_w], [before.uncertainty_w]]) if before else None
    extended = own if known_before is None else np.concatenate((known_before, own), axis=1)
    earlier = _last_known(extended)[:, extended.shape[1] - own.shape[1] :]
    later = _last_known(own[:, ::-1])[:, ::-1]
    one_sided = np.where(np.isnan(earlier), later, earlier)
    filled = np.where(np.isnan(earlier) | np.isnan(later), one_sided, _mean(earlier, later))
    return np.asarray(np.where(np.isnan(own), filled, own))


def _last_known(rows: Floats) -> Floats:
    """Each column that is not known replaced by the last one before it that is."""
    import numpy as np

    places = np.maximum.accumulate(np.where(np.isnan(rows[0]), 0, np.arange(rows.shape[1])))
    return np.asarray(rows[:, places])


def _mean(left: Floats, right: Floats) -> Floats:
    """Between two stretches of different power it may have been anything from one to the other (rectangular)."""
    import numpy as np

    spread_w = np.abs(left[0] - right[0]) / 12**0.5
    uncertainty_w = np.sqrt(left[1] ** 2 / 4 + right[1] ** 2 / 4 + spread_w**2)
    return np.stack(((left[0] + right[0]) / 2, uncertainty_w))


def _idle_power(curve: Curve, lows_s: Floats, highs_s: Floats) -> float | None:
    """Power over all quiet time: for a model its mean, for a counter the median of its tick intervals.

    A model's intervals are as long as nothing happened, so that a median of them would be that of its bursts.
    """
    import numpy as np

    if curve.exact:
        lows_s, highs_s = (np.clip(edges, curve.times_s[0], curve.times_s[-1]) for edges in (lows_s, highs_s))
        quiet_s = float((highs_s - lows_s).sum())
        return float((curve.at(highs_s) - curve.at(lows_s)).sum()) / quiet_s if quiet_s > 0 else None
    stretch = np.clip(np.searchsorted(lows_s, curve.times_s[:-1], side="right") - 1, 0, len(lows_s) - 1)
    inside = (curve.times_s[:-1] >= lows_s[stretch]) & (curve.times_s[1:] <= highs_s[stretch]) & curve.sound
    if not inside.any():
        return None
    return float(np.median((np.diff(curve.energy_j) / np.diff(curve.times_s))[inside]))
