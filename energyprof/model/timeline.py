"""Cumulative counter readings of one domain, kept as ticks: the moments at which the counter moved."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from energyprof.model.domain import Domain

NS_PER_S = 1e9

RESOLVED_POLLS = 2
"""A counter is seen to move in steps if these are longer than so many polls; faster ones just move."""

ONE_TICK = 1.75
"""Times the usual step: a longer one is of several ticks, some of which no poll came for. One may be of twice as many
polls as another, or of half as many more."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without readings.

    Attributes:
        start_s, end_s: last good reading before it, first good one after it.
        reason: what went wrong, as the sensor said it.
        energy_known: True where the counter ran on, so that the joules of the gap are known as a whole;
            False where it was reset, so that they are lost.
    """

    start_s: float
    end_s: float
    reason: str
    energy_known: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one counter said, without any interpretation.

    Attributes:
        domain: whose counter.
        after_s: for each tick, the last reading that still showed the former value: the tick came later.
        seen_s: for each tick, the reading that first showed the new value: the tick came no later.
            Both on the monotonic clock; strictly increasing.
        counts: the unwrapped counter at each tick, in `domain.joules_per_count`; for a power model, ns of
            CPU time.
        end_s: the last reading of all, whether the counter had moved or not.
        gaps: times without readings.
    """

    domain: Domain
    after_s: list[float]
    seen_s: list[float]
    counts: list[int]
    end_s: float
    gaps: list[Gap] = field(default_factory=list)

    def energy_j(self, bound: int = 1) -> list[float]:
        """Cumulative joules at each tick; only differences mean something.

        Args:
            bound: for a power model, 0 takes its low, 1 its best and 2 its high watts.
        """
        model = self.domain.model
        if model is None:
            return [count * self.domain.joules_per_count for count in self.counts]
        idle_w, active_w = model.idle_w[bound], model.active_w_per_core[bound]
        return [
            idle_w * seen_s + active_w * count / NS_PER_S
            for seen_s, count in zip(self.seen_s, self.counts, strict=True)
        ]


def usual_step_s(instants_s: Sequence[float]) -> float | None:
    """The usual time from one instant to the next; None where there is no next one."""
    steps_s = [later_s - earlier_s for earlier_s, later_s in pairwise(instants_s)]
    return statistics.median(steps_s) if steps_s else None


def mean_step_s(instants_s: Sequence[float]) -> float | None:
    """The mean time from one of a counter's ticks to the next; None where there is no next one.

    Where polls are sparse each step is of whole polls, and the usual one is not as long as the period.
    """
    steps_s = [later_s - earlier_s for earlier_s, later_s in pairwise(instants_s)]
    if not steps_s:
        return None
    longest_s = ONE_TICK * statistics.median(steps_s)
    return statistics.fmean(step_s for step_s in steps_s if step_s <= longest_s)


def seen_period_s(seen_s: Sequence[float], poll_s: float) -> float | None:
    """The period of a counter that polls so far apart saw move at these instants; None where they cannot tell it."""
    step_s = usual_step_s(seen_s)
    return step_s if step_s is not None and step_s > RESOLVED_POLLS * poll_s else None
