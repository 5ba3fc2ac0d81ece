"""Formulas: one definition gives the central value, the draws, what was used, and what to find out next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from energyprof.footprint.draws import DRAWS
from energyprof.footprint.factor import Factor, given
from energyprof.footprint.formula import central, draws, is_exact, uncertainty, used, with_overrides


def normal(id, value, low, high):
    return Factor(id, value, low, high, "ratio", "normal", "s", 2020, None, "MIT")


A, B = normal("a", 10.0, 9.0, 11.0), normal("b", 20.0, 16.0, 24.0)
BOUNDED = Factor("c", 3.0, 2.0, 5.0, "ratio", "triangular", "s", 2020, None, "MIT")


def test_a_formula_says_what_it_used_and_what_it_is_worth():
    def formula(pick):
        return pick(A) * pick(B) + pick(A)

    assert used(formula) == [A, B]
    assert central(formula) == 210.0
    assert not is_exact(formula)
    assert is_exact(lambda pick: pick(given("x", 2.0, "ratio")))


def test_a_sum_of_normals_has_the_interval_and_the_shares_of_its_closed_form():
    """Half-widths 1 and 4 add in quadrature; variances stand as 1 to 16."""
    found = uncertainty(lambda pick: pick(A) + pick(B))
    assert found.median == pytest.approx(30, rel=0.005)
    assert (found.low, found.high) == pytest.approx((30 - 17**0.5, 30 + 17**0.5), rel=0.01)
    assert (found.p5, found.p95) == pytest.approx((30 - 17**0.5 * 0.8392, 30 + 17**0.5 * 0.8392), rel=0.01)
    assert [share.factor.id for share in found.shares] == ["b", "a"]
    assert [share.fraction for share in found.shares] == pytest.approx([16 / 17, 1 / 17], abs=0.03)


def test_what_two_results_share_cancels_in_their_ratio():
    def ratio(pick):
        return (5 * pick(A) * pick(B)) / (2 * pick(A) * pick(B))

    assert set(np.round(draws(ratio), 12)) == {2.5}
    assert uncertainty(ratio).shares[0].fraction == 0.0


def test_the_worst_corner_takes_each_factor_at_its_own_bad_end():
    found = uncertainty(lambda pick: pick(A) * pick(B) / pick(BOUNDED))
    assert found.worst_low == pytest.approx(9 * 16 / 5)
    assert found.worst_high == pytest.approx(11 * 24 / 2)
    assert found.worst_low < found.low < found.high < found.worst_high


def test_an_override_stands_in_for_the_factor_of_its_id_everywhere():
    mine = replace(given("a", 7.0, "ratio"), source="my meter")
    formula = with_overrides(lambda pick: pick(A) + pick(B), [mine])
    assert central(formula) == 27.0
    assert used(formula) == [mine, B]
    assert [share.factor.id for share in uncertainty(formula).shares] == ["b"]


def test_an_exact_result_has_draws_without_spread_and_no_shares():
    found = uncertainty(lambda pick: pick(given("x", 4.0, "J")) * 2)
    assert (found.low, found.median, found.high, found.worst_low, found.worst_high) == (8.0,) * 5
    assert found.shares == ()
    assert draws(lambda pick: 1.0).shape == (DRAWS,)


def test_a_normal_factor_may_cross_zero():
    net = normal("net", 0.5, -1.5, 2.5)
    found = uncertainty(lambda pick: pick(net))
    assert (found.low, found.high) == pytest.approx((-1.5, 2.5), abs=0.06)
