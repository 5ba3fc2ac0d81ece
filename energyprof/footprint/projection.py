"""A measured run, asked for more: energy, carbon, water, hardware and cost of a fleet over years, with ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.footprint import limits
from energyprof.footprint.demand import DAYS_PER_YEAR, Demand
from energyprof.footprint.draws import interval95
from energyprof.footprint.factor import Factor
from energyprof.footprint.fleet import Server, in_ratio, server
from energyprof.footprint.fleet_impact import FleetImpact, Known, currency, fleet_impact
from energyprof.footprint.formula import Formula, VarianceShare, central, draws, uncertainty, used
from energyprof.footprint.rate import rates
from energyprof.footprint.site import Site
from energyprof.footprint.supply import pue_factor
from energyprof.model.errors import NotMeasurable
from energyprof.model.quantity import Quantity, unknown

MOST_SHARES = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """What one variant needs over a year, or over all of them. Intervals hold 95 % of the draws.

    Attributes:
        requests: done.
        devices: whole, in the busiest year. utilisation: busy part of their time in that year.
        energy_kwh: of the computers, idle included. facility_kwh: of the building, PUE times as much.
        peak_kw: of the building, at the highest load.
        co2e_kg: operational, location-based. embodied_kg: of the hardware, by its calendar life.
        all_co2e_kg: both, or operational alone where embodied is not known.
        water_l: on-site + off-site.
        cost: electricity, and hire where a price of the device was given.
    """

    requests: float
    devices: Quantity
    utilisation: Quantity
    energy_kwh: Quantity
    facility_kwh: Quantity
    peak_kw: Quantity
    co2e_kg: Quantity
    embodied_kg: Quantity
    all_co2e_kg: Quantity
    water_onsite_l: Quantity
    water_offsite_l: Quantity
    water_l: Quantity
    cost: Quantity


@dataclass(frozen=True, slots=True)
class Ratios:
    """A variant over the baseline for all years, below 1 is less; draws of what both share cancel."""

    devices: Quantity
    energy_kwh: Quantity
    all_co2e_kg: Quantity
    water_l: Quantity
    cost: Quantity


@dataclass(frozen=True, slots=True)
class VariantProjection:
    """One variant's fleet.

    Attributes:
        years: one a year; empty, and `total` None, where it cannot be projected: `reason` says why.
        versus: None for the baseline, and where one of the two cannot be projected.
        shares: which factors make the range of CO2e, or of the energy where no grid is known; largest first.
        limits: where this stops being valid.
    """

    result: VariantResult
    years: list[Figures] = field(default_factory=list)
    total: Figures | None = None
    versus: Ratios | None = None
    shares: list[VarianceShare] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """All variants of a run under one demand.

    Attributes:
        currency: of the costs; None where no price is known.
        boundary: what is counted. limits: where all of it stops being valid.
        factors: all that was used, each once.
    """

    comparison: Comparison
    demand: Demand
    site: Site
    variants: list[VariantProjection]
    currency: str | None
    boundary: str
    limits: list[str]
    factors: list[Factor]


@dataclass(frozen=True, slots=True)
class _Fleet:
    """One variant's server and its impact over all years; `in_ratio` is the same where it is held against another."""

    served: Server
    total: FleetImpact
    in_ratio: FleetImpact


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question: demand, site and currency."""

    demand: Demand
    site: Site
    currency: str | None

    @property
    def years(self) -> range:
        return range(1, self.demand.years + 1)


def project(comparison: Comparison, demand: Demand, site: Site) -> Projection:
    """The fleet of each variant, and each against the baseline's.

    Raises:
        NotMeasurable: no variant can be projected.
        InvalidValue: prices in two currencies.
    """
    asked = _Asked(demand, site, currency(site))
    fleets = {result.record.name: _fleet(comparison, result, asked) for result in comparison.variants}
    known = [fleet for fleet in fleets.values() if isinstance(fleet, _Fleet)]
    if not known:
        raise NotMeasurable(_nothing(str(reason) for reason in fleets.values()))
    baseline = fleets.get(comparison.baseline)
    return Projection(
        comparison,
        demand,
        site,
        [_variant(result, fleets[result.record.name], baseline, asked) for result in comparison.variants],
        asked.currency,
        _boundary(site),
        limits.always(comparison, demand),
        _factors(fleet.total for fleet in known),
    )


def _fleet(comparison: Comparison, result: VariantResult, asked: _Asked) -> _Fleet | str:
    """A text where it cannot be projected: why not."""
    try:
        served = server(comparison, result)
    except NotMeasurable as error:
        return str(error)
    total, beside = (
        fleet_impact(each, asked.demand, asked.years, asked.site) for each in (served, in_ratio(served, result))
    )
    return _Fleet(served, total, beside)


def _nothing(reasons: Iterable[str]) -> str:
    told = "; ".join(dict.fromkeys(reason.rstrip(".") for reason in reasons)) or "it has no variants"
    return (
        f"This run cannot be projected, since no variant has joules, a throughput and idle power: {told}. Measure it "
        "again where a sensor can be read: `energyprof sensors` says what can be."
    )


def _variant(
    result: VariantResult, fleet: _Fleet | str, baseline: _Fleet | str | None, asked: _Asked
) -> VariantProjection:
    if isinstance(fleet, str):
        return VariantProjection(result, reason=fleet)
    served, total = fleet.served, fleet.total
    yearly = [(year, fleet_impact(served, asked.demand, [year], asked.site)) for year in asked.years]
    return VariantProjection(
        result,
        [_figures(impact, served, [year], asked) for year, impact in yearly],
        _figures(total, served, asked.years, asked),
        None if baseline is fleet or not isinstance(baseline, _Fleet) else _ratios(fleet, baseline),
        _shares(total) if served.ranged else [],
        limits.of_variant(served, result, asked.demand),
    )


def _figures(impact: FleetImpact, served: Server, years: Sequence[int], asked: _Asked) -> Figures:
    units = {"devices": "devices", "utilisation": "ratio", "peak_kw": "kW", "cost": asked.currency or "money"}
    quantities = {
        each.name: _quantity(getattr(impact, each.name), units.get(each.name) or _unit(each.name), ranged=served.ranged)
        for each in fields(impact)
    }
    return Figures(sum(asked.demand.per_day(year) for year in years) * DAYS_PER_YEAR, **quantities)


def _unit(name: str) -> str:
    return {"kwh": "kWh", "kg": "kg", "l": "L"}[name.rpartition("_")[2]]


def _quantity(formula: Known, unit: str, *, ranged: bool) -> Quantity:
    """Estimated, whatever it rests on: nobody has measured the fleet."""
    if isinstance(formula, str):
        return unknown(unit, formula, "assumed")
    value = central(formula)
    low, high = interval95(draws(formula)) if ranged else (None, None)
    return Quantity(value, low, high, unit, "estimated")


def _ratios(mine: _Fleet, baseline: _Fleet) -> Ratios:
    ranged = mine.served.ranged and baseline.served.ranged
    pairs = {
        each.name: (getattr(mine.in_ratio, each.name), getattr(baseline.total, each.name)) for each in fields(Ratios)
    }
    return Ratios(**{name: _quantity(_over(*pair), "ratio", ranged=ranged) for name, pair in pairs.items()})


def _over(mine: Known, baseline: Known) -> Known:
    if isinstance(mine, str):
        return mine
    if isinstance(baseline, str) or central(baseline) == 0:
        return "the baseline's is not known or 0, so there is nothing to compare"
    return _quotient(mine, baseline)


def _quotient(mine: Formula, baseline: Formula) -> Formula:
    return lambda pick: mine(pick) / baseline(pick)


def _shares(total: FleetImpact) -> list[VarianceShare]:
    known = [formula for formula in (total.all_co2e_kg, total.energy_kwh) if not isinstance(formula, str)]
    return list(uncertainty(known[0]).shares[:MOST_SHARES])


def _boundary(site: Site) -> str:
    grid, held = rates(site).grid, site.hardware
    carbon = "CO2e and off-site water not counted: no grid given"
    if grid is not None:
        carbon = f"operational CO2e, location-based, {grid.label}, carbon intensity: {grid.accounting}"
    made = "not counted: no device was named, and none that was measured has a published figure"
    if held:
        devices = ", ".join(f"{each.device.label} x {each.share:g}" for each in held)
        made = f"of {devices}, spread evenly over its life, whether busy or not"
    hydro = "with" if site.hydro_l_per_kwh else "without"
    return (
        f"{carbon}; PUE {pue_factor(site).value:g}; fresh water consumed, {hydro} evaporation of hydropower's "
        f"reservoirs; idle capacity included, all devices on all year; embodied carbon {made}; embodied water is not "
        "modelled; network and users' devices are not counted."
    )


def _factors(impacts: Iterable[FleetImpact]) -> list[Factor]:
    found: dict[str, Factor] = {}
    for impact in impacts:
        for each in fields(impact):
            formula = getattr(impact, each.name)
            for factor in [] if isinstance(formula, str) else used(formula):
                found.setdefault(factor.id, factor)
    return list(found.values())
