"""How often the sampler polls: densely at first, to see how fast counters move that nobody has documented."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

from energyprof.model.domain import Domain

DENSE_S = 1.5
DENSE_PERIOD_S = 0.002
"""For so long after the start, and so often, every sensor is read where some counter's period is not known."""

MIN_TICKS = 4
RESOLVED_POLLS = 2
"""A counter is seen to move in steps if these are longer than so many dense polls; faster ones just move."""

SHORTEST_PERIOD_S = 0.005
MOST_SHARE = 0.05
"""No sensor is read oftener than this in the long run, nor so often that reading takes more than this share of the
time: some drivers hold a lock meanwhile."""

POLLS_PER_PERIOD = 4
"""A tick is put where polls let it be; at four polls a period that is an eighth of the period on either side."""


class Pace:
    """The time between polls.

    Attributes:
        period_s: as long as it was asked for, or a fraction of the fastest counter's period where that is shorter.
    """

    def __init__(self, domains: Sequence[Domain], period_s: float, start_s: float) -> None:
        self.period_s = period_s
        self._ticks: dict[int, list[float]] = {
            index: [] for index, domain in enumerate(domains) if domain.model is None and domain.period_s is None
        }
        self._settles_s = start_s + DENSE_S if self._ticks else start_s
        self._polls: list[tuple[float, float]] = []

    def ticked(self, index: int, seen_s: float) -> None:
        """Notes that a domain's counter has moved."""
        if seen_s < self._settles_s and index in self._ticks:
            self._ticks[index].append(seen_s)

    def next_s(self, began_s: float, ended_s: float) -> float:
        """Seconds until the next poll, but for the sampler's dither, after one between these two instants."""
        if began_s < self._settles_s:
            self._polls.append((began_s, ended_s))
            return min(DENSE_PERIOD_S, self.period_s)
        if self._polls:
            self._settle()
        return self.period_s

    def _settle(self) -> None:
        spacing_s = _median_step([began_s for began_s, _ in self._polls])
        cost_s = statistics.median(ended_s - began_s for began_s, ended_s in self._polls)
        shortest_s = max(SHORTEST_PERIOD_S, cost_s / MOST_SHARE)
        for seen_s in self._ticks.values():
            step_s = _median_step(seen_s)
            if len(seen_s) >= MIN_TICKS and step_s > RESOLVED_POLLS * spacing_s:
                self.period_s = min(self.period_s, max(step_s / POLLS_PER_PERIOD, shortest_s))
        self._ticks, self._polls = {}, []


def _median_step(instants_s: Sequence[float]) -> float:
    """The usual time from one instant to the next; infinite where there is none."""
    return statistics.median([later - earlier for earlier, later in pairwise(instants_s)] or [math.inf])
