"""Ticks are put where the counter moved, not where a poll happened to notice it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulated.readings import GPU, Course, polled

from energyprof.analysis.curve import Curve, curve
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.timeline import Gap, Timeline


def test_the_grid_of_a_regular_counter_is_found_to_a_fraction_of_a_poll() -> None:
    found = curve(polled(Course(), 10.0, period_s=0.1, phase_s=0.0371))
    assert found is not None
    assert found.period_s == pytest.approx(0.1, rel=1e-3)
    off_s = (found.times_s - 0.0371 + 0.05) % 0.1 - 0.05
    assert np.abs(off_s).max() < 0.003
    assert found.jitter_s < 0.003


def test_a_counter_of_unknown_period_that_moves_at_every_poll_is_put_between_the_polls() -> None:
    timeline = polled(Course(), 3.0, period_s=0.001, poll_s=0.02)
    found = curve(timeline)
    assert found is not None
    assert found.period_s is None
    assert np.asarray(timeline.seen_s) - found.times_s == pytest.approx(0.0101, rel=0.18)
    assert found.jitter_s == pytest.approx(0.0203 / 12**0.5, rel=0.05)


def test_irregular_ticks_are_put_between_the_polls_around_them() -> None:
    domain = Domain("x", "gpu", "nvml", "x", joules_per_count=1.0)
    rng = np.random.default_rng(1)
    seen = np.cumsum(rng.uniform(0.05, 0.4, 30))
    found = curve(Timeline(domain, list(seen - 0.02), list(seen), list(range(30)), float(seen[-1])))
    assert found is not None
    assert found.period_s is None
    assert found.times_s == pytest.approx(seen - 0.01)


def test_no_tick_is_put_later_than_the_poll_that_saw_it() -> None:
    domain = Domain("x", "gpu", "nvml", "x", joules_per_count=1.0)
    ticks = np.arange(40) * 0.1 + np.random.default_rng(1).normal(0, 0.0005, 40)
    ticks[-1] = 3.8992
    seen = ticks + 0.0002
    found = curve(Timeline(domain, list(ticks - 0.0018), list(seen), list(range(40)), float(seen[-1])))
    assert found is not None
    assert found.period_s == pytest.approx(0.1, rel=1e-3)
    assert (found.times_s <= seen).all()
    assert found.lost_s(1.0, float(found.times_s[-1])) == 0


def test_cpu_time_that_stood_still_is_known_to_have_stood_still() -> None:
    model = PowerModel((1.0, 2.0, 3.0), (5.0, 10.0, 15.0), "test")
    domain = Domain("cpu:model", "cpu", "cpu-model", "CPU", basis="estimated", model=model)
    timeline = Timeline(domain, [0.0, 9.98], [0.0, 10.0], [0, 20_000_000], 12.0)
    found = curve(timeline)
    assert found is not None
    burst_j = float(found.at(10.0) - found.at(9.98))
    assert burst_j == pytest.approx(0.02 * 2.0 + 10.0 * 0.02)
    assert float(found.at(9.98) - found.at(0.0)) == pytest.approx(9.98 * 2.0)
    assert float(found.at(12.0) - found.at(10.0)) == pytest.approx(2 * 2.0)


def test_fewer_than_two_ticks_are_no_curve() -> None:
    domain = Domain("x", "gpu", "nvml", "x")
    assert curve(Timeline(domain, [], [], [], 0.0)) is None
    assert curve(Timeline(domain, [1.0], [1.0], [5], 1.0)) is None


def test_time_whose_energy_is_lost_is_counted() -> None:
    domain = Domain("x", "gpu", "nvml", "x")
    gaps = [Gap(1.0, 2.0, "EIO"), Gap(3.0, 4.0, "reset", energy_known=False)]
    found = curve(Timeline(domain, [0.0, 4.9], [0.0, 5.0], [0, 10], 5.0, gaps))
    assert found is not None
    assert found.lost_s(0.0, 5.0) == 1.0
    assert found.lost_s(3.5, 5.0) == 0.5


def test_beyond_its_last_tick_a_counter_may_gain_one_more_and_is_flat_from_there() -> None:
    found = Curve(np.array([0.0, 1.0, 2.0]), np.array([0.0, 70.0, 140.0]), 0.0, 1.0)
    assert found.at(np.array([2.5, 3.0, 60.0])) == pytest.approx([175, 210, 210])
    assert found.at(np.array([-0.5, -60.0])) == pytest.approx([-35, -70])


def test_what_was_drawn_while_nothing_was_read_is_lost() -> None:
    found = curve(polled(Course(), 5.0))
    assert found is not None
    assert found.lost_s(1.0, 4.9) == 0
    assert found.lost_s(1.0, 8.0) == pytest.approx(3.0, abs=0.03)
    [(low_s, high_s)] = found.unsound(1.0, 8.0)
    assert low_s == pytest.approx(4.93, abs=0.01)
    assert high_s == 8.0


def test_a_tick_interval_with_a_loss_is_not_sound() -> None:
    lost = Gap(1.2, 1.7, "reset", energy_known=False)
    found = Curve(np.arange(4.0), np.arange(4.0), 0.0, 1.0, (lost,))
    assert found.sound.tolist() == [True, False, True]
    assert found.unsound(0.0, 3.0) == [(1.0, 2.0)]


def test_a_loss_that_lasts_is_unsound_from_the_last_tick_on() -> None:
    ends = Gap(3.0, 6.0, "EIO", energy_known=False)
    found = Curve(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]), 0.0, 1.0, gaps=(ends,), read_s=(0.0, 6.0))
    assert found.unsound(0.5, 6.0) == [(2.0, 6.0)]
    assert found.unsound(0.5, 2.5) == []


@pytest.mark.parametrize("phase_s", [0.003, 0.037, 0.09])
def test_three_ticks_of_a_known_period_are_enough_for_its_grid(phase_s: float) -> None:
    domain = replace(GPU, expected_period_s=0.1)
    found = curve(polled(Course(), 0.42, period_s=0.1, phase_s=phase_s, domain=domain))
    unaided = curve(polled(Course(), 0.42, period_s=0.1, phase_s=phase_s))
    assert found is not None
    assert unaided is not None
    assert (found.period_s, unaided.period_s) == (0.1, None)
    assert np.diff(found.times_s)[1:] == pytest.approx(0.1, abs=1e-9)
    assert found.times_s[1] - found.times_s[0] == pytest.approx(0.1, abs=0.01)
    off_s = np.abs((found.times_s - phase_s + 0.05) % 0.1 - 0.05)
    assert off_s.max() < 0.01
    assert found.jitter_s < unaided.jitter_s


@pytest.mark.parametrize("expected_s", [0.02, 0.05, 0.13, 0.3])
def test_a_period_that_few_ticks_contradict_is_not_believed(expected_s: float) -> None:
    timeline = polled(Course(), 0.42, period_s=0.1, phase_s=0.03)
    misled = replace(timeline, domain=replace(GPU, expected_period_s=expected_s))
    found, plain = curve(misled), curve(timeline)
    assert found is not None
    assert plain is not None
    assert found.times_s == pytest.approx(plain.times_s)
    assert found.period_s is None


def test_many_ticks_need_no_expectation() -> None:
    timeline = polled(Course(), 5.0, period_s=0.1)
    misled = replace(timeline, domain=replace(GPU, expected_period_s=0.09))
    found, plain = curve(misled), curve(timeline)
    assert found is not None
    assert plain is not None
    assert found.times_s == pytest.approx(plain.times_s)


def test_ticks_that_a_poller_saw_as_one_are_the_last_of_them() -> None:
    """Not let run from 1.93 s to 2.26 s, it saw three of them as one at 2.23 s; the middle of that window is 2.1 s."""
    found = curve(polled(Course(), 5.0, poll_s=0.0382, away=[(1.95, 2.26)]))
    assert found is not None
    ticks_s = np.delete(0.03 + 0.1 * np.arange(50), [20, 21])
    assert found.times_s[1:] == pytest.approx(ticks_s[: len(found.times_s) - 1], abs=0.003)
    assert np.diff(found.energy_j)[1:] == pytest.approx(70 * np.diff(ticks_s)[: len(found.times_s) - 2], abs=0.002)


def test_a_value_of_which_it_is_not_known_when_it_was_read_is_left_out() -> None:
    """Held up between the reading and the clock, from 2.06 s to 2.34 s: the value may be that of any tick between."""
    found = curve(polled(Course(), 5.0, poll_s=0.0382, away=[(2.032, 2.34)], amid=True))
    assert found is not None
    inside = (found.times_s > 2.0) & (found.times_s < 2.3)
    assert not inside.any()
    assert np.abs((found.times_s - 0.03 + 0.05) % 0.1 - 0.05).max() < 0.003


def test_a_gap_in_sparse_polls_does_not_lose_count_of_the_periods() -> None:
    """One period too many or too few in the gap would put the period off by more than 1 %."""
    for phase_s in np.linspace(0.0, 0.09, 19):
        found = curve(polled(Course(), 7.0, phase_s=float(phase_s), poll_s=0.0382, away=[(4.0, 4.4)]))
        assert found is not None
        assert found.period_s == pytest.approx(0.1, rel=5e-3)


def test_an_irregular_tick_of_which_a_held_up_poller_cannot_tell_when_it_was_moves_no_joules() -> None:
    """100 W; not let run from 5.0 s to 5.4 s, and the value that it found then was that of a tick at 5.39 s."""
    domain = Domain("x", "gpu", "nvml", "x", joules_per_count=1.0)
    rng = np.random.default_rng(3)
    ticks_s = np.cumsum(rng.uniform(0.05, 0.25, 60))
    ticks_s = np.sort(np.append(ticks_s[(ticks_s < 5.0) | (ticks_s > 5.4)], 5.39))
    seen_s, after_s = ticks_s + 0.01, np.where(ticks_s == 5.39, 5.0, ticks_s - 0.01)
    counts = [round(100 * tick_s) for tick_s in ticks_s]
    found = curve(Timeline(domain, list(after_s), list(seen_s), counts, float(seen_s[-1])))
    assert found is not None
    assert found.period_s is None
    assert np.diff(found.at(np.array([4.9, 5.2, 5.5]))) == pytest.approx([30, 30], abs=1.5)
    assert found.jitter_s == pytest.approx(0.02 / 12**0.5, rel=0.01)


def test_many_gaps_in_the_polls_do_not_hide_a_grid() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        starts_s = np.arange(1.0, 20.0, 0.6) + rng.uniform(0, 0.15, 32)
        away = [(float(start_s), float(start_s + rng.uniform(0.05, 0.4))) for start_s in starts_s]
        found = curve(polled(Course(), 21.0, poll_s=0.0382, away=away, seed=seed))
        assert found is not None
        assert found.period_s == pytest.approx(0.1, rel=1e-3), seed
