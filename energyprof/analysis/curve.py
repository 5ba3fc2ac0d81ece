"""The cumulative energy of one domain as a curve: ticks put at the moments at which the counter really moved.

A poll sees a tick up to one poll late, and that jitter would bias every short estimate. Where the counter moves at
regular intervals, the grid t_0 + k D is fitted to what was seen and used instead (simulated, 100 ms counter polled
every 20 ms: the bias of 10 ms calls falls from -2.6 % to 0.0 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from energyprof.analysis.exclusive import clipped, union
from energyprof.analysis.tick_grid import expected_grid, fit_grid
from energyprof.model.domain import Domain
from energyprof.model.timeline import NS_PER_S, Gap, Timeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOVING_SHARE = 0.5
"""A counter that has moved at more than this share of the polls moves faster than they come."""

HELD_UP = 3.0
"""A tick without a grid that was noticed in a window so many times longer than usual may be any of several."""

LEAST_LOOKS = 3.0
"""Pulses that a part-time sensor saw less often than this, on average, may have drawn all that the device can."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative joules at instants, linear between them.

    Attributes:
        times_s: strictly increasing, on the monotonic clock.
        energy_j: cumulative joules; only differences mean something. Shape of both: (ticks,).
        jitter_s: standard deviation of the instants. common_s: the part of it by which all are off alike.
        scatter_s: the part of it that is known to be independent from tick to tick.
        duty: share of each period that the sensor sees. most_w: what the device can draw; None = unknown.
        period_s: the counter's period as observed; None where polls could not resolve it.
        gaps: times without readings.
        exact: True for a model, whose value is known at every instant and not only at its ticks.
        stretch: relative standard uncertainty of all times between ticks together: that of a fitted period.
        read_s: (first, last) reading of all, between which ticks could be seen; None = from first to last tick.
    """

    times_s: Floats
    energy_j: Floats
    jitter_s: float
    period_s: float | None
    gaps: tuple[Gap, ...] = ()
    exact: bool = False
    stretch: float = 0.0
    read_s: tuple[float, float] | None = None
    scatter_s: float = 0.0
    common_s: float = 0.0
    duty: float = 1.0
    most_w: float | None = None

    def at(self, instants_s: Floats | float) -> Floats:
        """Cumulative joules at instants.

        Beyond the ends it goes on at the outermost slopes for one tick interval, within which the next tick has to
        come, and is flat from there: a counter that does not move counts nothing.
        """
        import numpy as np

        inside = np.interp(instants_s, self.times_s, self.energy_j)
        if len(self.times_s) < 2:
            return np.asarray(inside)
        steps_s = np.diff(self.times_s[[0, 1, -2, -1]])[[0, 2]]
        slopes = np.diff(self.energy_j[[0, 1, -2, -1]])[[0, 2]] / steps_s
        early_s, late_s = np.asarray(instants_s) - self.times_s[0], np.asarray(instants_s) - self.times_s[-1]
        early_j = np.clip(early_s, -steps_s[0], 0.0) * slopes[0]
        late_j = np.clip(late_s, 0.0, steps_s[1]) * slopes[1]
        return np.asarray(inside + early_j + late_j)

    @property
    def own_jitter_s(self) -> float:
        """The part of the jitter that the ticks do not have in common."""
        return float(max(self.jitter_s**2 - self.common_s**2, 0.0) ** 0.5)

    def alternatives(self) -> list[Curve]:
        """With all ticks later by what they may be off alike, and with all as much farther apart as they may be."""
        if not self.common_s:
            return []
        off_s = self.stretch * (self.times_s - self.times_s.mean())
        shift_s = float(max(self.common_s**2 - (off_s**2).mean(), 0.0) ** 0.5)
        return [
            replace(self, times_s=times_s, common_s=0.0) for times_s in (self.times_s + shift_s, self.times_s + off_s)
        ]

    def overlooked_j2(self, durations_s: Floats, step_w: float, quiet_w: float) -> float:
        """Variance of the joules of pulses at random phase, of which the sensor sees only a part of each period.

        A long one is off by (1 - duty) D P / sqrt 12 at either edge; a short one is missed or counted 1 / duty times.

        Args:
            durations_s: of the pulses. step_w: how far they rose above the `quiet_w` drawn beside them, as it was seen.
        """
        import numpy as np

        if self.duty == 1:
            return 0.0
        period_s = self.period_s or float(np.median(np.diff(self.times_s)))
        if float((durations_s / period_s + self.duty).sum()) < LEAST_LOOKS:
            step_w = max(step_w, (self.most_w or 0.0) - quiet_w)
        edges_s2, whole_s2 = ((1 - self.duty) * period_s) ** 2 / 6, durations_s**2 * (1 / self.duty - 1)
        return float(np.minimum(edges_s2, whole_s2).sum()) * step_w**2

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Whether all joules of a tick interval were counted. Shape: (ticks - 1,)."""
        import numpy as np

        sound = np.ones(len(self.times_s) - 1, dtype=np.bool_)
        for gap in self._losses():
            sound &= (self.times_s[1:] <= gap.start_s) | (self.times_s[:-1] >= gap.end_s)
        return sound

    def lost_s(self, start_s: float, end_s: float) -> float:
        """Seconds between two instants in which energy went uncounted, or the counter was not read any more."""
        first_s, last_s = self.read_s or (start_s, end_s)
        stretches = [(gap.start_s, gap.end_s) for gap in self._losses()]
        stretches += [(start_s, first_s), (last_s, end_s)]
        inside = union([(max(low_s, start_s), min(high_s, end_s)) for low_s, high_s in stretches])
        return math.fsum(high_s - low_s for low_s, high_s in inside)

    def unsound(self, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """Stretches between two instants whose joules are not known: the whole of each tick interval with a loss."""
        import numpy as np

        if self.lost_s(start_s, end_s) == 0:
            return []
        stretches = [(float(self.times_s[k]), float(self.times_s[k + 1])) for k in np.flatnonzero(~self.sound)]
        first_s, last_s = self.read_s or (start_s, end_s)
        stretches += [(start_s, first_s)] if start_s < first_s else []
        last_tick_s = min(float(self.times_s[-1]), last_s)
        stretches += [(last_tick_s, gap.end_s) for gap in self._losses() if gap.end_s > last_tick_s]
        stretches += [(last_tick_s, end_s)] if last_s < end_s else []
        return clipped(union(stretches), start_s, end_s)

    def _losses(self) -> list[Gap]:
        return [gap for gap in self.gaps if not gap.energy_known]


def curve(timeline: Timeline, *, bound: int = 1) -> Curve | None:
    """The energy curve of a timeline; None where it has fewer than two ticks.

    Args:
        bound: for a power model: 0 for its low, 1 for its best, 2 for its high watts.
    """
    import numpy as np

    if len(timeline.counts) < 2:
        return None
    if timeline.domain.model is not None:
        return _modelled(timeline, bound)
    after_s, seen_s = np.asarray(timeline.after_s), np.asarray(timeline.seen_s)
    energy_j = np.asarray(timeline.energy_j())
    ticks = _tick_times(after_s, seen_s, timeline.domain)
    known = ~np.isnan(ticks.times_s)
    times_s, energy_j = ticks.times_s[known], energy_j[known]
    if len(times_s) < 2:
        return None
    keep = np.concatenate(([True], np.diff(times_s) > 0))
    return Curve(
        times_s[keep],
        energy_j[keep],
        ticks.jitter_s,
        ticks.period_s,
        tuple(timeline.gaps),
        stretch=ticks.stretch,
        scatter_s=ticks.scatter_s,
        common_s=ticks.common_s,
        read_s=(timeline.seen_s[0], timeline.end_s),
        duty=timeline.domain.duty or 1.0,
        most_w=timeline.domain.max_power_w,
    )


def _modelled(timeline: Timeline, bound: int) -> Curve:
    """CPU time is exact whenever it is read, so that the last reading without a change counts as well."""
    import numpy as np

    model = timeline.domain.model
    assert model is not None
    seen_s = np.asarray(timeline.seen_s)
    counts = np.asarray(timeline.counts, dtype=np.float64)
    still = np.flatnonzero(np.asarray(timeline.after_s)[1:] > seen_s[:-1]) + 1
    times_s = np.concatenate((seen_s, np.asarray(timeline.after_s)[still], [max(timeline.end_s, seen_s[-1])]))
    cpu_ns = np.concatenate((counts, counts[still - 1], counts[-1:]))
    order = np.argsort(times_s, kind="stable")
    times_s, cpu_ns = times_s[order], cpu_ns[order]
    keep = np.concatenate(([True], np.diff(times_s) > 0))
    times_s, cpu_ns = times_s[keep], cpu_ns[keep]
    energy_j = model.idle_w[bound] * times_s + model.active_w_per_core[bound] * cpu_ns / NS_PER_S
    read_s = (float(times_s[0]), float(times_s[-1]))
    return Curve(times_s, energy_j, 0.0, None, tuple(timeline.gaps), exact=True, read_s=read_s)


@dataclass(frozen=True, slots=True)
class _Ticks:
    """Where a counter's ticks were, NaN where that is not known; fields as in `Curve`."""

    times_s: Floats
    jitter_s: float
    period_s: float | None
    stretch: float = 0.0
    scatter_s: float = 0.0
    common_s: float = 0.0


def _tick_times(after_s: Floats, seen_s: Floats, domain: Domain) -> _Ticks:
    """Times of the ticks, from the polls around them."""
    import numpy as np

    polls_s = seen_s - after_s
    first = polls_s <= 0
    poll_s = float(np.median(polls_s[~first])) if (~first).any() else 0.0
    if float(np.mean(after_s[1:] <= seen_s[:-1])) > MOVING_SHARE:
        # Each poll finds the counter moved: it may be as old as its period, which is a poll at most where unknown.
        staleness_s = domain.period_s or np.where(first, poll_s, polls_s)
        jitter_s = float(np.sqrt(np.mean(np.square(staleness_s)) / 12))
        scatter_s = jitter_s if domain.period_s is not None else 0.0
        return _Ticks(seen_s - staleness_s / 2, jitter_s, domain.period_s, scatter_s=scatter_s)
    after, seen = after_s[~first], seen_s[~first]
    grid = fit_grid(after, seen) or expected_grid(after, seen, domain.expected_period_s)
    if grid is None:
        held = polls_s > HELD_UP * poll_s
        held[[0, -1]] = False
        observed = np.where(held, np.nan, np.where(first, seen_s, (after_s + seen_s) / 2))
        jitter_s = float(np.sqrt(np.mean(np.square(polls_s[~held])) / 12))
        return _Ticks(observed, jitter_s, None, scatter_s=jitter_s)
    times_s = np.empty_like(seen_s)
    # A tick is no later than the poll that saw it; where it may be one or another, the joules of neither are known.
    times_s[~first] = np.where(grid.agrees, np.minimum(grid.times_s, seen), (after + seen) / 2)
    # A first reading may be as old as a period; one that came just before the grid's instant, by its jitter, is not.
    elapsed = np.floor((seen_s[first] + 2 * grid.jitter_s - grid.origin_s) / grid.period_s)
    times_s[first] = np.minimum(grid.origin_s + elapsed * grid.period_s, seen_s[first])
    return _Ticks(times_s, grid.jitter_s, grid.period_s, grid.stretch, common_s=grid.common_s)
