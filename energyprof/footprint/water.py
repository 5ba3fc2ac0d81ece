"""Water that power plants consume, or withdraw, per kWh generated: mix x technology x cooling system."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from energyprof.footprint.draws import interval95
from energyprof.footprint.factor import Factor, shipped_factors
from energyprof.footprint.formula import Amount, Formula, Pick, central, draws, with_overrides
from energyprof.footprint.mix import Mix
from energyprof.footprint.table import Row, read_rows, shipped_text

COOLING_SHARES = "cooling_shares.csv"
WORLD_REGION = "World"
SEAWATER = "seawater"
COOLING = ("once_through", SEAWATER, "tower", "pond", "dry")
SHARES_MISS_ONE_BY_AT_MOST = 1e-3

THERMAL = {
    "coal": ("coal", "coal"),
    "gas": ("gas_cc", "combined_cycle"),
    "oil": ("oil_or_gas_steam", "fossil_non_coal"),
    "nuclear": ("nuclear", "nuclear"),
    "bioenergy": ("biomass_steam", "coal"),
}
"""Source -> (technology in `tech_water.csv`, plant type in `cooling_shares.csv`). All gas counts as combined cycle;
biomass plants are cooled as the region's coal plants are."""

UNCOOLED = {
    "solar": "water.solar_pv.none",
    "wind": "water.wind.none",
    "other_renewables": "water.geothermal.flash_tower",
}
CONSUMED, WITHDRAWN = "water.", "withdrawal."
"""How the ids of a technology's consumption and withdrawal begin; the rest is the same."""

HYDRO_SCENARIO = "water.hydro"


@dataclass(frozen=True, slots=True)
class WaterIntensity:
    """Litres per kWh generated of one mix: consumed (the electricity water intensity factor, EWIF) or withdrawn.

    Attributes:
        id: of the whole as one factor; a user's factor of this id takes the place of all terms.
        hydro_share: fraction of generation from hydropower whose reservoirs evaporate.
        terms: (fraction of generation, technology factor); their sum leaves hydropower's evaporation out.
    """

    id: str
    mix: Mix
    hydro_share: float
    terms: tuple[tuple[float, Factor], ...]
    note: str

    def factor(self, overrides: tuple[Factor, ...] = ()) -> Factor:
        """The whole as one factor with its 95 % range, without hydropower's evaporation.

        Args:
            overrides: the user's factors, in place of the shipped ones of the same id.
        """
        return _composite(self, overrides)

    def formula(self, hydro: Factor | None) -> Formula:
        """L/kWh; with the evaporation of hydropower's reservoirs where its factor is given: a scenario, no spread."""
        share = self.hydro_share

        def ewif(pick: Pick) -> Amount:
            water = pick(_widening()) * sum(fraction * pick(technology) for fraction, technology in self.terms)
            return water if hydro is None or not share else water + share * pick(hydro)

        return ewif


def hydro_factor() -> Factor:
    """Reservoir evaporation per kWh of hydropower: the upper of the two scenarios, the other being 0."""
    return shipped_factors("tech_water.csv")[HYDRO_SCENARIO]


@functools.cache
def water_intensity(mix: Mix) -> WaterIntensity:
    """EWIF = sum over sources and cooling systems of mix share x cooling share x litres per kWh.

    Consumption of fresh water in operation, at the plant. Technology medians and ranges: Macknick et al. 2012;
    cooling shares by region: GCAM, 2015, sea water counting as none.
    """
    technologies = shipped_factors("tech_water.csv")
    terms = tuple((share, technologies[id]) for id, share in _technology_shares(mix).items() if share)
    note = f"EWIF without hydropower's evaporation; {mix_years(mix)}; cooling systems of {mix.cooling_region}"
    return WaterIntensity(f"water.grid.{mix.name}", mix, mix.share("hydro"), terms, note)


@functools.cache
def withdrawal_intensity(mix: Mix) -> WaterIntensity:
    """Litres withdrawn per kWh generated, most of which flow back warmer: never to be added to what is consumed.

    Fresh water, in operation, at the plant; sea water counts as none, and so does what turns hydropower's turbines, in
    either scenario. The medians come without ranges, so that the range is that of the cooling shares alone.
    """
    technologies = shipped_factors("tech_withdrawal.csv")
    terms = tuple(
        (share, technologies[id.replace(CONSUMED, WITHDRAWN, 1)])
        for id, share in _technology_shares(mix).items()
        if share
    )
    note = f"withdrawal; {mix_years(mix)}; cooling systems of {mix.cooling_region}; the medians have no range"
    return WaterIntensity(f"withdrawal.grid.{mix.name}", mix, 0.0, terms, note)


def mix_years(mix: Mix) -> str:
    """The years of what a water intensity is made of."""
    return f"technology 2012, cooling 2015, mix {'given' if mix.year is None else mix.year}"


def _technology_shares(mix: Mix) -> dict[str, float]:
    shares = {id: mix.share(source) for source, id in UNCOOLED.items()}
    for source, (technology, plant) in THERMAL.items():
        for cooling, cooling_share in cooling_shares(mix.cooling_region, plant).items():
            if cooling != SEAWATER:
                # Of dry cooling the source gives gas alone; what the other plants then use is as near to nothing.
                id = "water.gas_cc.dry" if cooling == "dry" else f"water.{technology}.{cooling}"
                shares[id] = shares.get(id, 0.0) + mix.share(source) * cooling_share
    return shares


@functools.lru_cache(maxsize=512)
def _composite(intensity: WaterIntensity, overrides: tuple[Factor, ...]) -> Factor:
    mix, formula = intensity.mix, with_overrides(intensity.formula(None), overrides)
    low, high = interval95(draws(formula))
    return Factor(
        intensity.id,
        central(formula),
        low,
        high,
        "L/kWh",
        "composite",
        f"mix: {mix.source}; cooling systems: GCAM; technology: Macknick et al. 2012",
        mix.year,
        next(iter(shipped_factors("tech_water.csv").values())).url,
        "; ".join((*([mix.licence] if mix.licence else []), "ECL-2.0", "facts cited")),
        intensity.note,
    )


def _widening() -> Factor:
    """For the cooling shares, which carry no published uncertainty."""
    return shipped_factors("ranges.csv")["range.cooling"]


def cooling_shares(region: str, plant: str) -> Mapping[str, float]:
    """Share of each cooling system in a region's plants of one type, in the order of `COOLING`.

    "World" is the plain mean over the regions: the source has no world row.
    """
    table = _cooling_table()
    if region != WORLD_REGION:
        return table[region, plant]
    rows = [shares for (_, plant_type), shares in table.items() if plant_type == plant]
    return {cooling: sum(shares[cooling] for shares in rows) / len(rows) for cooling in COOLING}


def cooling_rows() -> list[Row]:
    """The rows of the shipped table of cooling systems."""
    columns = ("region", "plant", *COOLING, "unit")
    return read_rows(shipped_text(COOLING_SHARES), COOLING_SHARES, columns, key=("region", "plant"))


@functools.cache
def _cooling_table() -> Mapping[tuple[str, str], Mapping[str, float]]:
    return {(row.text("region"), row.text("plant")): _shares(row) for row in cooling_rows()}


def _shares(row: Row) -> Mapping[str, float]:
    shares = {cooling: row.number(cooling) for cooling in COOLING}
    if abs(sum(shares.values()) - 1) > SHARES_MISS_ONE_BY_AT_MOST:
        raise row.invalid(COOLING[-1], f"the shares sum to {sum(shares.values()):g}, not 1")
    return shares
