"""The order of trials and the stopping rule, as pure functions of seeds and numbers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energyprof.analysis.statistics import mean
from energyprof.runner.schedule import (
    StoppingRule,
    block,
    contaminated,
    start_phase_s,
    steady,
    whole_requests,
)

RULE = StoppingRule(min_trials=10, max_trials=60, half_width=0.02)


@given(st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=9), st.integers(0, 99), st.integers(0, 99))
def test_a_block_holds_every_live_variant_exactly_once(live: set[str], seed: int, index: int) -> None:
    order = block(sorted(live), seed=seed, index=index)
    assert sorted(order) == sorted(live)


def test_the_order_is_a_function_of_seed_and_block_alone() -> None:
    assert block(["a", "b", "c", "d"], seed=3, index=7) == block(["d", "c", "b", "a"], seed=3, index=7)


def test_every_order_comes_up_equally_often() -> None:
    orders = [tuple(block(["a", "b", "c"], seed=0, index=index)) for index in range(6000)]
    for order in set(orders):
        assert orders.count(order) == pytest.approx(1000, abs=130)  # 4.5 standard deviations
    assert len(set(orders)) == 6


def test_another_seed_gives_another_sequence() -> None:
    sequences = {tuple(tuple(block("abcd", seed=seed, index=index)) for index in range(5)) for seed in range(20)}
    assert len(sequences) == 20


def test_start_phases_cover_one_counter_period_evenly() -> None:
    phases = [start_phase_s(seed=1, trial=trial, period_s=0.1) for trial in range(4000)]
    assert 0 <= min(phases) < 0.001
    assert 0.099 < max(phases) <= 0.1
    assert sum(phases) / len(phases) == pytest.approx(0.05, abs=0.002)


def test_checks_come_ever_more_rarely() -> None:
    assert RULE.checks() == [10, 15, 23, 35, 53, 60]


def test_with_as_many_trials_at_most_as_at_least_there_is_one_check() -> None:
    assert StoppingRule(3, 3, 0.02).checks() == [3]


def test_nothing_is_due_before_the_first_check_and_between_checks() -> None:
    due = [trials for trials in range(1, 61) if RULE.is_due(trials - 1, trials)]
    assert due == [10, 15, 23, 35, 53, 60]


def test_a_check_that_two_trials_at_once_have_passed_is_due() -> None:
    assert RULE.is_due(14, 16)


def test_a_narrow_interval_stops_a_variant_and_says_how_narrow() -> None:
    assert RULE.reason_to_stop(10, 0.0123) == "interval of ±1.2% reached after 10 trials"


def test_a_wide_interval_goes_on_until_the_greatest_number_of_trials() -> None:
    assert RULE.reason_to_stop(53, 0.04) is None
    assert RULE.reason_to_stop(60, 0.04) == "60 trials done, with an interval of ±4.0%"


def test_without_any_energy_the_greatest_number_of_trials_ends_it() -> None:
    assert RULE.reason_to_stop(15, None) is None
    assert RULE.reason_to_stop(61, None) == "61 trials done, without an interval"


def _trials_until_stop(energies: list[float]) -> int:
    looked = 0
    for trials in range(1, len(energies) + 1):
        if RULE.is_due(looked, trials):
            looked = trials
            found = mean(energies[:trials])
            assert found.half_width is not None
            if RULE.reason_to_stop(trials, found.half_width / found.value) is not None:
                return trials
    raise AssertionError("the rule never stopped")


def test_steady_trials_stop_at_the_first_check_and_unsteady_ones_at_the_last() -> None:
    generator = Random(1)
    assert _trials_until_stop([generator.gauss(10, 0.05) for _ in range(60)]) == 10
    assert _trials_until_stop([generator.gauss(10, 3.0) for _ in range(60)]) == 60


def test_intervals_at_the_moment_of_stopping_still_cover_the_truth() -> None:
    """Looking at the data decides when to stop; with these rare checks coverage must stay above 93 %."""
    generator = Random(2)
    covered = 0
    for _ in range(1500):
        energies = [generator.gauss(1.0, 0.04) for _ in range(60)]
        found = mean(energies[: _trials_until_stop(energies)])
        assert found.half_width is not None
        covered += abs(found.value - 1.0) <= found.half_width
    assert covered / 1500 > 0.93


def test_requests_fill_whole_batches_and_one_at_least() -> None:
    assert [whole_requests(requests, 8) for requests in (0.3, 8, 11, 13, 800)] == [8, 8, 8, 16, 800]


def test_warm_up_ends_when_two_trials_differ_by_less_than_one_percent() -> None:
    assert not steady([1.0])
    assert not steady([1.0, 0.98])
    assert steady([1.3, 1.0, 0.995])


def test_a_twentieth_of_the_machine_used_by_others_contaminates_a_trial() -> None:
    limit_s = 0.05 * 1.0 * 2 + 0.02
    assert not contaminated(limit_s, duration_s=1.0, cores=2, resolution_s=0.02)
    assert contaminated(limit_s + 0.001, duration_s=1.0, cores=2, resolution_s=0.02)


def test_an_unknown_share_of_others_is_not_called_contaminated() -> None:
    assert not contaminated(None, duration_s=1.0, cores=2, resolution_s=0.02)
