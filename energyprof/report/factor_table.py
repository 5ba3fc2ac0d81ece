"""The factors of a page: those that a reader looks for first, and those of power plants, folded away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from energyprof.footprint.factor import Factor
from energyprof.model.quantity import significant
from energyprof.report import figures
from energyprof.report.text import shown

PARTS = ("water.", "withdrawal.", "ghg.", "range.")
"""What the ids of factors begin with of which others are made."""

NOT_PARTS = ("water.grid.", "water.hydro")


@dataclass(frozen=True, slots=True)
class FactorLine:
    """A row of the table."""

    name: str
    value: str
    range: str
    unit: str
    source: str
    year: int | None
    licence: str
    url: str | None
    note: str


@dataclass(frozen=True, slots=True)
class FactorTables:
    """The table and the one below it that is folded away."""

    first: tuple[FactorLine, ...]
    parts: tuple[FactorLine, ...]


def factor_tables(factors: Iterable[Factor]) -> FactorTables:
    """Every factor in one of the two tables; what the user gave always in the first."""
    first: list[FactorLine] = []
    parts: list[FactorLine] = []
    for factor in factors:
        is_part = factor.id.startswith(PARTS) and not factor.id.startswith(NOT_PARTS) and factor.licence is not None
        (parts if is_part else first).append(factor_line(factor))
    return FactorTables(tuple(first), tuple(parts))


def factor_line(factor: Factor) -> FactorLine:
    """A factor with its range and source."""
    ends = (
        "exact" if factor.low == factor.high else figures.span(significant(factor.low, 3), significant(factor.high, 3))
    )
    url = factor.url if factor.url and factor.url.startswith("https://") else None
    return FactorLine(
        shown(factor.id),
        significant(factor.value, 3),
        ends,
        shown(factor.unit),
        shown(factor.source),
        factor.year,
        shown(factor.licence or ""),
        url,
        shown(factor.note or ""),
    )
