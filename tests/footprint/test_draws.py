"""Draws: repeatable, shared by id, and distributed as the factor says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from energyprof.footprint.draws import DRAWS, factor_draws, interval95, split_normal_draws
from energyprof.footprint.factor import Factor, given

LOGNORMAL = Factor("a", 100, 50, 130, "g/kWh", "lognormal", "s", 2020, None, "MIT")
TRIANGULAR = Factor("b", 2.6, 1.8, 4.2, "L/kWh", "triangular", "s", 2020, None, "MIT")


def test_the_same_factor_gives_the_same_draws_and_another_id_others():
    assert np.array_equal(factor_draws(LOGNORMAL), factor_draws(replace(LOGNORMAL)))
    other = factor_draws(replace(LOGNORMAL, id="c"))
    assert abs(np.corrcoef(factor_draws(LOGNORMAL), other)[0, 1]) < 0.05


def test_draws_do_not_change_from_release_to_release():
    """PCG64 and the stream's key are fixed: published intervals can be derived again."""
    assert factor_draws(LOGNORMAL)[:3] == pytest.approx([111.881360627, 99.457633470, 109.056543762], rel=1e-9)


def test_a_split_lognormal_has_its_median_and_95_percent_where_it_says():
    draws = factor_draws(LOGNORMAL)
    assert len(draws) == DRAWS
    assert np.median(draws) == pytest.approx(100, rel=0.02)
    assert interval95(draws) == pytest.approx((50, 130), rel=0.03)
    below = draws[draws < 100]
    sigma = math.log(2) / 1.959963984540054
    assert stats.kstest(-np.log(below / 100) / sigma, stats.halfnorm.cdf).pvalue > 0.001


def test_a_triangular_factor_follows_its_closed_form():
    low, mode, high = TRIANGULAR.low, TRIANGULAR.value, TRIANGULAR.high
    draws = factor_draws(TRIANGULAR)
    reference = stats.triang((mode - low) / (high - low), loc=low, scale=high - low)
    assert stats.kstest(draws, reference.cdf).pvalue > 0.001
    assert draws.mean() == pytest.approx((low + mode + high) / 3, rel=0.01)


def test_an_exact_factor_has_no_spread():
    assert set(factor_draws(given("x", 3.0, "ratio"))) == {3.0}


def test_a_composite_factor_is_never_drawn_by_itself():
    with pytest.raises(ValueError, match="no draws of its own"):
        factor_draws(replace(LOGNORMAL, distribution="composite"))


def test_shared_draws_cannot_be_changed_by_one_who_holds_them():
    with pytest.raises(ValueError, match="read-only"):
        factor_draws(LOGNORMAL)[0] = 0


def test_an_energy_may_cross_zero_and_keeps_its_lopsided_interval():
    draws = split_normal_draws("e", 1.0, -1.0, 2.0)
    assert interval95(draws) == pytest.approx((-1.0, 2.0), abs=0.06)
    assert np.median(draws) == pytest.approx(1.0, abs=0.02)


def test_an_energy_with_no_width_is_one_number():
    assert set(split_normal_draws("e", 5.0, 5.0, 5.0)) == {5.0}
