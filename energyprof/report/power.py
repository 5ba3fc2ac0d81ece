"""Power over time from cumulative counters, in few columns: what a line chart can show and a page can carry."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from energyprof.model.timeline import Timeline

MOST_COLUMNS = 800


@dataclass(frozen=True, slots=True)
class Column:
    """Power within one stretch of time; times in s on the timeline's clock."""

    start_s: float
    end_s: float
    lowest_w: float
    mean_w: float
    highest_w: float


@dataclass(frozen=True, slots=True)
class Step:
    """Joules between two neighbouring ticks."""

    start_s: float
    end_s: float
    energy_j: float

    @property
    def power_w(self) -> float:
        return self.energy_j / (self.end_s - self.start_s)


def stretches(timeline: Timeline, columns: int = MOST_COLUMNS) -> list[list[Column]]:
    """The timeline's power, one list for each stretch between two gaps.

    Args:
        columns: at most this many over the whole timeline. Each is at least one tick wide.

    The mean of a column is its joules over its seconds, so that the curve holds the counter's energy; its lowest
    and highest are those of the ticks within.
    """
    if len(timeline.seen_s) < 2:
        return []
    width_s = (timeline.seen_s[-1] - timeline.seen_s[0]) / columns
    return [list(_columns(stretch, width_s)) for stretch in _uninterrupted(timeline)]


def _uninterrupted(timeline: Timeline) -> Iterator[list[Step]]:
    """Steps between ticks, split where a gap lies; the step across a gap belongs to neither side."""
    energies_j = timeline.energy_j()
    ticks = zip(timeline.seen_s, energies_j, strict=True)
    stretch: list[Step] = []
    for (start_s, start_j), (end_s, end_j) in itertools.pairwise(ticks):
        if end_s <= start_s:
            continue
        if any(gap.start_s < end_s and gap.end_s > start_s for gap in timeline.gaps):
            if stretch:
                yield stretch
            stretch = []
        else:
            stretch.append(Step(start_s, end_s, end_j - start_j))
    if stretch:
        yield stretch


def _columns(steps: Sequence[Step], width_s: float) -> Iterator[Column]:
    held: list[Step] = []
    for step in steps:
        held.append(step)
        if held[-1].end_s - held[0].start_s >= width_s:
            yield _column(held)
            held = []
    if held:
        yield _column(held)


def _column(steps: Sequence[Step]) -> Column:
    powers_w = [step.power_w for step in steps]
    start_s, end_s = steps[0].start_s, steps[-1].end_s
    mean_w = sum(step.energy_j for step in steps) / (end_s - start_s)
    return Column(start_s, end_s, min(powers_w), mean_w, max(powers_w))
