"""The energy-weighted mean against sums done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live.recorded import HOUR_S, reading
from simulated.readings import Course, polled

from energyprof.live.weighted import CARRIED_S, along, of_timelines, steadily, weighted

HALF = [reading(0.0, 100.0), reading(HOUR_S, 300.0)]
WHOLE = [(0.0, 2 * HOUR_S)]


def test_half_the_joules_at_100_and_half_at_300_are_at_200() -> None:
    found = weighted(along([(0.0, 0.0), (2 * HOUR_S, 1000.0)]), WHOLE, HALF, None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(200)
    assert (found.lowest, found.highest, found.live) == (100, 300, pytest.approx(1))


def test_joules_count_and_not_time() -> None:
    course = along([(0.0, 0.0), (HOUR_S, 900.0), (2 * HOUR_S, 1000.0)])
    found = weighted(course, WHOLE, HALF, None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(0.9 * 100 + 0.1 * 300)


def test_what_was_drawn_between_the_stretches_does_not_count() -> None:
    course = along([(0.0, 0.0), (HOUR_S, 900.0), (2 * HOUR_S, 1000.0)])
    found = weighted(course, [(0.0, 60.0), (2 * HOUR_S - 540, 2 * HOUR_S)], HALF, None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx((15 * 100 + 15 * 300) / 30)


def test_a_gap_between_readings_has_the_annual_value_and_is_named() -> None:
    readings = [reading(0.0, 100.0), reading(2 * HOUR_S, 300.0)]
    found = weighted(steadily, [(0.0, 3 * HOUR_S)], readings, 50.0)
    assert found is not None
    assert found.g_per_kwh == pytest.approx((100 + 50 + 300) / 3)
    assert (found.live, found.annual, found.lowest) == (pytest.approx(2 / 3), pytest.approx(1 / 3), 50)


def test_without_an_annual_value_the_gap_is_left_out_and_named() -> None:
    found = weighted(steadily, [(0.0, 3 * HOUR_S)], [reading(0.0, 100.0), reading(2 * HOUR_S, 300.0)], None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(200)
    assert (found.unknown, found.annual) == (pytest.approx(1 / 3), 0)


def test_before_the_first_reading_there_is_the_annual_value() -> None:
    found = weighted(steadily, [(-HOUR_S, HOUR_S)], [reading(0.0, 100.0)], 50.0)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(75)


def test_the_newest_reading_stands_until_it_has_expired() -> None:
    found = weighted(steadily, [(0.0, HOUR_S + CARRIED_S + HOUR_S)], [reading(0.0, 100.0)], 50.0)
    assert found is not None
    total_s = 2 * HOUR_S + CARRIED_S
    assert found.carried == pytest.approx(CARRIED_S / total_s)
    assert found.annual == pytest.approx(HOUR_S / total_s)


def test_where_two_overlap_the_later_one_counts() -> None:
    readings = [reading(0.0, 100.0, length_s=2 * HOUR_S), reading(HOUR_S, 300.0)]
    found = weighted(steadily, WHOLE, readings, None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(200)


def test_shares_are_weighted_too_and_estimates_are_named() -> None:
    readings = [
        reading(0.0, 100.0, shares={"gas": 1.0}),
        reading(HOUR_S, 300.0, shares={"gas": 0.5, "coal": 0.5}, estimated=True),
    ]
    found = weighted(along([(0.0, 0.0), (HOUR_S, 900.0), (2 * HOUR_S, 1000.0)]), WHOLE, readings, None)
    assert found is not None
    assert found.shares == pytest.approx({"gas": 0.95, "coal": 0.05})
    assert found.estimated == pytest.approx(0.1)


def test_shares_of_less_than_half_of_the_joules_say_nothing() -> None:
    found = weighted(steadily, [(0.0, 3 * HOUR_S)], [*HALF, reading(2 * HOUR_S, 1.0, shares={"gas": 1.0})], None)
    assert found is not None
    assert found.shares is None


@pytest.mark.parametrize("stretches", [[], [(5.0, 5.0)]])
def test_nothing_drawn_has_no_mean(stretches: list[tuple[float, float]]) -> None:
    assert weighted(steadily, stretches, HALF, 50.0) is None
    assert weighted(along([]), WHOLE, HALF, 50.0) is None
    assert weighted(along([(0.0, 7.0), (10.0, 7.0)]), WHOLE, HALF, 50.0) is None


def test_without_any_value_there_is_no_mean() -> None:
    assert weighted(steadily, WHOLE, [], None) is None
    found = weighted(steadily, WHOLE, [], 50.0)
    assert found is not None
    assert (found.g_per_kwh, found.annual) == (50, 1)


def test_a_counters_ticks_are_a_course() -> None:
    course = Course(idle_w=50.0)
    course.pulse(10.0, 10.0, 350.0)
    joules = of_timelines([polled(course, 40.0)], offset_s=1000.0)
    assert joules(1010.0, 1020.0) == pytest.approx(3500, rel=0.05)
    assert joules(1025.0, 1035.0) == pytest.approx(500, rel=0.05)


@given(
    st.lists(st.tuples(st.floats(0, 10 * HOUR_S), st.floats(0, 1000)), max_size=8),
    st.lists(st.tuples(st.floats(0, 10 * HOUR_S), st.floats(1, 2 * HOUR_S)), min_size=1, max_size=4),
)
def test_the_shares_sum_to_one_and_the_mean_lies_among_its_values(
    values: list[tuple[float, float]], lengths: list[tuple[float, float]]
) -> None:
    readings = [reading(start_s, g) for start_s, g in values]
    found = weighted(steadily, [(start_s, start_s + length_s) for start_s, length_s in lengths], readings, 50.0)
    assert found is not None
    assert found.live + found.carried + found.annual + found.unknown == pytest.approx(1)
    assert found.lowest - 1e-9 <= found.g_per_kwh <= found.highest + 1e-9
