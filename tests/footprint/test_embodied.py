"""Embodied carbon against the closed form of its rule."""

from __future__ import annotations

import numpy as np
import pytest

from energyprof.footprint.device import find, given_device
from energyprof.footprint.embodied import (
    SECONDS_PER_YEAR,
    Holding,
    embodied_g,
    embodied_g_per_s,
    embodied_water,
    rule,
)
from energyprof.footprint.factor import given
from energyprof.footprint.formula import central, draws, uncertainty, used, with_overrides
from energyprof.model.errors import InvalidValue

HOUR = given("task.occupied", 3600.0, "s")
H100 = find("h100-sxm")


def test_the_rule_in_numbers():
    """273 kg over 4.5 years of 8760 h, in use 70 % of them: 27,594 hours."""
    assert central(embodied_g([Holding(H100)], HOUR)) == pytest.approx(273_000 / (4.5 * 8760 * 0.7))


def test_a_laptop_in_use_two_thousand_hours_a_year_costs_thirty_grams_an_hour():
    assert central(embodied_g([Holding(find("laptop"))], HOUR)) == pytest.approx(241_000 / (4 * 8760 * 0.23))


def test_shares_and_several_devices_add():
    both = [Holding(H100), Holding(find("server"), share=0.125)]
    card, host = embodied_g([both[0]], HOUR), embodied_g([Holding(find("server"))], HOUR)
    assert central(embodied_g(both, HOUR)) == pytest.approx(central(card) + central(host) / 8)
    assert central(embodied_g([Holding(H100, share=8)], HOUR)) == pytest.approx(8 * central(card))


def test_no_hardware_is_no_embodied_carbon():
    assert central(embodied_g([], HOUR)) == 0


def test_grams_grow_with_the_time_held_not_with_the_time_busy():
    rate = central(embodied_g_per_s([Holding(H100)]))
    assert central(embodied_g([Holding(H100)], given("task.occupied", 60.0, "s"))) == pytest.approx(60 * rate)


def test_it_uses_each_factor_once_and_names_it():
    assert sorted(factor.id for factor in used(embodied_g([Holding(H100)], HOUR))) == [
        "active.datacentre",
        "device.h100-sxm",
        "lifetime.datacentre",
        "task.occupied",
    ]


def test_the_worst_corner_is_a_heavy_device_that_lives_short_and_is_used_little():
    found = uncertainty(embodied_g([Holding(H100)], HOUR))
    assert found.worst_high == pytest.approx(464_000 / (3 * 8760 * 0.5))
    assert found.worst_low == pytest.approx(164_000 / (6 * 8760 * 1.0))
    assert found.worst_low < found.low < found.median < found.high < found.worst_high
    assert found.shares[0].factor.id == "device.h100-sxm"


def test_two_variants_on_one_device_differ_by_their_time_alone():
    short, long = given("a", 10.0, "s"), given("b", 70.0, "s")
    ratio = draws(lambda pick: embodied_g([Holding(H100)], long)(pick) / embodied_g([Holding(H100)], short)(pick))
    assert set(np.round(ratio, 9)) == {7.0}


def test_a_users_lifetime_stands_in():
    mine = given("lifetime.datacentre", 6.0, "years")
    formula = with_overrides(embodied_g([Holding(H100)], HOUR), [mine])
    assert central(formula) == pytest.approx(273_000 / (6 * 8760 * 0.7))


def test_the_rule_is_a_sentence_with_its_numbers():
    sentence = rule(Holding(H100, share=0.5), 4 * 3600.0)
    for part in ("273 kgCO2e (164-464)", "4.5 years (3-6)", "27594 hours", "share 0.5", "14400 s", "20 g", "cradle to"):
        assert part in sentence
    assert "500 kgCO2e spread" in rule(Holding(given_device(500)), 1.0)


def test_the_rule_tells_a_users_numbers_where_they_are_what_was_reckoned_with():
    mine = [given("device.h100-sxm", 546.0, "kgCO2e"), given("lifetime.datacentre", 6.0, "years")]
    sentence = rule(Holding(H100), 4 * 3600.0, mine)
    grams = 4 * 546_000 / (6 * 8760 * 0.7)
    for part in ("546 kgCO2e spread", "over 6 years x", "36792 hours", f"{grams:.0f} g"):
        assert part in sentence


def test_embodied_water_is_unknown_and_says_why():
    water = embodied_water()
    assert water.value is None
    assert "not modelled" in water.reason


@pytest.mark.parametrize("share", [0, -1, float("nan"), float("inf")])
def test_a_share_that_cannot_be_is_refused(share):
    with pytest.raises(InvalidValue, match="cannot be held"):
        Holding(H100, share)


def test_a_year_has_8760_hours():
    assert SECONDS_PER_YEAR == 8760 * 3600
