"""A factor that the user gave in place of a shipped one, as a record keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GivenFactor:
    """The fields of a factor (`energyprof.footprint.factor.Factor`), so that a report derives the same again."""

    id: str
    value: float
    low: float
    high: float
    unit: str
    distribution: str
    source: str
    year: int | None = None
    url: str | None = None
    licence: str | None = None
    note: str | None = None
