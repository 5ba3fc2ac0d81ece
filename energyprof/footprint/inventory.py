"""All factors that the footprints at a site rest on: to be kept with a run, and to be held against those of today."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from energyprof.footprint.assess import Footprint, assess, over_grids
from energyprof.footprint.factor import Factor
from energyprof.footprint.site import Site
from energyprof.model.quantity import unknown
from energyprof.model.run import FactorRecord

VALUE_TOLERANCE = 1e-9
"""Relative; nearer values are the same number, through another order of additions."""

RANGE_TOLERANCE = 0.02
"""Relative; the range of a composite comes from draws, and another version of NumPy may draw others."""


def factors_at(site: Site) -> list[Factor]:
    """Every factor for a site and for the named grids with its building, each once."""
    nothing = unknown("J", "only the factors are asked for")
    return distinct([assess(nothing, site), *(footprint for _, footprint in over_grids(nothing, site))])


def distinct(footprints: Iterable[Footprint]) -> list[Factor]:
    """The factors of several footprints, each once, in the order of first use."""
    found: dict[str, Factor] = {}
    for footprint in footprints:
        for factor in footprint.factors:
            found.setdefault(factor.id, factor)
    return list(found.values())


def records(factors: Iterable[Factor]) -> list[FactorRecord]:
    """The factors as a run keeps them."""
    return [FactorRecord(f.id, f.value, f.low, f.high, f.unit, f.source, f.year) for f in factors]


def changed(then: Sequence[FactorRecord], now: Iterable[Factor]) -> list[tuple[FactorRecord, Factor]]:
    """The factors whose value or range is no longer what it was; what the user gave is not among them."""
    before = {record.id: record for record in then}
    looked_up = (factor for factor in now if factor.licence is not None and not factor.by_user)
    pairs = [(before[factor.id], factor) for factor in looked_up if factor.id in before]
    return [(record, factor) for record, factor in pairs if not _same(record, factor)]


def _same(record: FactorRecord, factor: Factor) -> bool:
    ends = [(record.low, factor.low), (record.high, factor.high)]
    return (
        record.unit == factor.unit
        and math.isclose(record.value, factor.value, rel_tol=VALUE_TOLERANCE)
        and all(math.isclose(old, new, rel_tol=RANGE_TOLERANCE) for old, new in ends)
    )
