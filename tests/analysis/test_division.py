"""Back-to-back calls whose power was seen alone nearby get what they drew, although no tick falls on their edges."""

from __future__ import annotations

import random
import statistics

import numpy as np
import pytest
from simulated.readings import Course, polled

from energyprof.analysis.curve import curve
from energyprof.analysis.division import divide
from energyprof.analysis.ledger import Ledger, Piece, apportion
from energyprof.analysis.statistics import Z95


def staircase(steps: list[tuple[float, float]], start_s: float = 1.5) -> tuple[Course, list[Piece]]:
    """Calls of (duration_s, power_w) without a pause, the process busy with them alone."""
    course, pieces, now_s = Course(idle_w=steps[0][1]), [], start_s
    for owner, (duration_s, power_w) in enumerate(steps):
        course.times_s.append(now_s)
        course.powers_w.append(power_w)
        pieces.append((owner, now_s, now_s + duration_s))
        now_s += duration_s
    return course, pieces


def shared(course: Course, pieces: list[Piece], *, noise: float = 0.0, seed: int = 0) -> Ledger:
    phase_s = random.Random(f"phase {seed}").random() * 0.1
    end_s = pieces[-1][2]
    found = curve(polled(course, end_s + 0.5, phase_s=phase_s, noise=noise, seed=seed))
    assert found is not None
    owners = max(owner for owner, _, _ in pieces) + 1
    return apportion(found, pieces, owners, pieces[0][1], end_s, next_s=end_s)


def truth_j(course: Course, pieces: list[Piece], owner: int) -> float:
    return sum(course.energy_j(low_s, high_s) for number, low_s, high_s in pieces if number == owner)


@pytest.mark.parametrize("seed", range(5))
def test_a_call_between_others_of_different_power_gets_what_it_drew(seed: int) -> None:
    course, pieces = staircase([(0.7, 300), (0.5, 600), (0.61, 400)], 1.5 + seed * 0.0171)
    ledger = shared(course, pieces, seed=seed)
    assert float(ledger.energy_j[1]) == pytest.approx(300, rel=0.003)
    assert Z95 * ledger.doubts[1].uncertainty_j < 3


def test_the_interval_of_a_call_between_others_holds_without_being_wide() -> None:
    held, half_widths = 0, []
    for seed in range(100):
        course, pieces = staircase([(0.7, 300), (0.5, 600), (0.61, 400)], 1.5 + random.Random(seed).random())
        ledger = shared(course, pieces, noise=0.01, seed=seed)
        half_width_j = Z95 * ledger.doubts[1].uncertainty_j
        held += abs(float(ledger.energy_j[1]) - 300) <= half_width_j
        half_widths.append(half_width_j / 300)
    assert 91 <= held <= 99
    assert statistics.median(half_widths) < 0.015


def test_a_short_call_between_two_of_known_power_gets_the_rest() -> None:
    course, pieces = staircase([(1.0, 300), (0.03, 600), (1.0, 300)])
    pieces = [(number % 2, low_s, high_s) for number, low_s, high_s in pieces]
    ledger = shared(course, pieces)
    assert float(ledger.energy_j[1]) == pytest.approx(18, rel=0.02)
    assert abs(float(ledger.energy_j[1]) - 18) < Z95 * ledger.doubts[1].uncertainty_j < 2


def test_pauses_too_short_to_show_idle_power_do_not_take_joules_from_long_calls() -> None:
    course, pieces, now_s = Course(), [], 0.5
    for _ in range(8):
        course.pulse(now_s, 1.0, 600)
        pieces.append((0, now_s, now_s + 1.0))
        now_s += 1.043
    pieces = [(0, 1.0, 1.5), *pieces[1:-1], (0, now_s - 1.043, now_s - 0.5)]
    ledger = shared(course, pieces)
    assert ledger.estimator == "interpolate"
    assert float(ledger.energy_j[0]) == pytest.approx(truth_j(course, pieces, 0), rel=0.001)
    assert ledger.unattributed_j == pytest.approx(7 * 0.043 * 70, rel=0.2)


def test_a_power_that_did_not_last_to_the_edge_widens_the_interval() -> None:
    course, pieces = staircase([(0.7, 300), (0.5, 600), (0.08, 150), (0.61, 400)])
    pieces = [(0, 1.5, 2.2), (1, 2.2, 2.78), (2, 2.78, 3.39)]
    ledger = shared(course, pieces)
    drawn_j = truth_j(course, pieces, 1)
    assert abs(float(ledger.energy_j[1]) - drawn_j) < Z95 * ledger.doubts[1].uncertainty_j


def test_joules_that_known_powers_exceed_are_shared_by_time() -> None:
    time_s = np.array([[0.1, 0.1, 0.1, 0.05], [0.0, 0.0, 0.0, 0.05]])
    division = divide(time_s, np.array([60.0, 60.0, 60.0, 10.0]), np.full(4, 0.1), np.ones(4, bool), 1e-4)
    assert division.unknown[:, 3].all()
    assert division.energy_j[:, 3] == pytest.approx([5, 5])
    assert division.remainder_j[3] == pytest.approx(10)


def test_work_that_overlaps_elsewhere_does_not_lend_its_power() -> None:
    time_s = np.array([[0.1, 0.1, 0.05, 0.05], [0.0, 0.0, 0.05, 0.05]])
    alone = np.array([True, True, True, False])
    division = divide(time_s, np.array([60.0, 60.0, 45.0, 45.0]), np.full(4, 0.1), alone, 1e-4)
    assert division.energy_j[:, 2] == pytest.approx([30, 15])
    assert division.energy_j[:, 3] == pytest.approx([22.5, 22.5])
    assert division.energy_j.sum(axis=0) == pytest.approx([60, 60, 45, 45])


def test_intervals_without_any_joules_make_no_nonsense() -> None:
    time_s = np.array([[0.1, 0.1, 0.1, 0.05], [0.0, 0.0, 0.0, 0.05]])
    division = divide(time_s, np.array([0.0, 0.0, 0.0, 5.0]), np.full(4, 0.1), np.ones(4, bool), 1e-4)
    assert division.energy_j.sum(axis=0) == pytest.approx([0, 0, 0, 5])
    assert np.isfinite(division.moved_j).all()
    assert division.scatter == 0
