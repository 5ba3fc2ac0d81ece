"""From joules to CO2e and water, with ranges, at one site or over several grids."""

from __future__ import annotations

from dataclasses import dataclass, replace

from energyprof.footprint.draws import interval95, split_normal_draws
from energyprof.footprint.energy import energy_formula
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Formula, Uncertainty, is_exact, uncertainty
from energyprof.footprint.grid import NAMED_GRIDS, Grid
from energyprof.footprint.rate import NO_GRID, Rate, rates
from energyprof.footprint.site import Site
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity, unknown, weakest

ENERGY = "used"
"""Name of the energy where only one is in question."""

NOT_INCLUDED = "embodied carbon and water, network, losses between meter and plant"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an energy costs the world at one site. Unknown is a Quantity without a value, with its reason.

    Attributes:
        co2e: g; operational, location-based.
        water: L consumed, on-site + off-site, with the site's hydropower scenario.
        water_onsite: L consumed by the building's cooling.
        water_offsite: L consumed by the power plants.
        water_with_hydro: L as `water`, with the evaporation of hydropower's reservoirs.
        factors: every factor used, with its source.
        boundary: one sentence: what is counted and what is not.
    """

    co2e: Quantity
    water: Quantity
    water_onsite: Quantity
    water_offsite: Quantity
    water_with_hydro: Quantity
    factors: list[Factor]
    boundary: str


@dataclass(frozen=True, slots=True)
class FootprintRatio:
    """One footprint over another at the same site, unit "ratio"."""

    co2e: Quantity
    water: Quantity


def assess(energy: Quantity, site: Site) -> Footprint:
    """CO2e and water of an energy drawn at a site.

    CO2e = E PUE I; water on-site = E WUE; off-site = E PUE EWIF, with E the energy of the computers in kWh.
    `low` and `high` are the energy's own times the central factors: what a re-run here would give. `total_low`
    and `total_high` also hold the ranges of the factors and the energy's total interval: 95 % of 10,000 seeded
    draws. Where the energy has no repeatability, as after a single trial, the footprint has no interval at all.

    Args:
        energy: J, or J per something ("J/token"), which the results then are per as well.

    Raises:
        InvalidValue: the energy is not in J.
    """
    if energy.unit.split("/")[0] != "J":
        raise InvalidValue(f"A footprint starts from joules, not from {energy.unit!r}. Convert the energy to J.")
    at = rates(site)
    return Footprint(
        co2e=_impact(energy, "g", at.co2e),
        water=_impact(energy, "L", at.water),
        water_onsite=_impact(energy, "L", at.water_onsite),
        water_offsite=_impact(energy, "L", at.water_offsite),
        water_with_hydro=_impact(energy, "L", at.water_with_hydro),
        factors=list(at.factors),
        boundary=_boundary(site, at.grid),
    )


def uncertainties(energy: Quantity, site: Site) -> dict[str, Uncertainty]:
    """What the ranges of energy and factors make of each figure, by its name; exact and unknown ones are left out.

    The energy takes part with its repeatability and the sensors' gain.
    """
    at, found = rates(site), {}
    for name in ("co2e", "water", "water_onsite", "water_offsite", "water_with_hydro"):
        formula = _times(energy, getattr(at, name))
        if formula is not None and not is_exact(formula):
            found[name] = uncertainty(formula)
    return found


def over_grids(energy: Quantity, site: Site) -> list[tuple[str, Footprint]]:
    """The same energy on each of a named set of grids, the site's building unchanged.

    Returns:
        (name of the grid, footprint), the names being those that `Site.grid` takes.
    """
    return [(name, assess(energy, replace(site, grid=name))) for name in NAMED_GRIDS]


def footprint_ratio(energy_ratio: Quantity, site: Site) -> FootprintRatio:
    """Two footprints at one site held against each other, as their energies are.

    Both sides are the same draws of grid, PUE, WUE and water factors times an energy. What is shared cancels draw by
    draw, so that both ratios and their intervals are those of the energies, and as well founded, whether or not the
    factors are known. Two total intervals divided by each other would hide what the energies show.

    Args:
        energy_ratio: of the two energies, unit "ratio".
    """
    at = rates(site)
    return FootprintRatio(*(_ratio(energy_ratio, rate) for rate in (at.co2e, at.water)))


def _times(energy: Quantity, rate: Rate) -> Formula | None:
    """The energy times its rate; None where either is unknown."""
    joules, per_joule = energy_formula(energy, ENERGY), rate.formula
    if joules is None or per_joule is None:
        return None
    return lambda pick: joules(pick) * per_joule(pick)


def _impact(energy: Quantity, unit: str, rate: Rate) -> Quantity:
    unit += energy.unit.removeprefix("J")
    if rate.value is None:
        reason = rate.reason if energy.value is not None else energy.reason
        return unknown(unit, reason or NO_GRID, weakest(energy.basis, rate.basis))
    impact = energy.scaled(rate.value, unit).weakened(rate.basis)
    if energy.low is None or energy.high is None:
        return replace(impact, total_low=None, total_high=None)
    low, high = energy.outer()
    if energy.value is None or rate.draws is None or low is None or high is None:
        return impact
    total_low, total_high = interval95(split_normal_draws(ENERGY, energy.value, low, high) * rate.draws)
    # The draws' own scatter must not make the total interval narrower than the energy's alone.
    return replace(impact, total_low=min(total_low, low * rate.value), total_high=max(total_high, high * rate.value))


def _ratio(energy_ratio: Quantity, rate: Rate) -> Quantity:
    if rate.value == 0:
        return unknown("ratio", "neither has such a footprint here, so there is nothing to compare", energy_ratio.basis)
    return energy_ratio


def _boundary(site: Site, grid: Grid | None) -> str:
    carbon = "CO2e and water not counted: no grid given"
    if grid is not None:
        carbon = f"operational, location-based, {grid.label}, carbon intensity: {grid.accounting}"
    hydro = "with" if site.hydro_l_per_kwh else "without"
    return (
        f"{carbon}; PUE {site.pue:g}; fresh water consumed, {hydro} evaporation of hydropower's reservoirs; "
        f"not included: {NOT_INCLUDED}."
    )
