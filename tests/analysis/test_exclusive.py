"""Stretches joined, cut and taken out of each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from energyprof.analysis.exclusive import Stretch, clipped, union, without

STRETCHES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def seconds(stretches: list[Stretch]) -> set[int]:
    return {second for low, high in stretches for second in range(int(low), int(high))}


def test_overlapping_and_touching_stretches_are_joined() -> None:
    assert union([(3, 4), (0, 1), (1, 2), (3.5, 6), (7, 7)]) == [(0, 2), (3, 6)]


def test_a_child_is_taken_out_of_its_parent() -> None:
    assert without([(0, 10)], [(2, 3), (5, 6)]) == [(0, 2), (3, 5), (6, 10)]


def test_a_child_that_outlives_its_parent_takes_only_what_overlaps() -> None:
    assert without([(0, 4), (6, 8)], [(3, 7)]) == [(0, 3), (7, 8)]


def test_only_what_lies_between_two_instants_is_kept() -> None:
    assert clipped([(0, 2), (3, 5), (6, 8)], 1, 7) == [(1, 2), (3, 5), (6, 7)]


@given(STRETCHES, STRETCHES)
def test_taking_out_leaves_exactly_the_difference(whole: list[Stretch], taken: list[Stretch]) -> None:
    left = without(union(whole), union(taken))
    assert seconds(left) == seconds(whole) - seconds(taken)
    assert left == union(left)


def test_nothing_taken_leaves_everything() -> None:
    assert without([(0, 1)], []) == [(0, 1)]
