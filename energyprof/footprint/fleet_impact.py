"""What a fleet does over some years, as formulas: electricity, CO2e, water, hardware and money.

All variants are given the same factors of grid, building, price and hardware, so that these cancel in their ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from energyprof.footprint.cost import common_currency
from energyprof.footprint.demand import Demand
from energyprof.footprint.embodied import GRAMS_PER_KG, SECONDS_PER_YEAR
from energyprof.footprint.fleet import Server, busy, devices, mean_power_w, peak_power_w
from energyprof.footprint.formula import Amount, Formula, Pick
from energyprof.footprint.rate import Rate, rates
from energyprof.footprint.site import Site
from energyprof.footprint.supply import pue_factor
from energyprof.model.quantity import JOULES_PER_KWH

WATTS_PER_KILOWATT = 1000.0

PerSecond: TypeAlias = "Callable[[Server, Demand, int], Formula]"

Known: TypeAlias = "Formula | str"
"""A formula, or the reason why there is none."""


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


def fleet_impact(served: Server, demand: Demand, years: Sequence[int], site: Site) -> FleetImpact:
    """Sums over the years; devices, utilisation and peak of the busiest one.

    Embodied carbon counts by the calendar: the fleet owns its devices all year, and idle capacity is among them.
    """
    at, busiest = rates(site), max(years, key=demand.per_day)
    count, working, peak_w = (each(served, demand, busiest) for each in (devices, busy, peak_power_w))
    energy_j = _over_years(mean_power_w, served, demand, years)
    devices_s = _over_years(devices, served, demand, years)
    pue = pue_factor(site)
    co2e_kg, embodied_kg = _times(energy_j, at.co2e, GRAMS_PER_KG), _times(devices_s, at.embodied_of_life, GRAMS_PER_KG)
    return FleetImpact(
        devices=count,
        utilisation=lambda pick: working(pick) / count(pick),
        energy_kwh=lambda pick: energy_j(pick) / JOULES_PER_KWH,
        facility_kwh=lambda pick: energy_j(pick) * pick(pue) / JOULES_PER_KWH,
        peak_kw=lambda pick: peak_w(pick) * pick(pue) / WATTS_PER_KILOWATT,
        co2e_kg=co2e_kg,
        embodied_kg=embodied_kg,
        all_co2e_kg=co2e_kg if isinstance(embodied_kg, str) else _sum(co2e_kg, embodied_kg),
        water_onsite_l=_times(energy_j, at.water_onsite),
        water_offsite_l=_times(energy_j, at.water_offsite),
        water_l=_times(energy_j, at.water),
        cost=_cost(energy_j, devices_s, site),
    )


def currency(site: Site) -> str | None:
    """The currency of the fleet's cost; None where no price is known.

    Raises:
        InvalidValue: electricity and devices are priced in two currencies.
    """
    at = rates(site)
    known = [rate.unit for rate in (at.electricity, at.hire) if rate.unit is not None]
    return common_currency(*known) if known else None


def _over_years(per_s: PerSecond, served: Server, demand: Demand, years: Sequence[int]) -> Formula:
    """A power, or a number of devices, summed over the seconds of some years."""
    yearly = [per_s(served, demand, year) for year in years]
    return lambda pick: SECONDS_PER_YEAR * sum(formula(pick) for formula in yearly)


def _times(amount: Formula, rate: Rate, per: float = 1.0) -> Known:
    formula = rate.formula
    if formula is None:
        return rate.reason or "not known"
    return lambda pick: amount(pick) * formula(pick) / per


def _sum(first: Known, second: Known) -> Known:
    """Unknown where one of them is."""
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else second

    def both(pick: Pick) -> Amount:
        return first(pick) + second(pick)

    return both


def _cost(energy_j: Formula, devices_s: Formula, site: Site) -> Known:
    """Electricity, and the hire of the devices where their price is known."""
    at = rates(site)
    electricity = _times(energy_j, at.electricity)
    return electricity if at.hire.formula is None else _sum(electricity, _times(devices_s, at.hire))
