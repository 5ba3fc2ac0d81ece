"""Which stretches of a span are its own, once the spans nested in it are taken out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

Stretch = tuple[float, float]


def union(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Overlapping and touching stretches joined, in order; empty ones dropped."""
    joined: list[Stretch] = []
    for start_s, end_s in sorted(stretches):
        if end_s <= start_s:
            continue
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end_s, joined[-1][1]))
        else:
            joined.append((start_s, end_s))
    return joined


def joined(lows_s: Floats, highs_s: Floats) -> tuple[Floats, Floats]:
    """As `union`, of many stretches: starts and ends of the joined ones, in order."""
    import numpy as np

    some = highs_s > lows_s
    order = np.argsort(lows_s[some], kind="stable")
    lows_s, reach_s = lows_s[some][order], np.maximum.accumulate(highs_s[some][order])
    first = np.flatnonzero(np.concatenate((np.ones(min(len(lows_s), 1), np.bool_), lows_s[1:] > reach_s[:-1])))
    last = np.concatenate((first[1:] - 1, [len(lows_s) - 1])) if len(first) else first
    return lows_s[first], reach_s[last]


def without(stretches: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """What is left of stretches outside those taken; both sorted and free of overlap."""
    left: list[Stretch] = []
    position = 0
    for start_s, end_s in stretches:
        while position < len(taken) and taken[position][1] <= start_s:
            position += 1
        cursor_s, ahead = start_s, position
        while ahead < len(taken) and taken[ahead][0] < end_s:
            if taken[ahead][0] > cursor_s:
                left.append((cursor_s, taken[ahead][0]))
            cursor_s = max(cursor_s, taken[ahead][1])
            ahead += 1
        if cursor_s < end_s:
            left.append((cursor_s, end_s))
    return left


def clipped(stretches: Sequence[Stretch], start_s: float, end_s: float) -> list[Stretch]:
    """The parts of stretches between two instants."""
    return [(max(low, start_s), min(high, end_s)) for low, high in stretches if high > start_s and low < end_s]
