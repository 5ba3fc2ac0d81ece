"""Water of generation against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from energyprof.footprint.draws import interval95
from energyprof.footprint.factor import shipped_factors
from energyprof.footprint.formula import central, draws
from energyprof.footprint.mix import Mix, country_mix, shares_of
from energyprof.footprint.water import hydro_factor, water_intensity, withdrawal_intensity


def value(intensity, *, hydro=False):
    return central(intensity.formula(hydro_factor() if hydro else None))


def mix_of(percents, region="Western Europe"):
    return Mix("TST", "Test", region, shares_of(percents, "TST"), "test", 2024, None, "MIT")


def test_nuclear_in_western_europe_by_hand():
    """Once-through 22.16 % x 1.0 + tower 72.3 % x 2.5; 5.54 % sea water counts as none."""
    assert value(water_intensity(mix_of({"nuclear": 100}))) == pytest.approx(0.2216 * 1.0 + 0.723 * 2.5)


def test_us_coal_and_gas_by_hand():
    coal = 0.3592 * 1.0 + 0.4833 * 2.6 + 0.1347 * 2.1 + 0.0028 * 0.0076
    gas = 0.0343 * 0.4 + 0.7121 * 0.8 + 0.0672 * 0.9 + 0.1099 * 0.0076
    intensity = water_intensity(mix_of({"coal": 25, "gas": 75}, "USA"))
    assert value(intensity) == pytest.approx(0.25 * coal + 0.75 * gas)


def test_oil_biomass_and_the_rest_by_hand():
    oil = 0.2216 * 0.9 + 0.695636538 * 3.1 + 0.027363462 * 0.0076
    biomass = 0.2216 * 1.1356 + 0.695636538 * 2.0933 + 0.027363462 * 0.0076
    percents = {"oil": 20, "bioenergy": 20, "solar": 20, "wind": 20, "other_renewables": 20}
    expected = 0.2 * (oil + biomass + 0.0038 + 0.0 + 0.0568)
    assert value(water_intensity(mix_of(percents))) == pytest.approx(expected)


def test_hydropower_is_a_scenario_that_adds_no_spread():
    intensity = water_intensity(mix_of({"hydro": 40, "nuclear": 60}))
    assert hydro_factor().value == 17
    assert value(intensity, hydro=True) == pytest.approx(value(intensity) + 0.4 * 17)
    assert draws(intensity.formula(hydro_factor())) - draws(intensity.formula(None)) == pytest.approx(
        np.full(10_000, 6.8)
    )


def test_all_hydropower_consumes_nothing_unless_its_reservoirs_count():
    intensity = water_intensity(mix_of({"hydro": 100}))
    assert value(intensity) == 0
    assert value(intensity, hydro=True) == 17
    assert set(draws(intensity.formula(None))) == {0.0}


def test_a_mix_without_range_is_as_wide_as_the_judged_1_3():
    """Geothermal is one number in the source, so that nothing but the judged widening is left."""
    intensity = water_intensity(mix_of({"other_renewables": 100}))
    assert interval95(draws(intensity.formula(None))) == pytest.approx((0.0568 / 1.3, 0.0568 * 1.3), rel=0.02)


def test_the_range_holds_the_value_and_the_draws_agree_with_it():
    for name in ("FRA", "USA", "DEU", "IND", "SWE", "CHN", "POL", "WORLD"):
        factor = water_intensity(country_mix(name)).factor()
        assert factor.low < factor.value < factor.high
        assert factor.distribution == "composite"
        assert factor.year == country_mix(name).year


@pytest.mark.parametrize(
    ("country", "published"), [("FRA", 3.67), ("USA", 3.14), ("DEU", 1.95), ("IND", 3.44), ("SWE", 6.03)]
)
def test_water_with_hydro_comes_within_45_percent_of_the_published(country, published):
    """World Resources Institute 2020, reservoirs included; the reasons stand in docs/footprint.md."""
    assert value(water_intensity(country_mix(country)), hydro=True) == pytest.approx(published, rel=0.45)


def test_withdrawal_by_hand():
    """Once-through 22.16 % x 167.88 + tower 72.3 % x 4.17; 5.54 % sea water counts as none."""
    nuclear = withdrawal_intensity(mix_of({"nuclear": 100}))
    assert value(nuclear) == pytest.approx(0.2216 * 167.88 + 0.723 * 4.17)
    assert nuclear.id == "withdrawal.grid.TST"
    coal = 0.3592 * 137.5997 + 0.4833 * 3.8043 + 0.1347 * 46.2767 + 0.0028 * 0.0076
    assert value(withdrawal_intensity(mix_of({"coal": 100}, "USA"))) == pytest.approx(coal)


def test_more_is_withdrawn_than_consumed_and_hydropower_withdraws_nothing():
    for name in ("FRA", "USA", "DEU", "IND", "SWE", "CHN", "POL", "WORLD"):
        mix = country_mix(name)
        assert value(withdrawal_intensity(mix)) > value(water_intensity(mix))
    hydro = withdrawal_intensity(mix_of({"hydro": 100}))
    assert value(hydro, hydro=True) == 0
    assert "withdrawal" in hydro.factor().note


def test_every_technology_that_consumes_also_has_a_withdrawal():
    consumed = {id.removeprefix("water.") for id in shipped_factors("tech_water.csv")} - {"hydro"}
    assert consumed == {id.removeprefix("withdrawal.") for id in shipped_factors("tech_withdrawal.csv")}
