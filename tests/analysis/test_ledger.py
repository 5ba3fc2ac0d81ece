"""Every joule goes to exactly one place, and to the right one."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.readings import GPU, Course, polled

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.doubt import Doubt
from energyprof.analysis.ledger import Ledger, Piece, apportion


def conserved(ledger: Ledger) -> bool:
    shared_j = float(ledger.energy_j.sum()) + ledger.idle_j + ledger.unattributed_j
    return shared_j == pytest.approx(ledger.total_j, rel=1e-9)


def simulated(pulses: list[tuple[float, float, float]], end_s: float) -> tuple[Course, Curve]:
    course = Course()
    for pulse in pulses:
        course.pulse(*pulse)
    found = curve(polled(course, end_s))
    assert found is not None
    return course, found


def test_an_isolated_short_call_gets_what_it_drew_and_no_idle() -> None:
    course, found = simulated([(2.013, 0.05, 600)], 5.0)
    ledger = apportion(found, [(0, 2.013, 2.063)], 1, 0.5, 4.5)
    assert ledger.energy_j[0] == pytest.approx(30.0, rel=0.02)
    assert ledger.idle_j == pytest.approx(70 * 3.95, rel=0.01)
    assert ledger.total_j == pytest.approx(course.energy_j(0.5, 4.5), rel=0.002)
    assert conserved(ledger)


def test_a_stream_is_charged_only_for_its_active_segments() -> None:
    segments = [(1.0 + 0.1 * k, 0.05, 500.0) for k in range(10)]
    _, found = simulated(segments, 4.0)
    ledger = apportion(found, [(0, start_s, start_s + length_s) for start_s, length_s, _ in segments], 1, 0.5, 3.5)
    assert ledger.energy_j[0] == pytest.approx(250.0, rel=0.03)
    assert conserved(ledger)


def test_concurrent_spans_share_equally() -> None:
    _, found = simulated([(1.0, 2.0, 400)], 5.0)
    pieces: list[Piece] = [(owner, 1.0, 3.0) for owner in range(8)]
    ledger = apportion(found, pieces, 8, 0.5, 4.5)
    assert ledger.energy_j == pytest.approx(np.full(8, 100.0), rel=0.01)
    assert ledger.occupied_s == pytest.approx(np.full(8, 0.25))
    assert conserved(ledger)


def test_time_in_which_nothing_ran_above_idle_power_is_unattributed() -> None:
    _, found = simulated([(1.0, 0.5, 400), (3.0, 0.5, 400)], 6.0)
    ledger = apportion(found, [(0, 1.0, 1.5)], 1, 0.5, 5.5)
    assert ledger.energy_j[0] == pytest.approx(200.0, rel=0.03)
    assert ledger.unattributed_j == pytest.approx(0.5 * 330, rel=0.15)
    assert conserved(ledger)


def test_without_any_quiet_time_an_interval_is_spread_evenly() -> None:
    _, found = simulated([(0.1, 2.0, 400)], 2.0)
    ledger = apportion(found, [(0, 0.5, 1.0), (1, 1.0, 1.5)], 2, 0.5, 1.5)
    assert ledger.estimator == "interpolate"
    assert ledger.energy_j == pytest.approx([200.0, 200.0], rel=0.01)
    assert ledger.idle_power_w is None
    assert conserved(ledger)


def test_two_ledgers_in_a_row_count_every_joule_once() -> None:
    _, found = simulated([(1.0, 0.03, 600), (2.0, 0.7, 300)], 5.0)
    pieces: list[Piece] = [(0, 1.0, 1.03), (1, 2.0, 2.7)]
    whole = apportion(found, pieces, 2, 0.5, 4.5)
    first = apportion(found, [(0, 1.0, 1.03), (1, 2.0, 2.35)], 2, 0.5, 2.35)
    second = apportion(found, [(1, 2.35, 2.7)], 2, 2.35, 4.5, carry=first.carry)
    assert first.total_j + second.total_j == pytest.approx(whole.total_j, rel=1e-12)
    assert first.energy_j + second.energy_j == pytest.approx(whole.energy_j, rel=0.02)


@pytest.mark.parametrize("found", [Curve(np.arange(6.0), 70 * np.arange(6.0), 0.0, 1.0), curve(polled(Course(), 5.0))])
def test_without_any_work_all_is_idle(found: Curve) -> None:
    ledger = apportion(found, [], 0, 0.5, 4.5)
    assert ledger.idle_j == pytest.approx(280, rel=0.01)
    assert ledger.busy_doubt.uncertainty_j == 0
    assert conserved(ledger)


def alternating(end_s: float) -> tuple[Curve, list[Piece], list[float]]:
    """10 ms calls of two functions at 600 W and 300 W, in random order and with random gaps."""
    generator = random.Random(5)
    course, pieces, truth_j, now_s = Course(), [], [0.0, 0.0], 1.0
    while now_s < end_s:
        owner = generator.randrange(2)
        power_w = (600.0, 300.0)[owner]
        course.pulse(now_s, 0.01, power_w)
        pieces.append((owner, now_s, now_s + 0.01))
        truth_j[owner] += power_w * 0.01
        now_s += 0.01 + generator.expovariate(50)
    found = curve(polled(course, end_s + 2))
    assert found is not None
    return found, pieces, truth_j


def test_functions_that_alternate_within_a_tick_are_told_apart_by_regression() -> None:
    found, pieces, truth_j = alternating(40.0)
    ledger = apportion(found, pieces, 2, 0.5, 41.0)
    assert ledger.estimator == "regress"
    assert ledger.energy_j == pytest.approx(truth_j, rel=0.01)
    assert (np.array([doubt.uncertainty_j for doubt in ledger.doubts]) < 0.02 * ledger.energy_j).all()
    assert conserved(ledger)


def test_a_function_called_once_among_fitted_ones_is_as_uncertain_as_the_readings_that_show_it() -> None:
    """The fit follows those few readings, so that it misses them by little, however far off they are."""
    fitted = held = 0
    for seed in range(16):
        generator, course, pieces, now_s = random.Random(seed), Course(), [], 2.0
        for call in range(200):
            owner, duration_s, power_w = (1, 0.03, 500.0) if call == 100 else (0, 0.005, 300.0)
            course.pulse(now_s, duration_s, power_w)
            pieces.append((owner, now_s, now_s + duration_s))
            now_s += duration_s + generator.uniform(0.0, 0.02)
        found = curve(polled(course, now_s + 2, period_s=0.015, poll_s=0.0057, noise=0.02, seed=seed))
        assert found is not None
        ledger = apportion(found, pieces, 2, 0.5, now_s + 1)
        if ledger.estimator == "regress":
            fitted += 1
            held += abs(float(ledger.energy_j[1]) - 15.0) <= 1.96 * ledger.doubts[1].uncertainty_j
            assert ledger.doubts[1].uncertainty_j < 0.04 * ledger.energy_j[1]
    assert fitted >= 8
    assert held >= 0.85 * fitted


def test_too_few_intervals_to_tell_functions_apart_give_an_interval_that_admits_it() -> None:
    found, pieces, truth_j = alternating(2.5)
    ledger = apportion(found, pieces, 2, 0.5, 3.5)
    assert ledger.estimator == "bracket"
    assert float(ledger.energy_j.sum()) == pytest.approx(sum(truth_j), rel=0.01)
    assert (np.abs(ledger.energy_j - truth_j) < 1.96 * np.array([doubt.uncertainty_j for doubt in ledger.doubts])).all()


def test_functions_in_fixed_proportions_are_not_told_apart() -> None:
    course, pieces = Course(), []
    for k in range(200):
        start_s = 1 + 0.1 * k
        course.pulse(start_s, 0.01, 600)
        course.pulse(start_s + 0.02, 0.01, 300)
        pieces += [(0, start_s, start_s + 0.01), (1, start_s + 0.02, start_s + 0.03)]
    found = curve(polled(course, 23.0))
    assert found is not None
    assert apportion(found, pieces, 2, 0.5, 22.0).estimator == "bracket"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(0.5, 4.0), st.floats(1e-4, 1.5)),
        max_size=12,
    ),
    st.integers(0, 5),
)
def test_no_pattern_of_spans_loses_a_joule(spans: list[tuple[int, float, float]], seed: int) -> None:
    generator = np.random.default_rng(seed)
    times_s = np.cumsum(generator.uniform(0.01, 0.3, 60))
    found = Curve(times_s, np.cumsum(generator.uniform(0, 30, 60)), 0.001, None)
    pieces = [(owner, start_s, min(start_s + length_s, 5.0)) for owner, start_s, length_s in spans]
    ledger = apportion(found, pieces, 4, 0.5, 5.0)
    assert conserved(ledger)


def in_fixed_proportions(end_s: float) -> tuple[Curve, list[Piece]]:
    """10 ms at 600 W and 10 ms at 300 W in turn, without a pause."""
    course, pieces, now_s = Course(), [], 1.0
    while now_s < end_s:
        course.times_s += [now_s, now_s + 0.01]
        course.powers_w += [600.0, 300.0]
        pieces += [(0, now_s, now_s + 0.01), (1, now_s + 0.01, now_s + 0.02)]
        now_s += 0.02
    course.times_s.append(now_s)
    course.powers_w.append(course.idle_w)
    found = curve(polled(course, end_s + 2))
    assert found is not None
    return found, pieces


def test_proportions_that_vary_by_the_jitter_of_ticks_alone_are_not_fitted() -> None:
    found, pieces = in_fixed_proportions(21.0)
    assert apportion(found, pieces, 2, 3.0, 20.0).estimator != "regress"


def test_what_cannot_be_told_apart_stays_so_however_often_the_books_are_closed() -> None:
    found, pieces = in_fixed_proportions(61.0)
    truth_j = np.array([600 * 0.01 * len(pieces) / 2, 300 * 0.01 * len(pieces) / 2])
    for folds in (1, 30):
        edges_s, carry = np.linspace(0.5, 62.0, folds + 1), None
        energy_j, doubts = np.zeros(2), [Doubt(), Doubt()]
        for start_s, end_s in itertools.pairwise(edges_s):
            inside = [(k, max(a, start_s), min(b, end_s)) for k, a, b in pieces if b > start_s and a < end_s]
            ledger = apportion(found, inside, 2, start_s, end_s, carry=carry, next_s=end_s if inside else math.inf)
            carry, energy_j = ledger.carry, energy_j + ledger.energy_j
            doubts = [sum_of + doubt for sum_of, doubt in zip(doubts, ledger.doubts, strict=True)]
        half_width_j = 1.96 * np.array([doubt.uncertainty_j for doubt in doubts])
        assert (np.abs(energy_j - truth_j) < half_width_j).all()


def test_a_power_that_is_not_known_is_off_alike_beside_whatever_runs() -> None:
    """400 W beside four functions of 100 W in turn: what time alone takes from it adds up over all of them."""
    course, pieces = Course(), []
    for k in range(24):
        start_s = 1.03 + 0.1 * k
        course.times_s += [start_s, start_s + 0.05]
        course.powers_w += [400.0, 100.0]
        pieces += [(0, start_s, start_s + 0.05), (1 + k % 4, start_s + 0.05, start_s + 0.1)]
    course.times_s.append(3.43)
    course.powers_w.append(course.idle_w)
    found = curve(polled(course, 6.0))
    assert found is not None
    ledger = apportion(found, pieces, 5, 0.5, 5.0)
    assert abs(float(ledger.energy_j[0]) - 400 * 0.05 * 24) > 170
    for owner, truth_j in enumerate((480.0, 30.0, 30.0, 30.0, 30.0)):
        assert abs(float(ledger.energy_j[owner]) - truth_j) < 1.96 * ledger.doubts[owner].uncertainty_j
    assert ledger.busy_doubt.uncertainty_j < 2


def test_what_one_of_two_may_have_drawn_the_other_may_not() -> None:
    """100 W for most of each interval, and 400 W for the rest of it: time is no measure of what each drew."""
    course, pieces = Course(), []
    for k in range(10):
        start_s = 1.03 + 0.1 * k
        course.times_s += [start_s, start_s + 0.08]
        course.powers_w += [100.0, 400.0]
        pieces += [(0, start_s, start_s + 0.08), (1, start_s + 0.08, start_s + 0.1)]
    course.times_s.append(2.03)
    course.powers_w.append(course.idle_w)
    found = curve(polled(course, 5.0, domain=replace(GPU, max_power_w=700)))
    assert found is not None
    ledger = apportion(found, pieces, 2, 0.5, 4.0)
    long, short = (doubt.uncertainty_j for doubt in ledger.doubts)
    assert long == pytest.approx(short, rel=0.01)
    assert abs(float(ledger.energy_j[0]) - 80.0) < 1.96 * long


def test_what_divides_within_a_group_casts_no_doubt_on_the_group() -> None:
    found, pieces = in_fixed_proportions(3.0)
    ledger = apportion(found, pieces, 2, 0.5, 4.5, groups=[[0], [0, 1]])
    alone, together = ledger.doubts
    assert together.repeated_j < 0.01 * alone.repeated_j
    assert together.uncertainty_j < 0.05 * alone.uncertainty_j


@pytest.mark.parametrize("noise", [0.005, 0.02])
@pytest.mark.parametrize("duration_s", [0.02, 0.1, 0.7])
def test_few_quiet_ticks_around_a_call_still_give_an_interval_that_holds(noise: float, duration_s: float) -> None:
    held = 0
    for seed in range(200):
        generator = random.Random(seed)
        start_s, course = 3 + generator.random(), Course()
        course.pulse(start_s, duration_s, 600)
        end_s = start_s + duration_s
        found = curve(polled(course, end_s + 0.45, phase_s=generator.random() * 0.1, noise=noise, seed=seed))
        assert found is not None
        ledger = apportion(found, [(0, start_s, end_s)], 1, start_s - 0.35, end_s + 0.05)
        error_j = float(ledger.energy_j[0]) - course.energy_j(start_s, end_s)
        held += abs(error_j) <= 1.96 * ledger.doubts[0].uncertainty_j
    assert held / 200 > 0.92


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("amid", [False, True])
@pytest.mark.parametrize("duration_s", [0.01, 0.1])
def test_a_poller_that_was_not_let_run_at_an_edge_of_a_call_loses_no_joules(
    noise: float, amid: bool, duration_s: float
) -> None:
    errors_j, held = [], 0
    for seed in range(150):
        generator = random.Random(seed)
        phase_s, start_s = generator.random() * 0.1, 3 + generator.random() * 0.1
        course = Course()
        course.pulse(start_s, duration_s, 600)
        from_s = start_s + generator.choice((0.0, duration_s)) + generator.uniform(-0.3, 0.1)
        away = [(from_s, from_s + generator.uniform(0.05, 0.4))]
        found = curve(polled(course, 6.0, phase_s=phase_s, poll_s=0.033, noise=noise, seed=seed, away=away, amid=amid))
        assert found is not None
        ledger = apportion(found, [(0, start_s, start_s + duration_s)], 1, 0.5, float(found.times_s[-1]))
        errors_j.append(float(ledger.energy_j[0]) - 600 * duration_s)
        held += abs(errors_j[-1]) <= 1.96 * ledger.doubts[0].uncertainty_j
    assert held / 150 > 0.92
    assert max(map(abs, errors_j)) < 15, "a tick put a period too early takes 53 J and more from a call"
