"""What each joule of the computers, and each second of the hardware, costs at a site: formulas with their draws."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from energyprof.footprint import sci
from energyprof.footprint.cost import NO_PRICE, SECONDS_PER_HOUR, electricity_price
from energyprof.footprint.embodied import embodied_g_per_s
from energyprof.footprint.factor import Factor, given
from energyprof.footprint.formula import Amount, Formula, Pick, central, draws, is_exact, used, with_overrides
from energyprof.footprint.foundation import foundation
from energyprof.footprint.grid import Grid
from energyprof.footprint.site import Site
from energyprof.footprint.supply import in_force, intensity_formula, pue_factor, wue_factor
from energyprof.footprint.water import WaterIntensity, hydro_factor, water_intensity, withdrawal_intensity
from energyprof.model.quantity import JOULES_PER_KWH, Basis, weakest

if TYPE_CHECKING:
    from energyprof.footprint.draws import Array

NO_MARKET = "no market-based intensity was given; set one with --market, in g/kWh by the site's contracts"
NO_HARDWARE = (
    "no device was named, and none that was measured has a published figure; name what the task holds with --device"
)
NO_HIRE = "no price of the hardware was given; set one with --device-price, such as 2.10USD an hour"

NO_GRID = "no grid was given, and it is never guessed; set one with --grid, such as --grid FRA or a number in g/kWh"


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """Grams, litres or money, per joule of the computers or per second in which their hardware is held.

    Attributes:
        formula: over the site's factors; None = unknown, for `reason`.
        value: its central value.
        draws: of the same; None where the value is exact or unknown.
        unit: the currency, where it is money.
    """

    formula: Formula | None
    value: float | None
    draws: Array | None
    basis: Basis
    reason: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """All rates of one site.

    Attributes:
        co2e: operational, location-based; co2e_market: by the site's contracts.
        water: on-site + off-site, with the site's hydropower scenario.
        water_with_hydro: as `water`, with the evaporation of hydropower's reservoirs.
        water_withdrawn: by the power plants, most of which flows back; apart from what is consumed.
        electricity: what it costs, in the price's currency.
        embodied: per second, by the time in which somebody holds the hardware; embodied_of_life: by its whole life, as
            ISO/IEC 21031:2024 has it.
        hire: per second, what holding the hardware costs.
        factors: all that they rest on, each once, the user's own in place of the shipped ones.
    """

    grid: Grid | None
    co2e: Rate
    co2e_market: Rate
    water: Rate
    water_onsite: Rate
    water_offsite: Rate
    water_with_hydro: Rate
    water_withdrawn: Rate
    electricity: Rate
    embodied: Rate
    embodied_of_life: Rate
    hire: Rate
    factors: tuple[Factor, ...]


@functools.lru_cache(maxsize=256)
def rates(site: Site) -> Rates:
    """The rates of a site.

    CO2e = PUE I; water on-site = WUE; off-site = PUE EWIF; cost = PUE price; per kWh of the computers.
    """
    grid = site.supply
    hydro = hydro_factor()
    counted = hydro if site.hydro_l_per_kwh else None
    all_rates = (
        _carbon(site, grid),
        _market(site),
        _water(site, grid, counted),
        _onsite(site),
        _offsite(site, grid, counted),
        _water(site, grid, hydro),
        _withdrawn(site, grid),
        _electricity(site),
        _held(site, embodied_g_per_s(site.hardware)),
        _held(site, sci.embodied_g_per_s(site.hardware)),
        _hire(site),
    )
    formulas = [rate.formula for rate in all_rates if rate.formula is not None]
    return Rates(grid, *all_rates, factors=foundation(formulas, site, grid))


def _carbon(site: Site, grid: Grid | None) -> Rate:
    if grid is None:
        return _unknown(NO_GRID)
    basis = weakest("assumed" if in_force(grid.intensity, site).by_user else "estimated", _pue_basis(site))
    per_kwh = intensity_formula(site, grid)
    return _known(lambda pick: per_kwh(pick) * pick(pue_factor(site)) / JOULES_PER_KWH, basis, site)


def _market(site: Site) -> Rate:
    if site.market_g_per_kwh is None:
        return _unknown(NO_MARKET)
    intensity = given("market.given", site.market_g_per_kwh, "g/kWh", note="by contract; never part of SCI")
    return _known(lambda pick: pick(intensity) * pick(pue_factor(site)) / JOULES_PER_KWH, "assumed", site)


def _electricity(site: Site) -> Rate:
    price = site.electricity_price
    if price is None and isinstance(site.grid, str):
        price = electricity_price(site.grid)
    if price is None:
        return _unknown(NO_PRICE)
    basis: Basis = "assumed" if price.factor.by_user else "estimated"
    rate = _known(lambda pick: pick(price.factor) * pick(pue_factor(site)) / JOULES_PER_KWH, basis, site)
    return replace(rate, unit=price.currency)


def _held(site: Site, formula: Formula) -> Rate:
    return _known(formula, "estimated", site) if site.hardware else _unknown(NO_HARDWARE)


def _hire(site: Site) -> Rate:
    price = site.device_price
    if price is None:
        return _unknown(NO_HIRE)
    rate = _known(lambda pick: pick(price.factor) / SECONDS_PER_HOUR, "assumed", site)
    return replace(rate, unit=price.currency)


def _onsite(site: Site) -> Rate:
    """Assumed, be it the user's WUE or the 0 of a machine on a desk: nobody metered the water."""
    return _known(lambda pick: pick(wue_factor(site)) / JOULES_PER_KWH, "assumed", site)


def _offsite(site: Site, grid: Grid | None, hydro: Factor | None) -> Rate:
    if grid is None:
        return _unknown(NO_GRID)
    if grid.mix is None:
        return _unknown(f"the mix behind {grid.label} is not known; name a country to get its water")
    return _generated(water_intensity(grid.mix), site, hydro)


def _withdrawn(site: Site, grid: Grid | None) -> Rate:
    if grid is None:
        return _unknown(NO_GRID)
    if grid.mix is None:
        return _unknown(f"the mix behind {grid.label} is not known; name a country to get its water")
    return _generated(withdrawal_intensity(grid.mix), site, None)


def _generated(intensity: WaterIntensity, site: Site, hydro: Factor | None) -> Rate:
    """Litres at the power plants, which serve the whole building."""
    ewif, basis = _ewif(intensity, site, hydro), weakest("estimated", _pue_basis(site))
    return _known(lambda pick: pick(pue_factor(site)) * ewif(pick) / JOULES_PER_KWH, basis, site)


def _ewif(intensity: WaterIntensity, site: Site, hydro: Factor | None) -> Formula:
    """With the user's number for the whole grid, which like the shipped one leaves the reservoirs out, in its place."""
    shipped, share = intensity.factor(), intensity.hydro_share
    whole = in_force(shipped, site)
    if whole is shipped:
        return intensity.formula(hydro)
    return lambda pick: pick(whole) if hydro is None or not share else pick(whole) + share * pick(hydro)


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
    """A number that the user gave makes the rate assumed, whichever factor it stands for."""
    formula = with_overrides(formula, site.factors)
    if any(factor.by_user for factor in used(formula)):
        basis = weakest(basis, "assumed")
    return Rate(formula, central(formula), None if is_exact(formula) else draws(formula), basis)


def _unknown(reason: str) -> Rate:
    return Rate(None, None, None, "assumed", reason)


def _pue_basis(site: Site) -> Basis:
    """A PUE of 1 adds nothing and is the boundary itself; any other is the user's number."""
    pue = pue_factor(site)
    return "measured" if pue.value == pue.high == 1 else "assumed"
