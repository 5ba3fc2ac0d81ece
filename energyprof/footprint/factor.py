"""One number from outside that a footprint depends on, with its range and where it comes from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from energyprof.footprint.table import Row, read_rows, shipped_text

Distribution = Literal["exact", "normal", "lognormal", "triangular", "composite"]

BY_USER = "given by the user"
"""How the source of a number that the user gave begins."""

COLUMNS = ("id", "value", "low", "high", "unit", "distribution")


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor and its range.

    Attributes:
        id: names it, and the stream of its random draws: "grid.FRA", "water.coal.tower".
        value: central value in `unit`.
        low, high: "normal": the 95 % interval of a split normal with median `value`; "lognormal": the same of a
            split lognormal; "triangular": the bounds, with mode `value`; "exact": both equal `value`;
            "composite": the 95 % interval of a combination of other factors.
        source, year, url, licence: of the number; year and licence are None only for a number that the
            user gave.
        note: what a reader must know.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    distribution: Distribution
    source: str
    year: int | None
    url: str | None
    licence: str | None
    note: str | None = None

    @property
    def by_user(self) -> bool:
        """Whether the user gave it."""
        return self.source.startswith(BY_USER)


def read_factors(text: str, file: str) -> dict[str, Factor]:
    """The factors of a CSV table by id; a shipped table or one that a user wrote.

    Raises:
        InvalidValue: as `read_rows`, or a value that is no number, outside its own range, or without a unit.
    """
    return {row.text("id"): factor_of(row) for row in read_rows(text, file, COLUMNS, key=("id",))}


@functools.cache
def shipped_factors(file: str) -> Mapping[str, Factor]:
    """The factors of a table that comes with energyprof: "tech_water.csv", "tech_ghg.csv" or "ranges.csv"."""
    return read_factors(shipped_text(file), file)


def given(id: str, value: float, unit: str, *, note: str | None = None) -> Factor:
    """A number that the user gave: exact, since nothing says how far off it may be."""
    return Factor(id, value, value, value, unit, "exact", BY_USER, None, None, None, note)


def factor_of(row: Row) -> Factor:
    """The factor in one row of a table.

    Raises:
        InvalidValue: a cell cannot be.
    """
    distribution = row.text("distribution")
    if distribution not in get_args(Distribution) or distribution == "composite":
        raise row.invalid("distribution", f"{distribution[:40]!r} is none of exact, normal, lognormal, triangular")
    value, low, high = row.number("value"), row.number("low"), row.number("high")
    if not low <= value <= high:
        raise row.invalid("value", f"{value:g} lies outside its own range {low:g}-{high:g}")
    if distribution == "exact" and low != high:
        raise row.invalid("distribution", "an exact factor has low = value = high")
    if distribution == "lognormal" and low == 0:
        raise row.invalid("low", "a lognormal factor is above 0")
    return Factor(
        row.text("id"),
        value,
        low,
        high,
        row.text("unit"),
        cast(Distribution, distribution),
        row.text("source"),
        row.year(),
        row.url(),
        row.text("licence"),
        row.optional("note"),
    )
