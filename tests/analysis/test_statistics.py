"""Each statistic against a closed form or an independent library; degenerate input first."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from energyprof.analysis.statistics import Ratio, autocorrelation, autocorrelation_factor, bootstrap, mean, ratio, trend


def test_the_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean([])


def test_one_value_has_no_interval() -> None:
    assert mean([3.0]).half_width is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert mean([2.0] * 12).half_width == 0.0


def test_the_interval_of_a_mean_is_students() -> None:
    values = [9.8, 10.1, 10.0, 9.9, 10.3]
    low, high = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    found = mean(values)
    assert found.half_width == pytest.approx((high - low) / 2)


def test_trials_that_hang_together_widen_the_interval() -> None:
    values = [10.0, 10.0, 10.1, 10.2, 10.3, 10.4, 10.4, 10.5, 10.6, 10.6]
    rho = autocorrelation(values)
    assert rho is not None
    assert rho > 0.2
    assert autocorrelation_factor(values) == pytest.approx(math.sqrt((1 + rho) / (1 - rho)))
    assert mean(values).widened > 1


def test_a_ratio_of_equal_sides_is_one_and_its_interval_holds_it() -> None:
    found = ratio([10.0, 10.2, 9.9, 10.1], [10.1, 9.9, 10.0, 10.2])
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1 < found.high


def test_a_ratio_agrees_with_welchs_test_on_logarithms() -> None:
    left, right = [1.0, 1.1, 0.9, 1.05], [4.0, 4.4, 3.8, 4.1, 4.3]
    found = ratio(left, right)
    test = stats.ttest_ind(np.log(left), np.log(right), equal_var=False).confidence_interval()
    assert found is not None
    assert found.low == pytest.approx(math.exp(test.low))
    assert found.high == pytest.approx(math.exp(test.high))


def test_a_ratio_with_a_value_below_zero_is_unknown() -> None:
    assert ratio([1.0, -0.1], [1.0, 1.0]) is None
    assert ratio([], [1.0]) is None


def test_a_ratio_of_single_values_has_no_interval() -> None:
    found = ratio([2.0], [1.0])
    assert found is not None
    assert found == Ratio(2.0, None, None)


def test_a_steady_rise_is_a_trend_and_noise_is_not() -> None:
    assert trend([10 + 0.1 * k for k in range(12)]) == pytest.approx(1.1 / 10.55)
    assert trend([10, 9, 11, 10, 9, 11, 10, 9, 11, 10]) is None


def test_equal_values_have_no_trend() -> None:
    assert trend([1.0] * 10) is None


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(5, 1, 400)
    low, high = bootstrap(lambda draws: values[draws].mean(axis=1), 400)
    assert low == pytest.approx(values.mean() - 1.96 / 20, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 / 20, abs=0.02)


def test_students_interval_covers_the_mean_95_times_in_100() -> None:
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        found = mean(list(generator.normal(10, 0.3, 10)))
        assert found.half_width is not None
        held += abs(found.value - 10) <= found.half_width
    assert 0.92 <= held / 400 <= 0.99
