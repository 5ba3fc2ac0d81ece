"""A grid: its carbon intensity, labelled with what the number counts, and its mix where one is known."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from energyprof.footprint import codecarbon_files
from energyprof.footprint.cloud import MARK, CloudRegion, cloud_region, cloud_regions
from energyprof.footprint.draws import factor_draws, interval95
from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.mix import Mix, country_mix, is_mix, mix_from_text, shares_of
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.names import either, nearest

Accounting = Literal["lifecycle", "direct", "CO2 only", "mixed", "as given"]
"""What an intensity counts. lifecycle: CO2e of fuel, building and combustion, per kWh generated. direct: CO2e of
combustion at the plant. CO2 only: CO2 of combustion. mixed: lifecycle, but oil by its combustion alone. as given:
whatever the user's number counts."""

WORLD = "WORLD"
NAMED_GRIDS = ("SWE", "FRA", "DEU", "USA", "CHN", "IND", "POL", WORLD)
"""Grids to show side by side where none was given; all of them lifecycle."""

CLEAN_BELOW_G_PER_KWH = 100.0
HIGHEST_G_PER_KWH = 3000.0
GRAMS_PER_KWH_PER_POUND_PER_MWH = 0.45359237

OWID_URL = "https://ourworldindata.org/grapher/carbon-intensity-electricity"

CANADIAN_CODES = {
    "CA-AB": "alberta",
    "CA-BC": "british columbia",
    "CA-MB": "manitoba",
    "CA-NB": "new brunswick",
    "CA-NL": "newfoundland and labrador",
    "CA-NS": "nova scotia",
    "CA-NT": "northwest territories",
    "CA-NU": "nunavut",
    "CA-ON": "ontario",
    "CA-PE": "prince edward island",
    "CA-QC": "quebec",
    "CA-SK": "saskatchewan",
    "CA-YT": "yukon",
}
OIL_MATTERS_FROM = 0.01
CANADIAN_SOURCES = {
    "naturalGas": "gas",
    "nuclear": "nuclear",
    "petroleum": "oil",
    "biomass": "bioenergy",
    "coal": "coal",
    "solar": "solar",
    "tidal": "other_renewables",
    "wind": "wind",
    "hydro": "hydro",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid.

    Attributes:
        name: as it is asked for: "FRA", "US-CA", "94 g/kWh". label: for people: "France".
        intensity: g/kWh, with its range.
        accounting: what the intensity counts.
        mix: what its electricity is made of; None where that is not known.
        mix_note: said where the mix is not the grid's own.
        terms: (fraction of generation, emission factor) that sum to the intensity, where it is worked out from a mix
            that was given, and is drawn from them; else empty.
    """

    name: str
    label: str
    intensity: Factor
    accounting: Accounting
    mix: Mix | None
    mix_note: str | None = None
    terms: tuple[tuple[float, Factor], ...] = ()


def find(name: str | float) -> Grid:
    """The grid of that name; never a guess.

    Args:
        name: ISO 3166 alpha-3 country ("FRA"), US state ("US-CA"), Canadian or Chinese province ("CA-ON",
            "CN-BJ"), "WORLD", a cloud region ("aws:us-east-1"), a mix in percent ("coal=40,wind=60"), or a carbon
            intensity in g/kWh, as a number or its text.

    Raises:
        UnknownName: there is none; the nearest names are in the message.
        InvalidValue: a number that no grid has, or a mix that does not sum to 100.
        NotMeasurable: codecarbon's data files are missing.
    """
    if isinstance(name, str):
        number = _number(name)
        return _named(name) if number is None else _given(number)
    return _given(name)


def same_grid(one: str | float | None, other: str | float | None) -> bool:
    """Whether two names are of one grid, however they are written: "fra" and "FRA", 94 and "94"; None is none.

    Raises:
        UnknownName, InvalidValue, NotMeasurable: as of `find`.
    """
    if one is None or other is None:
        return one is other
    return one == other or find(one).name == find(other).name


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _given(intensity_g_per_kwh: float) -> Grid:
    value = float(intensity_g_per_kwh)
    if isinstance(intensity_g_per_kwh, bool) or not math.isfinite(value) or not 0 < value < HIGHEST_G_PER_KWH:
        raise InvalidValue(
            f"A grid of {intensity_g_per_kwh} g/kWh cannot be: the intensity of a grid lies above 0 and below "
            f"{HIGHEST_G_PER_KWH:g} g/kWh. Give a number in g/kWh (kg/MWh is the same), or a country such as FRA."
        )
    name = f"{value:g} g/kWh"
    factor = given("grid.given", value, "g/kWh", note="taken as exact; counts whatever the given number counts")
    return Grid(name, f"a grid of {name}", factor, "as given", None)


def _named(name: str) -> Grid:
    if is_mix(name):
        return _mixed(mix_from_text(name))
    if MARK in name:
        return _of_cloud(cloud_region(name))
    code = name.strip().upper()
    if code not in names():
        raise UnknownName(_unknown_message(name))
    return _known(code)


@functools.cache
def _mixed(mix: Mix) -> Grid:
    """Mix x lifecycle medians of each technology, with the spread of the studies of each."""
    import numpy as np

    terms = mix.emission_terms()
    low, high = interval95(np.sum([fraction * factor_draws(factor) for fraction, factor in terms], axis=0))
    intensity = Factor(
        f"grid.{mix.name}",
        mix.emissions_g_per_kwh(),
        low,
        high,
        "g/kWh",
        "composite",
        f"mix: {mix.source}; IPCC AR5 WG3 Annex III medians",
        2014,
        terms[0][1].url,
        "facts cited, (c) IPCC",
        "lifecycle CO2e from mix x technology factors; oil counts combustion only",
    )
    accounting: Accounting = "lifecycle" if mix.share("oil") < OIL_MATTERS_FROM else "mixed"
    return Grid(mix.name, mix.label, intensity, accounting, mix, terms=terms)


@functools.cache
def _of_cloud(region: CloudRegion) -> Grid:
    """The grid that a region stands on, under the region's name; the intensity keeps its id, and its draws with it."""
    grid = _known(region.grid)
    note = f"{region.label} is taken to draw from the grid of {grid.label}; {grid.intensity.note}"
    return replace(
        grid,
        name=region.name,
        label=f"{region.label}, grid of {grid.label}",
        intensity=replace(grid.intensity, note=note),
    )


@functools.cache
def _known(name: str) -> Grid:
    if name == WORLD:
        return _world()
    match name[:3]:
        case "US-":
            return _us_state(name)
        case "CA-":
            return _canadian_province(name)
        case "CN-":
            return _chinese_province(name)
    return _country(name)


@functools.cache
def names() -> Mapping[str, str]:
    """Every grid's name, with its label for people."""
    labels = {code: str(country["country_name"]) for code, country in _countries().items()}
    labels |= {f"US-{state['regionCode']}": label.title() for label, state in _us_states().items()}
    labels |= {code: province.title() for code, province in CANADIAN_CODES.items() if province in _canada()}
    labels |= {code: str(province["description"]) for code, province in _china().items()}
    return labels | {WORLD: "World"}


def _countries() -> dict[str, Any]:
    """Countries whose intensity is given; one is there with 0, which no generation has over its life cycle."""
    countries = codecarbon_files.read(codecarbon_files.COUNTRIES)
    return {code: country for code, country in countries.items() if country["carbon_intensity"]}


def _us_states() -> dict[str, Any]:
    states = codecarbon_files.read(codecarbon_files.US_STATES)
    return {name: state for name, state in states.items() if len(state.get("regionCode", "")) == 2}


def _canada() -> dict[str, Any]:
    return codecarbon_files.read(codecarbon_files.CANADIAN_PROVINCES)


def _china() -> dict[str, Any]:
    provinces: dict[str, Any] = codecarbon_files.read(codecarbon_files.CHINESE_PROVINCES)["data"]
    return provinces


def _country(name: str) -> Grid:
    country = _countries()[name]
    note = "lifecycle CO2e per kWh generated, annual mean; imports and grid losses not counted"
    intensity = _owid_intensity(name, country["carbon_intensity"], int(country["year"]), note)
    return Grid(name, names()[name], intensity, "lifecycle", country_mix(name))


def _world() -> Grid:
    """The mean over all countries, weighted by generation; its year is that of most of the generation."""
    countries = _countries().values()
    generation_twh: dict[int, float] = {}
    for country in countries:
        year = int(country["year"])
        generation_twh[year] = generation_twh.get(year, 0.0) + country["total_TWh"]
    value = sum(country["carbon_intensity"] * country["total_TWh"] for country in countries)
    value /= sum(generation_twh.values())
    span = f"{min(generation_twh)}-{max(generation_twh)}"
    note = f"lifecycle CO2e; mean of {len(countries)} countries, weighted by generation, {span}"
    intensity = _owid_intensity(WORLD, value, max(generation_twh, key=lambda year: generation_twh[year]), note)
    return Grid(WORLD, "World", intensity, "lifecycle", country_mix(WORLD))


def _us_state(name: str) -> Grid:
    origin = codecarbon_files.read(codecarbon_files.US_STATES)["_source"]
    state = next(state for state in _us_states().values() if state["regionCode"] == name[3:])
    intensity = _ranged(
        name,
        state["emissions"] * GRAMS_PER_KWH_PER_POUND_PER_MWH,
        source=f"{origin['name']}, in {codecarbon_files.release()}",
        year=int(origin["year"]),
        url=origin["url"],
        licence="US Government work; file MIT",
        note="direct CO2e of combustion in the state's plants; a lifecycle figure is higher: do not compare the two",
    )
    return Grid(name, names()[name], intensity, "direct", country_mix("USA"), "mix of the USA, not of the state")


def _canadian_province(name: str) -> Grid:
    """Mix x lifecycle factors: codecarbon's own figure counts combustion alone, with gas at 744 g/kWh."""
    percents = {
        CANADIAN_SOURCES.get(source, source): percent
        for source, percent in _canada()[CANADIAN_CODES[name]].items()
        if source != "total" and percent
    }
    origin = f"provincial mix 2023 in {codecarbon_files.release()}"
    label, url, shares = names()[name], codecarbon_files.URL, shares_of(percents, name)
    mix = Mix(name, label, "Canada", shares, origin, 2023, url, "MIT")
    intensity = _ranged(
        name,
        mix.emissions_g_per_kwh(),
        source=f"{origin} x IPCC AR5 WG3 Annex III medians (2014)",
        year=2023,
        url=url,
        licence="MIT; facts cited, (c) IPCC",
        note="lifecycle CO2e from mix x technology factors; oil counts combustion only",
    )
    accounting: Accounting = "lifecycle" if mix.share("oil") < OIL_MATTERS_FROM else "mixed"
    return Grid(name, label, intensity, accounting, mix)


def _chinese_province(name: str) -> Grid:
    origin, province = codecarbon_files.read(codecarbon_files.CHINESE_PROVINCES)["metadata"], _china()[name]
    intensity = _ranged(
        name,
        float(province["emission_factor"]),
        source="Ministry of Ecology and Environment and National Bureau of Statistics of China, "
        f"Announcement {origin['announcement']}, in {codecarbon_files.release()}",
        year=int(province["year"]),
        url=origin["source_url"],
        licence="official publication; file MIT",
        note="CO2 of combustion only, no other gas, no upstream; a lifecycle figure is higher: do not compare the two",
    )
    return Grid(name, names()[name], intensity, "CO2 only", country_mix("CHN"), "mix of China, not of the province")


def _owid_intensity(name: str, value: float, year: int, note: str) -> Factor:
    source = f"Ember, processed by Our World in Data, in {codecarbon_files.release()}"
    return _ranged(name, value, source=source, year=year, url=OWID_URL, licence="CC BY 4.0; file MIT", note=note)


def _ranged(name: str, value: float, *, source: str, year: int, url: str, licence: str, note: str) -> Factor:
    """An annual intensity with its 95 % range, wider for a clean grid, from the table `ranges.csv`."""
    clean = value < CLEAN_BELOW_G_PER_KWH
    relative = shipped_factors("ranges.csv")["range.grid_clean" if clean else "range.grid"]
    low, high = value * relative.low, value * relative.high
    return Factor(f"grid.{name}", value, low, high, "g/kWh", "lognormal", source, year, url, licence, note)


def _unknown_message(name: str) -> str:
    regions = [region for region in cloud_regions() if region.split(MARK)[1] == name.strip().lower()]
    near = regions or [f"{code} ({names()[code]})" for code in _nearest(name.strip().upper()[:60])]
    suggestion = f" Did you mean {either(near)}?" if near else ""
    return (
        f"There is no grid named {name[:40]!r}, so neither CO2e nor water can be given.{suggestion} Give a country by "
        "its three letters (FRA), a US state (US-CA), a Canadian or Chinese province (CA-ON, CN-BJ), a cloud region "
        "(aws:us-east-1), a mix (coal=40,wind=60), or a number in g/kWh."
    )


def _nearest(name: str) -> list[str]:
    """Up to three names that someone who wrote `name` may have meant: by label, by initials, else by spelling."""
    labels = names()
    similar = nearest(name, {label.upper() for label in labels.values()}, most=3, like=0.75)
    by_label = [code for match in similar for code, label in labels.items() if label.upper() == match]
    by_initials = [code for code, label in labels.items() if _initials(label) == name]
    by_spelling = nearest(name, labels, most=3)
    return list(dict.fromkeys(by_label + by_initials or by_spelling))[:3]


def _initials(label: str) -> str:
    words = label.split()
    return "".join(word[0] for word in words) if len(words) > 1 else ""
