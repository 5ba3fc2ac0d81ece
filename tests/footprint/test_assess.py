"""Footprints against closed forms, a published figure, and what independent draws would give."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from energyprof.footprint.assess import assess, over_grids
from energyprof.footprint.draws import factor_draws, interval95, split_normal_draws
from energyprof.footprint.factor import given
from energyprof.footprint.formula import central
from energyprof.footprint.grid import find
from energyprof.footprint.mix import country_mix
from energyprof.footprint.rate import rates
from energyprof.footprint.ratio import footprint_ratio
from energyprof.footprint.site import Site
from energyprof.footprint.water import cooling_shares, hydro_factor, water_intensity
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity, unknown

KWH = 3.6e6


def exactly(value, unit="J"):
    return Quantity(value, value, value, unit, "measured")


def test_one_kwh_in_france_by_hand():
    footprint = assess(exactly(KWH), Site("FRA", pue=1.2, wue_l_per_kwh=0.3))
    intensity = water_intensity(find("FRA").mix)
    ewif, with_hydro = (central(intensity.formula(hydro)) for hydro in (None, hydro_factor()))
    assert footprint.co2e.value == pytest.approx(1.2 * 56.039)
    assert footprint.water_onsite.value == pytest.approx(0.3)
    assert footprint.water_offsite.value == pytest.approx(1.2 * ewif)
    assert footprint.water.value == pytest.approx(0.3 + 1.2 * ewif)
    assert footprint.water_with_hydro.value == pytest.approx(0.3 + 1.2 * with_hydro)
    assert (footprint.co2e.unit, footprint.water.unit) == ("g", "L")


def test_wue_is_per_kwh_of_the_computers_and_not_inflated_by_pue():
    low, high = (assess(exactly(KWH), Site("FRA", pue=pue, wue_l_per_kwh=1)) for pue in (1.0, 2.0))
    assert low.water_onsite == high.water_onsite
    assert high.water_offsite.value == pytest.approx(2 * low.water_offsite.value)


def test_googles_median_prompt_is_rebuilt_from_its_parts():
    """Elsworth et al. 2025: 0.14 + 0.06 + 0.02 Wh, PUE 1.09, 94 g/kWh, WUE 1.15: 0.24 Wh, 0.03 g, 0.26 mL."""
    it_wh = 0.14 + 0.06 + 0.02
    footprint = assess(exactly(it_wh * 3600), Site(94, pue=1.09, wue_l_per_kwh=1.15))
    assert it_wh * 1.09 == pytest.approx(0.24, abs=0.005)
    assert footprint.co2e.value == pytest.approx(0.0226, abs=0.0001)
    assert footprint.co2e.value + 0.010 == pytest.approx(0.03, abs=0.005)
    assert footprint.water_onsite.value * 1000 == pytest.approx(0.253)
    assert footprint.water_onsite.value * 1000 == pytest.approx(0.26, abs=0.01)


def test_the_two_intervals_have_their_own_meaning():
    """Repeatability: the energy's times the central factors. Total: the factors' ranges and the calibration too."""
    energy = Quantity(KWH, 0.99 * KWH, 1.01 * KWH, "J", "measured", total_low=0.95 * KWH, total_high=1.05 * KWH)
    co2e = assess(energy, Site("IND")).co2e
    intensity = find("IND").intensity
    assert (co2e.low, co2e.high) == pytest.approx((0.99 * intensity.value, 1.01 * intensity.value))
    assert co2e.total_low == pytest.approx(intensity.value * (1 - np.hypot(0.1, 0.05)), rel=0.01)
    assert co2e.total_high == pytest.approx(intensity.value * (1 + np.hypot(0.2, 0.05)), rel=0.01)


def test_an_exact_energy_has_the_range_of_the_grid():
    co2e, intensity = assess(exactly(KWH), Site("FRA")).co2e, find("FRA").intensity
    assert (co2e.low, co2e.high) == (co2e.value, co2e.value)
    assert (co2e.total_low, co2e.total_high) == pytest.approx((intensity.low, intensity.high), rel=0.03)


def test_a_given_intensity_has_no_range_of_its_own():
    energy = Quantity(100.0, 90.0, 115.0, "J", "measured", total_low=80.0, total_high=120.0)
    co2e = assess(energy, Site(360)).co2e
    assert (co2e.low, co2e.value, co2e.high) == pytest.approx((0.009, 0.010, 0.0115))
    assert (co2e.total_low, co2e.total_high) == pytest.approx((0.008, 0.012))
    assert co2e.basis == "assumed"


@pytest.mark.parametrize("grid", ["FRA", "BTN", "ISL", "WORLD"])
def test_the_total_interval_holds_the_repeatability(grid):
    footprint = assess(Quantity(100.0, 90.0, 115.0, "J", "measured"), Site(grid, wue_l_per_kwh=1.0))
    for quantity in (footprint.co2e, footprint.water, footprint.water_offsite, footprint.water_with_hydro):
        assert quantity.total_low <= quantity.low <= quantity.value <= quantity.high <= quantity.total_high


def test_an_energy_without_an_interval_gives_a_footprint_without_one():
    co2e = assess(Quantity(KWH, None, None, "J", "measured"), Site("FRA")).co2e
    assert co2e.value == pytest.approx(56.039)
    assert co2e.outer() == (None, None)


def test_an_energy_of_a_single_trial_has_no_total_interval_either():
    energy = Quantity(KWH, None, None, "J", "measured", total_low=0.95 * KWH, total_high=1.05 * KWH)
    for site in (Site("FRA"), Site(56.0)):
        co2e = assess(energy, site).co2e
        assert (co2e.low, co2e.high, co2e.total_low, co2e.total_high) == (None, None, None, None)


def test_the_same_question_has_the_same_answer():
    energy = Quantity(10.0, 9.0, 12.0, "J", "measured")
    assert assess(energy, Site("DEU")) == assess(energy, Site("DEU"))


def test_the_basis_is_that_of_the_weakest_part():
    measured = assess(exactly(1.0), Site("FRA"))
    assert (measured.co2e.basis, measured.water_offsite.basis) == ("estimated", "estimated")
    assert assess(exactly(1.0), Site("FRA", pue=1.1)).co2e.basis == "assumed"
    with_wue = assess(exactly(1.0), Site("FRA", wue_l_per_kwh=0.2))
    assert (with_wue.co2e.basis, with_wue.water.basis) == ("estimated", "assumed")


def test_a_wue_that_nobody_gave_is_assumed_to_be_0():
    footprint = assess(exactly(KWH), Site("FRA"))
    assert (footprint.water_onsite.value, footprint.water_onsite.basis) == (0.0, "assumed")
    assert footprint.water.basis == "assumed"
    [wue] = [factor for factor in footprint.factors if factor.id == "site.wue"]
    assert wue.source.startswith("assumed")


def test_joules_per_token_become_grams_per_token():
    footprint = assess(exactly(2.0, "J/token"), Site("FRA"))
    assert (footprint.co2e.unit, footprint.water_onsite.unit) == ("g/token", "L/token")


@pytest.mark.parametrize("unit", ["kWh", "W", "Joule", "", "ratio"])
def test_anything_but_joules_is_refused(unit):
    with pytest.raises(InvalidValue, match="starts from joules"):
        assess(exactly(1.0, unit), Site("FRA"))


def test_no_grid_means_unknown_with_the_way_to_set_one():
    footprint = assess(exactly(1.0), Site(None, wue_l_per_kwh=1.8))
    for quantity in (footprint.co2e, footprint.water, footprint.water_offsite, footprint.water_with_hydro):
        assert quantity.value is None
        assert "--grid FRA" in quantity.reason
    assert footprint.water_onsite.value == pytest.approx(1.8 / KWH)
    assert [factor.id for factor in footprint.factors] == ["site.pue", "site.wue"]
    assert "no grid given" in footprint.boundary


def test_a_bare_number_has_carbon_but_no_known_water():
    footprint = assess(exactly(KWH), Site(94))
    assert footprint.co2e.value == pytest.approx(94)
    assert footprint.water.value is None
    assert "name a country" in footprint.water.reason
    assert [factor.id for factor in footprint.factors] == ["grid.given", "site.pue", "site.wue"]


@pytest.mark.parametrize("grid", [None, "FRA", 94])
def test_an_unknown_energy_has_an_unknown_footprint_for_the_same_reason(grid):
    footprint = assess(unknown("J", "below resolution", "measured"), Site(grid))
    for quantity in (footprint.co2e, footprint.water, footprint.water_onsite, footprint.water_with_hydro):
        assert (quantity.value, quantity.low, quantity.high) == (None, None, None)
        assert quantity.reason == "below resolution"


def test_a_bound_on_the_energy_bounds_the_footprint():
    co2e = assess(unknown("J", "below resolution", "measured", at_most=KWH), Site(94)).co2e
    assert (co2e.value, co2e.high) == (None, pytest.approx(94))


def test_no_energy_has_no_footprint():
    footprint = assess(exactly(0.0), Site("FRA"))
    assert (footprint.co2e.value, footprint.co2e.total_high) == (0, 0)


def test_a_net_energy_below_zero_stays_below_zero():
    co2e = assess(Quantity(-1.0, -2.0, 1.0, "J", "measured"), Site("DEU")).co2e
    assert co2e.total_low < co2e.value < 0 < co2e.total_high


def test_every_factor_is_named_with_its_source():
    factors = assess(exactly(1.0), Site("US-CA", pue=1.1, wue_l_per_kwh=0.4)).factors
    ids = [factor.id for factor in factors]
    assert ids[:4] == ["grid.US-CA", "site.pue", "site.wue", "water.grid.USA"]
    assert {"water.hydro", "water.coal.tower", "water.gas_cc.dry"} < set(ids)
    assert len(ids) == len(set(ids))
    assert all(factor.source for factor in factors)
    assert all(factor.year for factor in factors if factor.source != "given by the user")
    assert "not of the state" in factors[3].note


def test_the_boundary_says_what_the_number_counts():
    assert "direct" in assess(exactly(1.0), Site("US-CA")).boundary
    assert "embodied" in assess(exactly(1.0), Site("FRA")).boundary
    assert "with evaporation" in assess(exactly(1.0), Site("FRA", hydro_l_per_kwh=17)).boundary


def test_the_hydro_scenario_of_the_site_moves_the_headline():
    without, counted = assess(exactly(KWH), Site("SWE")), assess(exactly(KWH), Site("SWE", hydro_l_per_kwh=17))
    assert without.water_with_hydro == counted.water_with_hydro == counted.water
    assert counted.water.value > 5 * without.water.value


def test_several_grids_show_the_spread_and_keep_the_building():
    footprints = dict(over_grids(exactly(KWH), Site(None, pue=1.5)))
    assert list(footprints) == ["SWE", "FRA", "DEU", "USA", "CHN", "IND", "POL", "WORLD"]
    assert footprints["FRA"].co2e.value == pytest.approx(1.5 * 56.039)
    assert footprints["IND"].co2e.value / footprints["SWE"].co2e.value > 15
    assert all(footprint.water.value > 0 for footprint in footprints.values())


LARGE = Quantity(3.0 * 3600, 2.94 * 3600, 3.06 * 3600, "J", "measured")
SMALL = Quantity(0.4 * 3600, 0.395 * 3600, 0.405 * 3600, "J", "measured")
RELATIVE = np.hypot(0.06 / 3.0, 0.005 / 0.4)
RATIO = Quantity(7.5, 7.5 * (1 - RELATIVE), 7.5 * (1 + RELATIVE), "ratio", "measured")


def drawn_ratio(large_seed, small_seed):
    """3.0 against 0.4 Wh on the US grid, each with draws of the intensity from the stream of its seed."""
    intensity = find("USA").intensity
    large = split_normal_draws("large", LARGE.value, LARGE.low, LARGE.high) * factor_draws(intensity, seed=large_seed)
    small = split_normal_draws("small", SMALL.value, SMALL.low, SMALL.high) * factor_draws(intensity, seed=small_seed)
    return interval95(large / small)


def test_shared_factors_cancel_in_a_ratio():
    """As tight as the two energies are, which drawing every factor once for both sides gives as well."""
    ratio = footprint_ratio(RATIO, Site("USA", pue=1.14, wue_l_per_kwh=0.36))
    assert ratio.co2e == ratio.water == RATIO
    assert drawn_ratio(1, 1) == pytest.approx((ratio.co2e.low, ratio.co2e.high), rel=0.005)


def test_independent_draws_would_hide_the_difference_that_shared_ones_show():
    """The same two energies, each with an intensity of its own drawing: six times as wide."""
    low, high = drawn_ratio(1, 2)
    assert low < 6.2 < 7.3 < RATIO.low < RATIO.high < 7.7 < 9.0 < high
    assert (high - low) > 6 * (RATIO.high - RATIO.low)


def test_the_ratio_of_two_assessed_footprints_is_the_shared_one():
    site = Site("POL", pue=1.3)
    by_hand = assess(LARGE, site).water.value / assess(SMALL, site).water.value
    assert footprint_ratio(RATIO, site).water.value == pytest.approx(by_hand)


@pytest.mark.parametrize("grid", [None, 94])
def test_a_ratio_needs_no_grid_since_it_cancels(grid):
    assert footprint_ratio(RATIO, Site(grid)).co2e == RATIO
    assert footprint_ratio(RATIO, Site(grid)).water == RATIO


def test_a_ratio_of_nothing_is_unknown():
    bhutan = footprint_ratio(RATIO, Site("BTN"))
    assert bhutan.co2e == RATIO
    assert bhutan.water.value is None
    assert bhutan.water.reason


def test_a_ratio_of_unknown_energies_says_why():
    missing = unknown("ratio", "the worker crashed")
    assert footprint_ratio(missing, Site("FRA")).co2e == missing


CHECK_IMPORTS = """
import sys
from energyprof.footprint.site import Site
site = Site("FRA")
assert "numpy" not in sys.modules, "numpy was loaded to describe a site"
from energyprof.footprint.assess import assess, over_grids
from energyprof.model.quantity import Quantity
assess(Quantity(1.0, 0.9, 1.1, "J", "measured"), site)
over_grids(Quantity(1.0, 0.9, 1.1, "J", "measured"), site)
heavy = {"pandas", "codecarbon", "torch", "matplotlib", "scipy", "pynvml"} & set(sys.modules)
assert not heavy, heavy
"""


def test_assessing_loads_neither_pandas_nor_codecarbon():
    finished = subprocess.run([sys.executable, "-c", CHECK_IMPORTS], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_the_users_factor_takes_the_place_of_the_shipped_one_and_is_named():
    mine = replace(given("grid.FRA", 40.0, "g/kWh"), low=36.0, high=44.0, distribution="normal")
    footprint = assess(exactly(KWH), Site("FRA", factors=(mine,)))
    assert footprint.co2e.value == pytest.approx(40)
    assert (footprint.co2e.total_low, footprint.co2e.total_high) == pytest.approx((36, 44), rel=0.01)
    assert footprint.factors[0] == mine
    assert assess(exactly(KWH), Site("FRA")).co2e.value == pytest.approx(56.039)


def test_the_users_litres_of_a_technology_change_the_grids_water():
    dry = given("water.nuclear.tower", 0.0, "L/kWh")
    footprint, before = (assess(exactly(KWH), Site("FRA", factors=factors)) for factors in ((dry,), ()))
    mix = country_mix("FRA")
    saved = mix.share("nuclear") * cooling_shares(mix.cooling_region, "nuclear")["tower"] * 2.5
    assert before.water.value - footprint.water.value == pytest.approx(saved)
    [composite] = [factor for factor in footprint.factors if factor.id == "water.grid.FRA"]
    assert composite.value == pytest.approx(footprint.water.value)


def test_the_users_litres_of_a_whole_grid_take_the_place_of_all_technologies():
    footprint = assess(exactly(KWH), Site("FRA", factors=(given("water.grid.FRA", 1.7, "L/kWh"),)))
    assert footprint.water.value == pytest.approx(1.7)
    assert footprint.water_with_hydro.value == pytest.approx(1.7 + country_mix("FRA").share("hydro") * 17)
    ids = [factor.id for factor in footprint.factors if "withdrawal" not in factor.id]
    assert ids == ["grid.FRA", "site.pue", "site.wue", "water.grid.FRA", "range.cooling", "water.hydro"]


@pytest.mark.parametrize(
    ("figure", "grid", "factor"),
    [
        ("co2e", "FRA", given("grid.FRA", 60.0, "g/kWh")),
        ("water", "FRA", given("water.nuclear.tower", 2.0, "L/kWh")),
        ("water_offsite", "FRA", given("water.grid.FRA", 2.0, "L/kWh")),
        ("water_withdrawn", "FRA", given("withdrawal.grid.FRA", 2.0, "L/kWh")),
        ("electricity", "US-CA", given("price.US-CA", 0.5, "USD/kWh")),
    ],
)
def test_a_rate_on_a_users_number_is_assumed(figure, grid, factor):
    assert getattr(rates(Site(grid, factors=(factor,))), figure).basis == "assumed"
    assert getattr(rates(Site(grid)), figure).basis == ("assumed" if figure == "water" else "estimated")
