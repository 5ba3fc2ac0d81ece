"""How often the sampler polls: densely at first, to see how fast counters move that nobody has documented."""

from __future__ import annotations

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

    def ticked(self, index: int, seen_s: float) -> None:
        """Notes that a domain's counter has moved."""
        if seen_s < self._settles_s and index in self._ticks:
            self._ticks[index].append(seen_s)

    def next_s(self, now_s: float) -> float:
        """Seconds until the next poll, but for the sampler's dither."""
        if now_s < self._settles_s:
            return min(DENSE_PERIOD_S, self.period_s)
        if self._ticks:
            self._settle()
        return self.period_s

    def _settle(self) -> None:
        for seen_s in self._ticks.values():
            if len(seen_s) < MIN_TICKS:
                continue
            step_s = statistics.median(later - earlier for earlier, later in pairwise(seen_s))
            if step_s > RESOLVED_POLLS * DENSE_PERIOD_S:
                self.period_s = min(self.period_s, step_s / POLLS_PER_PERIOD)
        self._ticks = {}
