"""Every factor that has a name, from all tables: what may be looked up, and what a user may put another in place of."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.grid import find
from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest

FACTOR_TABLES = (
    ("Water of power plants, consumption", "tech_water.csv"),
    ("Water of power plants, withdrawal", "tech_withdrawal.csv"),
    ("Emissions of power plants, lifecycle", "tech_ghg.csv"),
    ("Data centres: PUE and WUE by name", "data_centres.csv"),
    ("Ranges", "ranges.csv"),
)
"""(title, file) of the tables that hold one factor a row."""

GRID = "grid."

BUILDING = (
    replace(given("site.pue", 1.0, "ratio"), source="definition: no overhead of a building is counted"),
    replace(given("site.wue", 0.0, "L/kWh"), source="assumed: a machine on a desk uses no water on site"),
)
"""The factors of a building, at the values of a machine on a desk."""


@functools.cache
def named_factors() -> Mapping[str, Factor]:
    """All factors but the intensities of grids, by id."""
    shipped = {id: factor for _, file in FACTOR_TABLES for id, factor in shipped_factors(file).items()}
    return shipped | {factor.id: factor for factor in BUILDING}


def factor_named(id: str) -> Factor:
    """The factor of that id as it is shipped; "grid.FRA" is the intensity of the grid FRA.

    Raises:
        UnknownName: there is none; the nearest ids are in the message.
        NotMeasurable: codecarbon's data files are missing.
    """
    if id.startswith(GRID):
        return find(id.removeprefix(GRID)).intensity
    if id not in named_factors():
        raise UnknownName(_unknown_message(id))
    return named_factors()[id]


def _unknown_message(id: str) -> str:
    near = nearest(id[:60], named_factors(), most=3)
    suggestion = f" Did you mean {either(near)}?" if near else ""
    return (
        f"There is no factor named {id[:40]!r}, so nothing can stand in its place.{suggestion} "
        "`energyprof factors` lists them all."
    )
