"""A sensor that sees a quarter of each period: right on average, and intervals that say how far one call may be off."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace

import pytest
from simulated.readings import GPU, Course, polled

from energyprof.analysis.curve import curve
from energyprof.analysis.ledger import apportion
from energyprof.analysis.statistics import Z95
from energyprof.analysis.window import window_energy

PART_TIME = replace(GPU, duty=0.25, max_power_w=700)


def call(duration_s: float, seed: int) -> tuple[float, float, float]:
    """Joules found, the interval's half-width, and joules drawn, of one call of 600 W at a random phase."""
    course, start_s = Course(), 2 + random.Random(seed).random()
    course.pulse(start_s, duration_s, 600)
    found = curve(polled(course, start_s + duration_s + 1, duty=0.25, domain=PART_TIME, seed=seed))
    assert found is not None
    end_s = start_s + duration_s
    ledger = apportion(found, [(0, start_s, end_s)], 1, start_s - 0.5, end_s + 0.5)
    return float(ledger.energy_j[0]), Z95 * ledger.doubts[0].uncertainty_j, 600 * duration_s


@pytest.mark.parametrize("duration_s", [0.13, 0.57])
def test_calls_at_a_random_phase_are_right_on_average_and_within_their_intervals(duration_s: float) -> None:
    calls = [call(duration_s, seed) for seed in range(150)]
    assert statistics.mean(found_j / drawn_j for found_j, _, drawn_j in calls) == pytest.approx(1, abs=0.05)
    assert statistics.mean(abs(found_j - drawn_j) <= half_j for found_j, half_j, drawn_j in calls) >= 0.88


def test_one_call_much_shorter_than_the_period_is_not_resolved() -> None:
    calls = [call(0.01, seed) for seed in range(20)]
    assert any(found_j < 1 for found_j, _, _ in calls)
    assert any(found_j > 15 for found_j, _, _ in calls)
    for found_j, half_j, drawn_j in calls:
        assert abs(found_j - drawn_j) <= half_j
        assert found_j - half_j < 0


def test_a_window_on_a_part_time_sensor_has_a_wider_interval_than_on_one_that_sees_all() -> None:
    course = Course()
    course.pulse(2.03, 0.57, 600)
    widths = []
    for domain in (PART_TIME, GPU):
        found = curve(polled(course, 4.0, domain=domain))
        assert found is not None
        window = window_energy(found, 2.03, 2.6, quiet_before_s=(1.0, 2.03), quiet_after_s=(2.6, 3.6))
        assert window.energy_j == pytest.approx(342, rel=0.002)
        widths.append(window.uncertainty_j)
    assert widths[0] == pytest.approx(0.75 * 0.1 * 530 / 6**0.5, rel=0.02)
    assert widths[1] < 0.05 * widths[0]
