"""What a grid's electricity is made of: shares by source, with their year and origin."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from energyprof.footprint.factor import BY_USER, Factor, shipped_factors
from energyprof.footprint.table import Row, number_of, read_rows, shipped_text
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.names import either, nearest

SOURCES = ("coal", "gas", "oil", "nuclear", "hydro", "solar", "wind", "bioenergy", "other_renewables")

COUNTRY_MIXES = "country_mixes.csv"
WORLD_COOLING = "World"
TOLERANCE = 0.01
"""Shares may miss 100 % by this much, from rounding; they are scaled to 1."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of generation.

    Attributes:
        name: "FRA", "CA-ON". label: "France".
        shares: (source, fraction) of each of `SOURCES`; the fractions sum to 1.
        cooling_region: whose power plants' cooling systems its thermal plants are taken to have.
        year, licence: None where the user gave the mix.
    """

    name: str
    label: str
    cooling_region: str
    shares: tuple[tuple[str, float], ...]
    source: str
    year: int | None
    url: str | None
    licence: str | None

    def share(self, source: str) -> float:
        """The fraction of generation from one source."""
        return dict(self.shares)[source]

    def emissions_g_per_kwh(self) -> float:
        """Mix x lifecycle emission factors of each technology (medians of IPCC AR5 Annex III, 2014).

        Oil, which that table leaves out, counts with its combustion only.
        """
        return sum(fraction * factor.value for fraction, factor in self.emission_terms())

    def emission_terms(self) -> tuple[tuple[float, Factor], ...]:
        """(fraction of generation, lifecycle emission factor) of each source that there is any of."""
        factors = shipped_factors("tech_ghg.csv")
        return tuple((fraction, factors[f"ghg.{source}"]) for source, fraction in self.shares if fraction)


def shares_of(amounts: Mapping[str, float], name: str) -> tuple[tuple[str, float], ...]:
    """Amounts by source, in percent, as fractions of all `SOURCES` that sum to exactly 1.

    Raises:
        InvalidValue: a source is unknown, an amount negative, or the sum is not 100 within 1.
    """
    for source, percent in amounts.items():
        if source not in SOURCES or not percent >= 0:
            raise InvalidValue(
                f"The mix of {name} has {percent:g} % of {source!r}. Give shares of at least 0 of {', '.join(SOURCES)}."
            )
    total = sum(amounts.values())
    if not abs(total / 100 - 1) <= TOLERANCE:
        raise InvalidValue(f"The mix of {name} sums to {total:g} %, not 100 %, so part of it is unknown. Complete it.")
    return tuple((source, amounts.get(source, 0.0) / total) for source in SOURCES)


def is_mix(text: str) -> bool:
    """Whether a text is meant as a mix: "coal=40,wind=60"."""
    return "=" in text


def mix_from_text(text: str) -> Mix:
    """A mix in percent, such as "coal=40,wind=60", or "coal=40,wind=60@FRA" for the cooling systems of France's plants.

    Raises:
        InvalidValue: a part is no SOURCE=PERCENT, a source is there twice, or the sum is not 100 within 1.
        UnknownName: no such source, or no such country; the nearest are in the message.
    """
    shares_text, _, country = text.partition("@")
    amounts: dict[str, float] = {}
    for part in shares_text.split(","):
        source, percent = _part(part, text)
        if source in amounts:
            raise InvalidValue(f"The mix {text[:60]!r} has {source} twice, so it is not clear. Give each source once.")
        amounts[source] = percent
    named = [(source, amounts[source]) for source in SOURCES if amounts.get(source)]
    name = ",".join(f"{source}={percent:g}" for source, percent in named)
    label = "a mix of " + ", ".join(f"{percent:g} % {source.replace('_', ' ')}" for source, percent in named)
    shares = shares_of(amounts, repr(text[:60]))
    if not country.strip():
        return Mix(name, label, WORLD_COOLING, shares, BY_USER, None, None, None)
    plants = _plants_of(country.strip().upper(), text)
    return Mix(f"{name}@{plants.name}", label, plants.cooling_region, shares, BY_USER, None, None, None)


def _part(part: str, text: str) -> tuple[str, float]:
    source, equals, amount = (word.strip() for word in part.partition("="))
    percent = number_of(amount.removesuffix("%"))
    if not equals or percent is None:
        raise InvalidValue(
            f"The mix {text[:60]!r} has the part {part[:40]!r}, which is no SOURCE=PERCENT with a percentage of at "
            "least 0. Write it as coal=40,wind=60."
        )
    source = source.lower().replace(" ", "_").replace("-", "_")
    if source not in SOURCES:
        near = nearest(source[:40], SOURCES)
        hint = f"Did you mean {near[0]}?" if near else f"Use {', '.join(SOURCES)}."
        raise UnknownName(f"The mix {text[:60]!r} has {source[:40]!r}, which is no source that is known. {hint}")
    return source, percent


def _plants_of(country: str, text: str) -> Mix:
    mix = country_mix(country)
    if mix is None:
        near = nearest(country[:40], country_mixes())
        hint = f"Did you mean {either(near)}?" if near else "Give a country by its three letters, such as FRA."
        raise UnknownName(
            f"The mix {text[:60]!r} is to have the cooling systems of {country[:40]!r}, which are not known. {hint}"
        )
    return mix


def country_mix(name: str) -> Mix | None:
    """The mix of a country by its ISO 3166 alpha-3 code, or of "WORLD"; None where none is shipped."""
    return country_mixes().get(name)


@functools.cache
def country_mixes() -> Mapping[str, Mix]:
    """All shipped mixes."""
    columns = ("id", "country", "cooling_region", *SOURCES, "unit")
    rows = read_rows(shipped_text(COUNTRY_MIXES), COUNTRY_MIXES, columns, key=("id",))
    return {row.text("id"): _mix(row) for row in rows}


def _mix(row: Row) -> Mix:
    name = row.text("id")
    return Mix(
        name,
        row.text("country"),
        row.text("cooling_region"),
        shares_of({source: row.number(source) for source in SOURCES}, name),
        row.text("source"),
        row.year(),
        row.url(),
        row.text("licence"),
    )
