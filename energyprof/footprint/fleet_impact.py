"""What a fleet does over some years, as formulas: electricity, CO2e, water, hardware and money.

All variants are given the same factors of grid, building, price and hardware, so that these cancel in their ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

from energyprof.footprint.cost import NO_PRICE, SECONDS_PER_HOUR, Price
from energyprof.footprint.demand import Demand
from energyprof.footprint.embodied import GRAMS_PER_KG, SECONDS_PER_YEAR, Holding
from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.fleet import Server, busy, devices, mean_power_w, peak_power_w
from energyprof.footprint.formula import Amount, Formula, Pick, with_overrides
from energyprof.footprint.grid import Grid, find
from energyprof.footprint.site import Site
from energyprof.footprint.water import water_intensity
from energyprof.model.quantity import JOULES_PER_KWH

HOURS_PER_YEAR = SECONDS_PER_YEAR / SECONDS_PER_HOUR
WATTS_PER_KILOWATT = 1000.0

NO_GRID = "no grid was given, and it is never guessed; set one with --grid"
NO_HARDWARE = "not modelled: name the hardware of one device with --device"

Known: TypeAlias = "Formula | str"
"""A formula, or the reason why there is none."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a projection supposes beside the demand.

    Attributes:
        hardware: of one device; empty = its embodied carbon is not modelled, and `no_hardware` says why.
        electricity: price of a kWh. device: price of an hour of one device. None = not known.
        overrides: factors of the user in place of those of the same id.
    """

    site: Site
    hardware: tuple[Holding, ...] = ()
    no_hardware: str = NO_HARDWARE
    electricity: Price | None = None
    device: Price | None = None
    overrides: tuple[Factor, ...] = ()

    @property
    def grid(self) -> Grid | None:
        """The site's grid."""
        return None if self.site.grid is None else find(self.site.grid)


@dataclass(frozen=True, slots=True)
class FleetImpact:
    """The formulas of one variant over some years.

    Attributes: as `energyprof.footprint.projection.Figures`.
    """

    devices: Known
    utilisation: Known
    energy_kwh: Known
    facility_kwh: Known
    peak_kw: Known
    co2e_kg: Known
    embodied_kg: Known
    all_co2e_kg: Known
    water_onsite_l: Known
    water_offsite_l: Known
    water_l: Known
    cost: Known


def fleet_impact(served: Server, demand: Demand, years: Sequence[int], setting: Setting) -> FleetImpact:
    """Sums over the years; devices, utilisation and peak of the busiest one."""
    busiest = max(years, key=demand.per_day)
    count, working = devices(served, demand, busiest), busy(served, demand, busiest)
    device_years = _sum([devices(served, demand, year) for year in years])
    energy_kwh = times(_sum([mean_power_w(served, demand, year) for year in years]), SECONDS_PER_YEAR / JOULES_PER_KWH)
    pue, wue = given("site.pue", setting.site.pue, "ratio"), given("site.wue", setting.site.wue_l_per_kwh, "L/kWh")
    facility_kwh = times(energy_kwh, pue)
    co2e_kg, embodied_kg = _co2e_kg(facility_kwh, setting), _embodied_kg(device_years, setting)
    onsite, offsite = times(energy_kwh, wue), _offsite_l(facility_kwh, setting)
    impact = FleetImpact(
        devices=count,
        utilisation=lambda pick: working(pick) / count(pick),
        energy_kwh=energy_kwh,
        facility_kwh=facility_kwh,
        peak_kw=times(peak_power_w(served, demand, busiest), pue, 1 / WATTS_PER_KILOWATT),
        co2e_kg=co2e_kg,
        embodied_kg=embodied_kg,
        all_co2e_kg=co2e_kg if isinstance(embodied_kg, str) else _added(co2e_kg, embodied_kg),
        water_onsite_l=onsite,
        water_offsite_l=offsite,
        water_l=_added(onsite, offsite),
        cost=_cost(facility_kwh, device_years, setting),
    )
    return _overridden(impact, setting.overrides)


def times(formula: Formula, *factors: Factor | float) -> Formula:
    """A formula times factors and exact numbers."""

    def product(pick: Pick) -> Amount:
        amount = formula(pick)
        for factor in factors:
            amount = amount * (pick(factor) if isinstance(factor, Factor) else factor)
        return amount

    return product


def _sum(formulas: Sequence[Formula]) -> Formula:
    def total(pick: Pick) -> Amount:
        amount: Amount = 0.0
        for formula in formulas:
            amount = amount + formula(pick)
        return amount

    return total


def _added(first: Known, second: Known) -> Known:
    """Unknown where one of them is."""
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else second
    return _sum([first, second])


def _co2e_kg(facility_kwh: Formula, setting: Setting) -> Known:
    grid = setting.grid
    return NO_GRID if grid is None else times(facility_kwh, grid.intensity, 1 / GRAMS_PER_KG)


def _embodied_kg(device_years: Formula, setting: Setting) -> Known:
    """By the calendar: the fleet owns its devices all year, and idle capacity is among them."""
    if not setting.hardware:
        return setting.no_hardware

    def per_device_year(pick: Pick) -> Amount:
        kg: Amount = 0.0
        for held in setting.hardware:
            kg = kg + held.share * pick(held.device.embodied) / pick(held.device.lifetime)
        return kg

    return lambda pick: device_years(pick) * per_device_year(pick)


def _offsite_l(facility_kwh: Formula, setting: Setting) -> Known:
    grid = setting.grid
    if grid is None:
        return NO_GRID
    if grid.mix is None:
        return f"the mix behind {grid.label} is not known; name a country to get its water"
    intensity, cooling = water_intensity(grid.mix), shipped_factors("ranges.csv")["range.cooling"]
    hydro_l_per_kwh = intensity.hydro_share * setting.site.hydro_l_per_kwh

    def litres(pick: Pick) -> Amount:
        thermal: Amount = 0.0
        for share, technology in intensity.terms:
            thermal = thermal + share * pick(technology)
        return facility_kwh(pick) * (thermal * pick(cooling) + hydro_l_per_kwh)

    return litres


def _cost(facility_kwh: Formula, device_years: Formula, setting: Setting) -> Known:
    """Electricity, and the hire of the devices where their price is known."""
    if setting.electricity is None:
        return NO_PRICE
    electricity = times(facility_kwh, setting.electricity.factor)
    if setting.device is None:
        return electricity
    return _sum([electricity, times(device_years, HOURS_PER_YEAR, setting.device.factor)])


def _overridden(impact: FleetImpact, overrides: Sequence[Factor]) -> FleetImpact:
    known = {each.name: getattr(impact, each.name) for each in fields(impact)}
    mine = {name: with_overrides(formula, overrides) for name, formula in known.items() if not isinstance(formula, str)}
    return replace(impact, **mine)
