"""What a grid's electricity is made of: shares by source, with their year and origin."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from energyprof.footprint.factor import shipped_factors
from energyprof.footprint.table import Row, read_rows, shipped_text
from energyprof.model.errors import InvalidValue

SOURCES = ("coal", "gas", "oil", "nuclear", "hydro", "solar", "wind", "bioenergy", "other_renewables")

COUNTRY_MIXES = "country_mixes.csv"
TOLERANCE = 0.01
"""Shares may miss 100 % by this much, from rounding; they are scaled to 1."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of generation.

    Attributes:
        name: "FRA", "CA-ON". label: "France".
        shares: (source, fraction) of each of `SOURCES`; the fractions sum to 1.
        cooling_region: whose power plants' cooling systems its thermal plants are taken to have.
    """

    name: str
    label: str
    cooling_region: str
    shares: tuple[tuple[str, float], ...]
    source: str
    year: int
    url: str | None
    licence: str

    def share(self, source: str) -> float:
        """The fraction of generation from one source."""
        return dict(self.shares)[source]

    def emissions_g_per_kwh(self) -> float:
        """Mix x lifecycle emission factors of each technology (medians of IPCC AR5 Annex III, 2014).

        Oil, which that table leaves out, counts with its combustion only.
        """
        factors = shipped_factors("tech_ghg.csv")
        return sum(fraction * factors[f"ghg.{source}"].value for source, fraction in self.shares)


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
