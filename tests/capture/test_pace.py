"""Polls come densely at first, and then as often as the fastest counter that they can resolve needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energyprof.capture.pace import DENSE_PERIOD_S, DENSE_S, Pace, spacings
from energyprof.model.domain import Domain, PowerModel

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0")
PACKAGE = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0", period_s=0.001)
MODEL = replace(GPU, id="cpu:model", model=PowerModel((1, 1, 1), (1, 1, 1), "assumed"))


def settled(pace: Pace, counter_s: float, cost_s: float = 0.0001) -> float:
    """The time between polls after a counter was seen to move every `counter_s` seconds, each poll taking `cost_s`."""
    poll_s, moved_s = 10.0, 10.0
    while poll_s < 10.0 + DENSE_S:
        if poll_s >= moved_s:
            pace.ticked(0, poll_s)
            moved_s = max(moved_s + counter_s, poll_s)
        poll_s += max(pace.next_s(poll_s, poll_s + cost_s), cost_s)
    return pace.next_s(poll_s, poll_s + cost_s)


@pytest.mark.parametrize(
    ("counter_s", "polls"), [(0.02, 2.618), (0.04, 2.618), (0.05, 2.618), (0.1, 5.618), (0.12, 6.618), (0.3, 15.618)]
)
def test_a_counter_is_polled_out_of_step_and_more_than_twice_a_period(counter_s: float, polls: float) -> None:
    assert settled(Pace([GPU], 0.02, 10.0), counter_s) == pytest.approx(counter_s / polls, rel=0.05)


def test_a_counter_that_polls_cannot_resolve_leaves_the_time_as_it_was_asked_for() -> None:
    assert settled(Pace([GPU], 0.02, 10.0), 0.001) == 0.02


@pytest.mark.parametrize("cost_s", [0.003, 0.006, 0.012])
@pytest.mark.parametrize("counter_s", [0.001, 0.02])
def test_polls_that_take_long_come_no_oftener_for_it(counter_s: float, cost_s: float) -> None:
    assert settled(Pace([GPU], 0.02, 10.0), counter_s, cost_s) == 0.02


def looked_at_anew(counter_s: float, expected_s: float, phase_s: float) -> bool:
    """Whether a counter that an earlier start saw move every `expected_s`, and moves so now, is polled densely."""
    pace = Pace([GPU], 0.039, 10.0, {0: expected_s}, 0.0001)
    poll_s, moved, waits_ns = 10.0, None, spacings(round(pace.period_s * 1e9))
    while poll_s < 10.1 + DENSE_S:
        before, moved = moved, (poll_s + phase_s) // counter_s
        if before not in (None, moved):
            pace.ticked(0, poll_s)
        pace.next_s(poll_s, poll_s + 0.0001)
        poll_s += next(waits_ns) / 1e9
    return pace.dense


@pytest.mark.parametrize("phase", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("counter_s", [0.02, 0.05, 0.1, 0.2])
def test_a_counter_that_moves_about_as_it_did_at_an_earlier_start_is_not_looked_at_anew(
    counter_s: float, phase: float
) -> None:
    assert not any(looked_at_anew(counter_s, counter_s * other, phase * counter_s) for other in (0.93, 1, 1.1))
    assert all(looked_at_anew(counter_s, counter_s * other, phase * counter_s) for other in (0.7, 1.4))


def test_the_first_polls_come_densely() -> None:
    assert Pace([GPU], 0.02, 10.0).next_s(10.0, 10.0) == DENSE_PERIOD_S


def test_where_every_period_is_known_nothing_has_to_be_looked_at() -> None:
    assert Pace([PACKAGE, MODEL], 0.02, 10.0).next_s(10.0, 10.0) == 0.02


def test_a_counter_that_hardly_moves_leaves_the_time_as_it_was_asked_for() -> None:
    assert settled(Pace([GPU], 0.02, 10.0), 0.7) == 0.02


def test_polls_asked_for_oftener_than_the_dense_ones_stay_so() -> None:
    assert Pace([GPU], 0.001, 10.0).next_s(10.0, 10.0) == 0.001


def test_a_counter_that_goes_round_fast_is_read_four_times_a_round() -> None:
    package = Domain("cpu:package-0", "cpu", "rapl", "x", counts_per_wrap=75_000_000, max_power_w=1000, period_s=0.001)
    assert Pace([package], 0.025, 0.0).period_s == pytest.approx(0.01875)
    usual = replace(package, counts_per_wrap=262_143_328_851)
    assert Pace([usual], 0.025, 0.0).period_s == 0.025


@pytest.mark.parametrize("phase_s", [0.0, 0.0137, 0.05])
@pytest.mark.parametrize(
    ("counter_s", "poll_s"), [(0.1, 0.039), (0.1, 0.0382), (0.02, 0.00764), (0.117, 0.039), (0.078, 0.039)]
)
def test_polls_close_in_on_a_counters_grid_from_both_sides(counter_s: float, poll_s: float, phase_s: float) -> None:
    polls_s, waits_ns = [0.0], spacings(round(poll_s * 1e9))
    while polls_s[-1] < 100 * counter_s:
        polls_s.append(polls_s[-1] + next(waits_ns) / 1e9)
    # How long before a tick the last poll came that did not see it; and how long after, the first that did.
    after_s = [(poll_s - phase_s) % counter_s for poll_s in polls_s]
    assert min(after_s) < 0.1 * poll_s
    assert counter_s - max(after_s) < 0.1 * poll_s
