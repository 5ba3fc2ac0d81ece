"""How often the sampler polls: densely at first, to see how fast counters move that nobody has documented."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle

from energyprof.model.domain import Domain
from energyprof.model.timeline import mean_step_s, seen_period_s, usual_step_s

DENSE_S = 1.5
DENSE_PERIOD_S = 0.002
"""For so long after the start, and so often, every sensor is read where some counter's period is not known."""

MIN_TICKS = 4

SHORTEST_PERIOD_S = 0.005
MOST_SHARE = 0.05
"""For a fast counter none is read oftener than this in the long run, nor so often that reading takes more than this
share of the time: some drivers hold a lock meanwhile. What was asked for is kept to, however long a reading takes."""

OUT_OF_STEP = 0.618034
LEAST_TURNS = 2
"""A counter is polled 2.618 times a period, or 3.618, 4.618 and so on. Polls in step with a counter, or near a simple
ratio to it, would see each of its ticks at the same few lags, and its grid could not be told to better than these; from
such a ratio, by the golden one, all simple ones are far. Each further poll wakes a processor up; of fewer, half a
period apart or more, nobody could tell how many periods passed from one tick to the next."""

DITHER = 0.3
"""Polls come 0.85 to 1.15 periods after each other, for the counters whose period is not the one that is followed."""

SPACINGS = 233
"""A prime whose cubes, modulo it, are all its residues in an order without any sense."""

CONTRADICTED = 0.15
"""A counter that moves more than this share faster or slower than it did at an earlier start is looked at anew."""


class Pace:
    """The time between polls.

    Args:
        expected_s: for the counters, by index, of which an earlier start saw the period, that period.
        cost_s: what a poll cost at that start.

    Attributes:
        period_s: as long as it was asked for, or a fraction of the fastest counter's period, or of the time in which
            one can go round, where that is shorter.
        since_s: from when on polls come as they have to for what is to be seen of the counters.
        settled: whether enough has been seen.
        dense: whether polls come densely, or came so until it was settled.
    """

    def __init__(
        self,
        domains: Sequence[Domain],
        period_s: float,
        start_s: float,
        expected_s: Mapping[int, float] | None = None,
        cost_s: float = 0.0,
    ) -> None:
        self._asked_s = self.period_s = min([period_s, *map(_quarter_wrap_s, domains)])
        self._unknown = [index for index, domain in enumerate(domains) if domain.model is None and not domain.period_s]
        self._expected_s = expected_s or {}
        self.dense = any(index not in self._expected_s for index in self._unknown)
        self.settled = not self._unknown
        self._begin(start_s)
        if self._unknown and not self.dense:
            self._follow(self._expected_s.values(), cost_s)

    def _begin(self, start_s: float) -> None:
        self.since_s = start_s
        self._ticks: dict[int, list[float]] = {index: [] for index in self._unknown}
        self._settles_s = start_s if self.settled else start_s + DENSE_S
        self._polls: list[tuple[float, float]] = []

    def ticked(self, index: int, seen_s: float) -> None:
        """Notes that a domain's counter has moved."""
        if seen_s < self._settles_s and index in self._ticks:
            self._ticks[index].append(seen_s)

    def next_s(self, began_s: float, ended_s: float) -> float:
        """Seconds until the next poll, but for the sampler's dither, after one between these two instants."""
        if not self.settled and began_s >= self._settles_s:
            self._settle(began_s)
        if not self.settled:
            self._polls.append((began_s, ended_s))
            if self.dense:
                return min(DENSE_PERIOD_S, self._asked_s)
        return self.period_s

    def _settle(self, now_s: float) -> None:
        if not self.dense and self._contradicted():
            self.dense = True
            self.period_s = self._asked_s
            self._begin(now_s)
            return
        if self.dense and self._polls:
            spacing_s = usual_step_s([began_s for began_s, _ in self._polls]) or math.inf
            cost_s = statistics.median(ended_s - began_s for began_s, ended_s in self._polls)
            periods_s = [
                seen_period_s(seen_s, spacing_s) for seen_s in self._ticks.values() if len(seen_s) >= MIN_TICKS
            ]
            self._follow(filter(None, periods_s), cost_s)
        self.settled = True
        self._ticks, self._polls = {}, []

    def _follow(self, periods_s: Iterable[float], cost_s: float) -> None:
        """Polls out of step with the fastest of these counters, and oftener where it moves so fast."""
        fastest_s = min(periods_s, default=None)
        if fastest_s is not None:
            shortest_s = max(SHORTEST_PERIOD_S, cost_s / MOST_SHARE)
            self.period_s = min(self.period_s, max(out_of_step_s(fastest_s, self.period_s), shortest_s))

    def _contradicted(self) -> bool:
        """Whether a counter was seen to move at another period than is expected of it."""
        return any(
            len(seen_s) >= MIN_TICKS and abs((mean_step_s(seen_s) or 0.0) / self._expected_s[index] - 1) > CONTRADICTED
            for index, seen_s in self._ticks.items()
        )


def out_of_step_s(counter_s: float, longest_s: float) -> float:
    """Seconds between two polls of a counter that moves every `counter_s`; at most `longest_s`."""
    turns = max(LEAST_TURNS, math.ceil(counter_s / longest_s - OUT_OF_STEP))
    return counter_s / (turns + OUT_OF_STEP)


def spacings(period_ns: int) -> Iterator[int]:
    """Nanoseconds from each poll to the next, without end."""
    half = SPACINGS // 2
    turns = [number**3 % SPACINGS / (SPACINGS - 1) - 0.5 for number in range(-half, half + 1)]
    return cycle([round(period_ns * (1 + DITHER * turn)) for turn in turns])


def _quarter_wrap_s(domain: Domain) -> float:
    """A quarter of the time in which a counter can go round at the greatest power; infinite where it does not."""
    if domain.counts_per_wrap is None or not domain.max_power_w:
        return math.inf
    return max(domain.counts_per_wrap * domain.joules_per_count / domain.max_power_w / 4, SHORTEST_PERIOD_S)
