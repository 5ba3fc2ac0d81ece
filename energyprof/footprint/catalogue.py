"""Every factor that has a name, from all tables: what may be looked up, and what a user may put another in place of."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

from energyprof.footprint.device import devices
from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.grid import Grid, find
from energyprof.footprint.water import water_intensity
from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest

FACTOR_TABLES = (
    ("Water of power plants, consumption", "tech_water.csv"),
    ("Emissions of power plants, lifecycle", "tech_ghg.csv"),
    ("Ranges", "ranges.csv"),
    ("Life and use of devices", "amortisation.csv"),
    ("Prices of electricity", "electricity_prices.csv"),
)
"""(title, file) of the tables that hold one factor a row."""

GRID = "grid."
WATER_OF_GRID = "water.grid."

BUILDING = (
    replace(given("site.pue", 1.0, "ratio"), source="definition: no overhead of a building is counted"),
    replace(given("site.wue", 0.0, "L/kWh"), source="assumed: a machine on a desk uses no water on site"),
)
"""The factors of a building, at the values of a machine on a desk."""


@functools.cache
def named_factors() -> Mapping[str, Factor]:
    """All factors but the intensities of grids, by id."""
    shipped = {id: factor for _, file in FACTOR_TABLES for id, factor in shipped_factors(file).items()}
    embodied = {device.embodied.id: device.embodied for device in devices().values()}
    return shipped | embodied | {factor.id: factor for factor in BUILDING}


def factor_named(id: str) -> Factor:
    """The factor of that id as it is shipped; "grid.FRA" is the intensity of the grid FRA, "water.grid.FRA" its water.

    Raises:
        UnknownName: there is none; the nearest ids are in the message.
        NotMeasurable: codecarbon's data files are missing.
    """
    if id.startswith(GRID):
        return find(id.removeprefix(GRID)).intensity
    if id.startswith(WATER_OF_GRID):
        return _water_of(find(id.removeprefix(WATER_OF_GRID)))
    if id not in named_factors():
        raise UnknownName(_unknown_message(id))
    return named_factors()[id]


def _water_of(grid: Grid) -> Factor:
    if grid.mix is None:
        raise UnknownName(f"Nothing is known of the water of {grid.label}, since its mix is not. Name a country.")
    return water_intensity(grid.mix).factor()


def _unknown_message(id: str) -> str:
    near = nearest(id[:60], named_factors(), most=3)
    suggestion = f" Did you mean {either(near)}?" if near else ""
    return (
        f"There is no factor named {id[:40]!r}, so nothing can stand in its place.{suggestion} "
        "`energyprof factors` lists them all."
    )
