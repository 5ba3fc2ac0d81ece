"""What each joule of the computers costs at a site: formulas per joule, with their central value and their draws."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from energyprof.footprint.factor import Factor, given
from energyprof.footprint.formula import Amount, Formula, Pick, central, draws, is_exact, used, with_overrides
from energyprof.footprint.grid import Grid, find
from energyprof.footprint.site import Site
from energyprof.footprint.water import WaterIntensity, hydro_factor, water_intensity
from energyprof.model.quantity import JOULES_PER_KWH, Basis, weakest

if TYPE_CHECKING:
    from energyprof.footprint.draws import Array

NO_GRID = "no grid was given, and it is never guessed; set one with --grid, such as --grid FRA or a number in g/kWh"


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """Grams or litres per joule of the computers.

    Attributes:
        formula: over the site's factors; None = unknown, for `reason`.
        value: its central value.
        draws: of the same; None where the value is exact or unknown.
    """

    formula: Formula | None
    value: float | None
    draws: Array | None
    basis: Basis
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """All rates of one site.

    Attributes:
        co2e: operational, location-based. water: on-site + off-site, with the site's hydropower scenario.
        water_with_hydro: as `water`, with the evaporation of hydropower's reservoirs.
        factors: all that they rest on, each once, the user's own in place of the shipped ones.
    """

    grid: Grid | None
    co2e: Rate
    water: Rate
    water_onsite: Rate
    water_offsite: Rate
    water_with_hydro: Rate
    factors: tuple[Factor, ...]


@functools.lru_cache(maxsize=256)
def rates(site: Site) -> Rates:
    """The rates of a site.

    CO2e = PUE I; water on-site = WUE; off-site = PUE EWIF; per kWh of the computers.
    """
    grid = None if site.grid is None else find(site.grid)
    hydro = hydro_factor()
    counted = hydro if site.hydro_l_per_kwh else None
    all_rates = (
        _carbon(site, grid),
        _water(site, grid, counted),
        _onsite(site),
        _offsite(site, grid, counted),
        _water(site, grid, hydro),
    )
    return Rates(grid, *all_rates, factors=_factors(all_rates, site, grid))


def _carbon(site: Site, grid: Grid | None) -> Rate:
    if grid is None:
        return _unknown(NO_GRID)
    exact = grid.intensity.distribution == "exact"
    basis = weakest("assumed" if exact else "estimated", _pue_basis(site))
    return _known(lambda pick: pick(grid.intensity) * pick(pue_factor(site)) / JOULES_PER_KWH, basis, site)


def _onsite(site: Site) -> Rate:
    """Assumed, be it the user's WUE or the 0 of a machine on a desk: nobody metered the water."""
    return _known(lambda pick: pick(wue_factor(site)) / JOULES_PER_KWH, "assumed", site)


def _offsite(site: Site, grid: Grid | None, hydro: Factor | None) -> Rate:
    if grid is None:
        return _unknown(NO_GRID)
    if grid.mix is None:
        return _unknown(f"the mix behind {grid.label} is not known; name a country to get its water")
    ewif = _ewif(water_intensity(grid.mix), site, hydro)
    basis = weakest("estimated", _pue_basis(site))
    return _known(lambda pick: pick(pue_factor(site)) * ewif(pick) / JOULES_PER_KWH, basis, site)


def _ewif(intensity: WaterIntensity, site: Site, hydro: Factor | None) -> Formula:
    whole = next((factor for factor in site.factors if factor.id == intensity.id), None)
    return intensity.formula(hydro) if whole is None else lambda pick: pick(whole)


def _water(site: Site, grid: Grid | None, hydro: Factor | None) -> Rate:
    onsite, offsite = _onsite(site), _offsite(site, grid, hydro)
    if offsite.formula is None or onsite.formula is None:
        return offsite
    return _known(_sum(onsite.formula, offsite.formula), weakest(onsite.basis, offsite.basis), site)


def _sum(one: Formula, other: Formula) -> Formula:
    def total(pick: Pick) -> Amount:
        return one(pick) + other(pick)

    return total


def _known(formula: Formula, basis: Basis, site: Site) -> Rate:
    formula = with_overrides(formula, site.factors)
    return Rate(formula, central(formula), None if is_exact(formula) else draws(formula), basis)


def _unknown(reason: str) -> Rate:
    return Rate(None, None, None, "assumed", reason)


def _pue_basis(site: Site) -> Basis:
    """A PUE of 1 adds nothing and is the boundary itself; any other is the user's number."""
    return "measured" if site.pue == 1 else "assumed"


def pue_factor(site: Site) -> Factor:
    """The site's PUE, as a factor."""
    pue = given("site.pue", site.pue, "ratio")
    return pue if site.pue != 1 else replace(pue, source="definition: no overhead of a building is counted")


def wue_factor(site: Site) -> Factor:
    """The site's WUE, as a factor."""
    wue = given("site.wue", site.wue_l_per_kwh, "L/kWh", note="per kWh of the computers, not of the building")
    return wue if site.wue_l_per_kwh else replace(wue, source="assumed: a machine on a desk uses no water on site")


def _factors(all_rates: Iterable[Rate], site: Site, grid: Grid | None) -> tuple[Factor, ...]:
    found: dict[str, Factor] = {}
    for rate in all_rates:
        for factor in used(rate.formula) if rate.formula is not None else ():
            found.setdefault(factor.id, factor)
    if grid is None or grid.mix is None:
        return tuple(found.values())
    composite = _water_factor(grid, water_intensity(grid.mix), site)
    if composite.id in found:
        return tuple(found.values())
    technologies = [factor for factor in found.values() if factor.id.startswith(("water.", "range."))]
    others = [factor for factor in found.values() if factor not in technologies]
    return (*others, composite, *technologies)


def _water_factor(grid: Grid, intensity: WaterIntensity, site: Site) -> Factor:
    factor = intensity.factor(site.factors)
    return factor if grid.mix_note is None else replace(factor, note=f"{grid.mix_note}; {factor.note}")
