"""An isolated window is unbiased, and its interval holds the truth."""

from __future__ import annotations

import random

import numpy as np
import pytest
from simulated.readings import Course, polled

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.window import WindowEnergy, window_energy
from energyprof.model.errors import OutsideTimeline

WINDOWS = 100


def measured(duration_s: float, seed: int, **counter: float) -> tuple[WindowEnergy, float]:
    generator = random.Random(seed)
    start_s = 2 + generator.random()
    course = Course()
    course.pulse(start_s, duration_s, 600)
    timeline = polled(course, start_s + duration_s + 2, phase_s=generator.random() * 0.1, seed=seed, **counter)
    found = curve(timeline)
    assert found is not None
    end_s = start_s + duration_s
    window = window_energy(found, start_s, end_s, quiet_before_s=(0.3, start_s), quiet_after_s=(end_s, end_s + 1.8))
    return window, course.energy_j(start_s, end_s)


@pytest.mark.parametrize("duration_s", [0.01, 0.05, 0.1, 0.5, 5.0])
def test_an_isolated_window_on_a_100_ms_counter_is_unbiased(duration_s: float) -> None:
    pairs = [measured(duration_s, seed) for seed in range(WINDOWS)]
    bias = np.mean([window.energy_j / truth_j - 1 for window, truth_j in pairs])
    assert abs(bias) < 0.003
    assert {window.estimator for window, _ in pairs} == {"bracket"}


def test_the_interval_of_a_noisy_counter_holds_the_truth_most_of_the_time() -> None:
    pairs = [measured(0.1, seed, noise=0.01) for seed in range(WINDOWS)]
    held = sum(abs(window.energy_j - truth_j) <= 1.96 * window.uncertainty_j for window, truth_j in pairs)
    assert held >= 0.88 * WINDOWS
    assert np.median([1.96 * window.uncertainty_j / truth_j for window, truth_j in pairs]) < 0.05


def steps() -> Curve:
    times_s = np.arange(0.0, 10.1, 0.1)
    power_w = np.where((times_s[:-1] > 4.95) & (times_s[:-1] < 5.95), 300.0, 100.0)
    return Curve(times_s, np.concatenate(([0.0], np.cumsum(power_w * 0.1))), 0.0, 0.1)


def test_without_quiet_on_both_sides_the_counter_is_interpolated() -> None:
    window = window_energy(steps(), 5.0, 6.0, quiet_before_s=(3.0, 5.0), quiet_after_s=None)
    assert window.estimator == "interpolate"
    assert window.energy_j == pytest.approx(300.0)
    assert window.idle_power_w == pytest.approx(100.0)


def test_two_ticks_of_quiet_are_not_enough_to_bracket() -> None:
    window = window_energy(steps(), 5.0, 6.0, quiet_before_s=(4.85, 5.0), quiet_after_s=(6.0, 8.0))
    assert window.estimator == "interpolate"


def test_a_window_that_the_readings_do_not_cover_is_refused() -> None:
    with pytest.raises(OutsideTimeline, match="not covered by readings"):
        window_energy(steps(), 9.5, 10.5, quiet_before_s=None, quiet_after_s=None)


def test_a_model_is_known_at_every_instant_and_needs_no_ticks_in_the_quiet() -> None:
    still = Curve(np.array([0.0, 2.0, 3.0, 6.0]), np.array([0.0, 2.0, 22.0, 25.0]), 0.0, None, exact=True)
    window = window_energy(still, 2.0, 3.0, quiet_before_s=(1.5, 1.9), quiet_after_s=(3.1, 3.4))
    assert window.estimator == "bracket"
    assert window.energy_j == pytest.approx(20.0)
    assert window.idle_power_w == pytest.approx(1.0)
