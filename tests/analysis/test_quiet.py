"""Quiet power: what a machine draws while nothing is asked of it."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from scipy import stats
from simulated.readings import Course, polled

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.quiet import quiet_halves, quiet_power
from energyprof.model.timeline import Gap

NOTHING_BUSY = (np.array([]), np.array([]))


def steady(powers_w: list[float], *, gaps: tuple[Gap, ...] = (), exact: bool = False) -> Curve:
    """One second at each power, a tick at every full second."""
    times_s = np.arange(len(powers_w) + 1, dtype=np.float64)
    return Curve(times_s, np.concatenate(([0.0], np.cumsum(powers_w))), 0.0, 1.0, gaps, exact=exact)


def test_few_intervals_show_little_of_their_scatter_and_widen_it_by_students_t() -> None:
    power = quiet_power(steady([70, 72, 74]), 0.0, 3.0)
    assert power is not None
    widening = stats.t.ppf(0.975, 2) / stats.norm.ppf(0.975)
    assert power.power_w == pytest.approx(72)
    assert power.uncertainty_w == pytest.approx(2 / 3**0.5 * widening, rel=1e-5)


def test_fewer_than_three_ticks_tell_nothing() -> None:
    assert quiet_power(steady([70, 70, 70]), 0.2, 2.1) is None


def test_an_interval_in_which_joules_were_lost_does_not_count() -> None:
    lost = Gap(1.2, 1.7, "reset", energy_known=False)
    power = quiet_power(steady([70, 10, 70, 70], gaps=(lost,)), 0.0, 4.0)
    assert power is not None
    assert power.power_w == pytest.approx(70)


def test_the_interval_of_quiet_power_holds_the_truth_95_times_in_100() -> None:
    held = 0
    for seed in range(400):
        phase_s = Random(seed).random() / 10
        found = curve(polled(Course(), 0.65, phase_s=phase_s, noise=0.02, seed=seed))
        assert found is not None
        power = quiet_power(found, 0.1, 0.6)
        assert power is not None
        held += abs(power.power_w - 70) <= 1.96 * power.uncertainty_w
    assert 0.92 <= held / 400 <= 0.99


def test_the_idle_power_of_a_model_is_its_mean_and_not_that_of_its_bursts() -> None:
    times_s = np.array([0.0, 0.98, 1.0, 1.98, 2.0])
    bursts = Curve(times_s, np.array([0.0, 0.98, 1.08, 2.06, 2.16]), 0.0, None, exact=True)
    halves = quiet_halves(bursts, NOTHING_BUSY, 0.0, 2.0, None)
    assert halves.idle_power_w == pytest.approx(1.08)


def test_quiet_stretches_too_short_to_tell_take_the_mean_of_those_around_them() -> None:
    found = steady([60.0] * 4 + [100.0] * 4)
    busy = (np.array([3.5, 4.2]), np.array([4.1, 4.5]))
    halves = quiet_halves(found, busy, 0.0, 8.0, None)
    assert halves.at(np.array([1.0, 4.15, 7.0])) == pytest.approx([60, 80, 100])
    assert halves.uncertainty_w[2] == pytest.approx(40 / 12**0.5)


def test_two_quiet_intervals_are_as_uncertain_as_many_others_show() -> None:
    found = steady([69.0, 71.0] * 20 + [600.0] + [70.0, 70.0])
    busy = (np.array([40.0]), np.array([41.0]))
    halves = quiet_halves(found, busy, 0.0, 43.0, None)
    assert halves.scatter == pytest.approx(1 / 70, rel=0.06)
    assert halves.power_w[2:] == pytest.approx([70, 70])
    assert halves.uncertainty_w[2:] == pytest.approx(70 * halves.scatter / 2**0.5)
