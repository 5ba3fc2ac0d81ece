"""An energy as factors: repeatability is its own, the gain of the sensor is shared by all that it measured."""

from __future__ import annotations

import numpy as np
import pytest

from energyprof.footprint.draws import interval95
from energyprof.footprint.energy import GAIN, energy_formula
from energyprof.footprint.formula import draws, uncertainty, used
from energyprof.model.quantity import Quantity, unknown

LARGE = Quantity(300.0, 297.0, 303.0, "J", "measured", total_low=285.0, total_high=315.0)
SMALL = Quantity(40.0, 39.6, 40.4, "J", "measured", total_low=38.0, total_high=42.0)


def test_the_two_factors_together_span_the_total_interval():
    formula = energy_formula(LARGE, "large")
    assert [factor.id for factor in used(formula)] == ["energy.large", GAIN]
    assert interval95(draws(formula)) == pytest.approx((285, 315), rel=0.003)


def test_the_gain_of_one_machine_cancels_between_two_energies_and_repeatability_does_not():
    large, small = energy_formula(LARGE, "large"), energy_formula(SMALL, "small")
    ratio = uncertainty(lambda pick: large(pick) / small(pick))
    half_width = 7.5 * np.hypot(0.01, 0.01)
    assert (ratio.low, ratio.high) == pytest.approx((7.5 - half_width, 7.5 + half_width), rel=0.003)
    assert {share.factor.id: round(share.fraction) for share in ratio.shares}[GAIN] == 0


def test_a_net_energy_below_zero_keeps_its_total_interval():
    net = Quantity(-1.0, -3.0, 1.0, "J", "measured", total_low=-4.0, total_high=2.0)
    assert interval95(draws(energy_formula(net, "net"))) == pytest.approx((-4, 2), abs=0.15)


def test_an_unknown_energy_is_no_formula_and_one_without_interval_is_exact():
    assert energy_formula(unknown("J", "nothing was measured"), "x") is None
    alone = energy_formula(Quantity(5.0, None, None, "J", "measured"), "x")
    assert set(draws(alone)) == {5.0}
