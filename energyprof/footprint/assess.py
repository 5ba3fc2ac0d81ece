"""From joules to CO2e and water, with ranges, at one site or over several grids."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Uncertainty, is_exact, uncertainty
from energyprof.footprint.grid import NAMED_GRIDS, Grid
from energyprof.footprint.impact import formula_of_energy, formula_of_time, of_both, of_energy, of_time, sum_of
from energyprof.footprint.rate import rates
from energyprof.footprint.site import Site
from energyprof.footprint.supply import pue_factor
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity

PER_JOULE = ("co2e", "water", "water_onsite", "water_offsite", "water_with_hydro")

MONEY = "currency"
"""Unit of a cost without a price."""

NOT_INCLUDED = "embodied water, network, losses between meter and plant"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an energy costs the world at one site. Unknown is a Quantity without a value, with its reason.

    Attributes:
        co2e: g; operational, location-based. co2e_market: the same by the site's contracts.
        co2e_embodied: g; of making the hardware, by the time for which the task held it.
        co2e_total: g; operational, location-based, and embodied.
        sci: g; Software Carbon Intensity (O + M) / R, ISO/IEC 21031:2024, per what the energy is per.
        electricity_cost, hire_cost: of the electricity, and of holding the hardware, each in its price's currency.
        water: L consumed, on-site + off-site, with the site's hydropower scenario.
        water_onsite: L consumed by the building's cooling.
        water_offsite: L consumed by the power plants.
        water_with_hydro: L as `water`, with the evaporation of hydropower's reservoirs.
        water_withdrawn: L by the power plants, most of which flows back; never added to what is consumed.
        factors: every factor used, with its source.
        boundary: one sentence: what is counted and what is not.
    """

    co2e: Quantity
    co2e_market: Quantity
    co2e_embodied: Quantity
    co2e_total: Quantity
    sci: Quantity
    electricity_cost: Quantity
    hire_cost: Quantity
    water: Quantity
    water_onsite: Quantity
    water_offsite: Quantity
    water_with_hydro: Quantity
    water_withdrawn: Quantity
    factors: list[Factor]
    boundary: str


def assess(energy: Quantity, site: Site, *, held: Quantity | None = None) -> Footprint:
    """CO2e, water and cost of an energy drawn at a site.

    CO2e = E PUE I; water on-site = E WUE; off-site = E PUE EWIF, with E the energy of the computers in kWh.
    `low` and `high` are the energy's own times the central factors: what a re-run here would give. `total_low`
    and `total_high` also hold the ranges of the factors and the energy's total interval: 95 % of 10,000 seeded
    draws. Where the energy has no repeatability, as after a single trial, the footprint has no interval at all.

    Args:
        energy: J, or J per something ("J/token"), which the results then are per as well.
        held: s for which the hardware was held for that energy, idle included; None = not known.

    Raises:
        InvalidValue: the energy is not in J, or the time is negative.
    """
    if energy.unit.split("/")[0] != "J":
        raise InvalidValue(f"A footprint starts from joules, not from {energy.unit!r}. Convert the energy to J.")
    if held is not None and held.value is not None and not 0 <= held.value < math.inf:
        raise InvalidValue(f"Hardware cannot be held for {held.value} s. Give seconds of at least 0, or none.")
    at = rates(site)
    co2e, embodied = of_energy(energy, "g", at.co2e), of_time(energy, held, "g", at.embodied)
    return Footprint(
        co2e=co2e,
        co2e_market=of_energy(energy, "g", at.co2e_market),
        co2e_embodied=embodied,
        co2e_total=of_both(energy, held, "g", at.co2e, at.embodied),
        sci=of_both(energy, held, "g", at.co2e, at.embodied_of_life),
        electricity_cost=of_energy(energy, at.electricity.unit or MONEY, at.electricity),
        hire_cost=of_time(energy, held, at.hire.unit or MONEY, at.hire),
        water=of_energy(energy, "L", at.water),
        water_onsite=of_energy(energy, "L", at.water_onsite),
        water_offsite=of_energy(energy, "L", at.water_offsite),
        water_with_hydro=of_energy(energy, "L", at.water_with_hydro),
        water_withdrawn=of_energy(energy, "L", at.water_withdrawn),
        factors=list(at.factors),
        boundary=_boundary(site, at.grid, embodied=embodied.value is not None),
    )


def uncertainties(energy: Quantity, site: Site, *, held: Quantity | None = None) -> dict[str, Uncertainty]:
    """What the ranges of energy and factors make of each figure, by its name; exact and unknown ones are left out.

    The energy takes part with its repeatability and the sensors' gain.
    """
    at, found = rates(site), {}
    formulas = {name: formula_of_energy(energy, getattr(at, name)) for name in PER_JOULE}
    formulas["electricity_cost"] = formula_of_energy(energy, at.electricity)
    formulas["co2e_embodied"] = formula_of_time(held, at.embodied)
    formulas["co2e_total"] = sum_of(formulas["co2e"], formulas["co2e_embodied"])
    formulas["sci"] = sum_of(formulas["co2e"], formula_of_time(held, at.embodied_of_life))
    for name, formula in formulas.items():
        if formula is not None and not is_exact(formula):
            found[name] = uncertainty(formula)
    return found


def over_grids(energy: Quantity, site: Site, *, held: Quantity | None = None) -> list[tuple[str, Footprint]]:
    """The same energy on each of a named set of grids, the site's building and hardware unchanged.

    Returns:
        (name of the grid, footprint), the names being those that `Site.grid` takes.
    """
    return [(name, assess(energy, replace(site, grid=name, live=None), held=held)) for name in NAMED_GRIDS]


def _boundary(site: Site, grid: Grid | None, *, embodied: bool) -> str:
    carbon = "CO2e and water not counted: no grid given"
    if grid is not None:
        carbon = f"operational, location-based, {grid.label}, carbon intensity: {grid.accounting}"
    held = ", ".join(f"{holding.device.label} x {holding.share:g}" for holding in site.hardware)
    making = f"embodied carbon of {held}" if embodied else "embodied carbon not counted"
    hydro = "with" if site.hydro_l_per_kwh else "without"
    return (
        f"{carbon}; PUE {pue_factor(site).value:g}; {making}; fresh water consumed, {hydro} evaporation of "
        f"hydropower's reservoirs; not included: {NOT_INCLUDED}."
    )
