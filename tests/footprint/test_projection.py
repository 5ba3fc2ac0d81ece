"""Projections of a run whose joules, throughput and idle power are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cli.recorded import recorded
from report.synthetic import (
    all_estimated,
    gpu_and_cpu,
    hostile,
    nothing_measurable,
    one_failed,
    partly_estimated,
    without_quality,
)

from energyprof.analysis.compare import compare
from energyprof.footprint.cost import given_device_price, given_electricity_price
from energyprof.footprint.demand import Demand
from energyprof.footprint.device import find
from energyprof.footprint.embodied import Holding
from energyprof.footprint.factor import given
from energyprof.footprint.fleet_impact import Setting
from energyprof.footprint.formula import central
from energyprof.footprint.grid import find as find_grid
from energyprof.footprint.projection import project
from energyprof.footprint.site import Site
from energyprof.footprint.water import hydro_factor, water_intensity
from energyprof.model.errors import InvalidValue, NotMeasurable

HOURS = 8760
SITE = Site("FRA", pue=1.2, wue_l_per_kwh=0.3)
NEAR = 0.01
"""Relative: the recorded trials are 1 % off at random, ten of them."""


def known(demand, setting=None):
    found = project(compare(recorded()), demand, setting or Setting(SITE))
    return {variant.result.record.name: variant for variant in found.variants}, found


def relative_width(quantity):
    return (quantity.high - quantity.low) / quantity.value


def test_a_year_at_ten_requests_a_second_is_the_closed_form():
    """large: 1 device's worth of 400 W and one that waits at 70 W; small: half of one at 200 W, half at 70 W."""
    variants, _ = known(Demand(864_000))
    large, small = variants["large"].total, variants["small"].total
    assert (large.devices.value, small.devices.value) == (2, 1)
    assert large.requests == 864_000 * 365
    assert large.energy_kwh.value == pytest.approx((400 + 70) * HOURS / 1000, rel=NEAR)
    assert small.energy_kwh.value == pytest.approx((100 + 35) * HOURS / 1000, rel=NEAR)
    assert large.facility_kwh.value == pytest.approx(1.2 * large.energy_kwh.value)
    assert large.peak_kw.value == pytest.approx(1.2 * 0.8, rel=NEAR)
    assert large.utilisation.value == pytest.approx(0.5)


def test_carbon_and_water_follow_the_site():
    variants, _ = known(Demand(864_000))
    total, grid = variants["large"].total, find_grid("FRA")
    kwh = total.energy_kwh.value
    assert total.co2e_kg.value == pytest.approx(kwh * 1.2 * grid.intensity.value / 1000)
    assert total.water_onsite_l.value == pytest.approx(kwh * 0.3)
    assert total.water_offsite_l.value == pytest.approx(kwh * 1.2 * central(water_intensity(grid.mix).formula(None)))
    assert total.water_l.value == pytest.approx(total.water_onsite_l.value + total.water_offsite_l.value)


def test_reservoirs_are_counted_where_the_site_counts_them():
    wet, _ = known(Demand(864_000), Setting(replace(SITE, hydro_l_per_kwh=17.0)))
    total = wet["large"].total
    ewif = central(water_intensity(find_grid("FRA").mix).formula(hydro_factor()))
    assert total.water_offsite_l.value == pytest.approx(total.energy_kwh.value * 1.2 * ewif)


def test_embodied_carbon_is_that_of_all_devices_by_the_calendar():
    hardware = (Holding(find("h100-sxm")), Holding(find("server"), 0.125))
    variants, found = known(Demand(864_000, years=2), Setting(SITE, hardware))
    per_device_year = 273 / 4.5 + 0.125 * 1278 / 4.5
    assert variants["large"].total.embodied_kg.value == pytest.approx(2 * 2 * per_device_year)
    total = variants["large"].total
    assert total.all_co2e_kg.value == pytest.approx(total.co2e_kg.value + total.embodied_kg.value)
    assert "0.125 x server" in found.boundary


def test_cost_is_electricity_and_hire():
    setting = Setting(SITE, electricity=given_electricity_price("0.25EUR"), device=given_device_price("2EUR"))
    variants, found = known(Demand(864_000), setting)
    total = variants["large"].total
    assert total.cost.value == pytest.approx(total.facility_kwh.value * 0.25 + 2 * 2 * HOURS)
    assert found.currency == total.cost.unit == "EUR"


def test_what_is_not_known_is_not_zero():
    variants, found = known(Demand(864_000), Setting(Site(None)))
    total = variants["large"].total
    for quantity in (total.co2e_kg, total.embodied_kg, total.water_l, total.cost):
        assert quantity.value is None
        assert quantity.reason
    assert total.energy_kwh.value is not None
    assert variants["small"].versus.energy_kwh.value is not None
    assert variants["small"].versus.all_co2e_kg.value is None
    assert found.currency is None


def test_a_bare_intensity_has_carbon_and_no_water():
    variants, _ = known(Demand(864_000), Setting(Site(94.0)))
    assert variants["large"].total.co2e_kg.value == pytest.approx(variants["large"].total.energy_kwh.value * 0.094)
    assert "mix behind" in variants["large"].total.water_l.reason


def test_years_grow_and_sum():
    variants, _ = known(Demand(864_000, years=3, growth=0.5))
    large = variants["large"]
    assert [year.devices.value for year in large.years] == [2, 3, 5]
    for name in ("energy_kwh", "co2e_kg", "water_l"):
        yearly = [getattr(year, name).value for year in large.years]
        assert getattr(large.total, name).value == pytest.approx(sum(yearly))
        assert yearly == sorted(yearly)
    assert large.total.devices.value == 5
    assert large.total.peak_kw.value == large.years[-1].peak_kw.value
    assert large.total.requests == pytest.approx(864_000 * 365 * (1 + 1.5 + 2.25))


def test_a_shrinking_demand_peaks_in_its_first_year():
    variants, _ = known(Demand(864_000, years=3, growth=-0.5))
    assert variants["large"].total.devices.value == variants["large"].years[0].devices.value


def test_the_ratio_is_far_tighter_than_its_sides():
    """The grid's range is most of either side's, and none of their ratio's."""
    variants, _ = known(Demand(8.64e6))
    ratio, sides = variants["small"].versus.all_co2e_kg, [variants[name].total.all_co2e_kg for name in variants]
    assert all(relative_width(side) > 0.3 for side in sides)
    assert relative_width(ratio) < 0.1
    assert ratio.low < ratio.value < ratio.high
    assert variants["small"].versus.energy_kwh.value == pytest.approx(ratio.value)
    assert variants["large"].versus is None


def test_a_shared_gain_cancels_in_the_ratio_and_not_in_the_figures():
    """A meter that may be off by a fifth, in what it says of requests and of idle power alike."""
    run = recorded()
    meters = [replace(line, domain=replace(line.domain, gain=0.2)) for line in run.timelines]
    wide = compare(replace(run, timelines=meters))
    small = next(v for v in project(wide, Demand(8.64e6), Setting(SITE)).variants if v.versus)
    assert relative_width(small.total.energy_kwh) == pytest.approx(0.4, rel=0.05)
    assert relative_width(small.versus.energy_kwh) < 0.05


def test_what_a_power_model_does_not_cancel_stays_in_the_ratio():
    small = next(v for v in project(partly_estimated(), Demand(1e8), Setting(SITE)).variants if v.versus)
    assert relative_width(small.versus.energy_kwh) > 0.3
    assert relative_width(small.versus.devices) < 0.1


def test_where_all_is_idle_the_variants_draw_the_same():
    """What is not known of the power model hits both sides alike, since both are the same machine that waits."""
    small = next(v for v in project(partly_estimated(), Demand(1.0), Setting(SITE)).variants if v.versus)
    ratio = small.versus.energy_kwh
    assert ratio.value == pytest.approx(1, rel=1e-4)
    assert relative_width(ratio) < 1e-3
    assert relative_width(small.total.energy_kwh) > 0.05


def test_the_largest_share_of_the_range_comes_first():
    variants, _ = known(Demand(8.64e6))
    shares = variants["large"].shares
    assert shares[0].factor.id == "grid.FRA"
    assert shares[0].fraction > 0.9


def test_a_users_factor_stands_in_for_the_shipped_one():
    mine = given("lifetime.datacentre", 9.0, "years")
    setting = Setting(SITE, (Holding(find("h100-sxm")),), overrides=(mine,))
    variants, found = known(Demand(864_000), setting)
    assert variants["large"].total.embodied_kg.value == pytest.approx(2 * 273 / 9)
    assert mine in found.factors


def test_quality_stands_beside_each_variant():
    variants, _ = known(Demand(864_000))
    assert variants["small"].result.versus.verdict == "good_enough"
    assert variants["small"].result.quality.value == pytest.approx(0.975)


@pytest.mark.parametrize("requests", [1e-3, 1, 1e3, 1e6, 1e9, 1e13])
def test_from_next_to_nothing_to_a_thousand_times_everybody(requests):
    variants, _ = known(Demand(requests))
    small, large = variants["small"].total, variants["large"].total
    assert 0 < small.energy_kwh.value <= large.energy_kwh.value
    assert small.energy_kwh.low <= small.energy_kwh.value <= small.energy_kwh.high
    assert 1 <= small.devices.value <= large.devices.value


def test_it_says_where_it_stops_being_valid():
    few, found = known(Demand(100.0))
    assert any("Fewer than one device is busy" in each for each in few["large"].limits)
    assert any("in its batches" in each for each in found.limits)
    assert any("machine of the run (CPU)" in each for each in found.limits)
    many, found = known(Demand(1e9, utilisation=1.0, years=10))
    assert any("are a fleet" in each for each in many["large"].limits)
    assert any("no headroom" in each for each in found.limits)
    assert any("replaced by other hardware" in each for each in found.limits)
    middle, found = known(Demand(8.64e6))
    assert middle["large"].limits == []
    assert not any("headroom" in each or "replaced" in each for each in found.limits)


def test_a_single_trial_has_figures_without_ranges():
    run = recorded()
    one = [next(trial for trial in run.trials if trial.variant == name) for name in ("large", "small")]
    found = project(compare(replace(run, trials=one)), Demand(864_000), Setting(SITE))
    for variant in found.variants:
        assert variant.total.co2e_kg.value is not None
        assert variant.total.co2e_kg.low is None
        assert any("no figure has a range" in each for each in variant.limits)
    assert found.variants[1].versus.energy_kwh.low is None


def test_a_variant_that_failed_does_not_hold_up_the_others():
    found = project(one_failed(), Demand(1e6), Setting(SITE))
    failed = next(variant for variant in found.variants if variant.total is None)
    assert "ran out of memory" in failed.reason
    assert sum(variant.total is not None for variant in found.variants) == 1


def test_a_run_without_joules_cannot_be_projected():
    with pytest.raises(NotMeasurable, match=r"cannot be projected.*can be metered\. Measure it"):
        project(nothing_measurable(), Demand(1e6), Setting(SITE))


@pytest.mark.parametrize("make", [gpu_and_cpu, all_estimated, without_quality, hostile])
def test_every_kind_of_run_is_projected(make):
    found = project(make(), Demand(1e6, years=2), Setting(SITE))
    assert all(variant.total or variant.reason for variant in found.variants)


def test_prices_in_two_currencies_are_refused():
    setting = Setting(SITE, electricity=given_electricity_price("0.2EUR"), device=given_device_price("2USD"))
    with pytest.raises(InvalidValue, match="not added"):
        known(Demand(1.0), setting)
