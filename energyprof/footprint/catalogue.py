"""Every factor that has a name, from all tables: what may be looked up, and what a user may put another in place of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

from energyprof.footprint.device import devices
from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.grid import find
from energyprof.footprint.mix import Mix
from energyprof.footprint.water import WaterIntensity, water_intensity, withdrawal_intensity
from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest

FACTOR_TABLES = (
    ("Water of power plants, consumption", "tech_water.csv"),
    ("Water of power plants, withdrawal", "tech_withdrawal.csv"),
    ("Emissions of power plants, lifecycle", "tech_ghg.csv"),
    ("Data centres: PUE and WUE by name", "data_centres.csv"),
    ("Ranges", "ranges.csv"),
    ("Life and use of devices", "amortisation.csv"),
    ("Prices of electricity", "electricity_prices.csv"),
)
"""(title, file) of the tables that hold one factor a row."""

GRID = "grid."
WATER_OF_GRID: Mapping[str, Callable[[Mix], WaterIntensity]] = {
    "water.grid.": water_intensity,
    "withdrawal.grid.": withdrawal_intensity,
}
"""What works out the litres of a grid, by how their id begins."""

USES = {
    "water.": "water off site: mix x technology x cooling system, litres consumed",
    "water.grid.": "water off site: worked out for a grid, litres consumed",
    "water.hydro": "water off site where reservoirs count (--hydro 17); water_with_hydro in any case",
    "withdrawal.": "water withdrawn by power plants, apart from what they consume",
    "ghg.": "carbon intensity of a mix in percent, and of Canadian provinces",
    "pue.": "a name for --pue",
    "wue.": "a name for --wue",
    "wue_unstated.": "to be looked up; never counted as water consumed",
    "wue_withdrawal.": "to be looked up; never counted as water consumed",
    "range.grid": "range of the annual intensity of a grid",
    "range.cooling": "range of the water of generation: cooling systems differ from plant to plant",
    "range.embodied": "range of the embodied carbon of devices for which one source is known",
    "device.": "embodied carbon of hardware that a task holds (--device)",
    "lifetime.": "embodied carbon: years over which it is spread",
    "active.": "embodied carbon: part of its life in which a device is held by somebody",
    "price.": "cost of electricity on that grid",
    "site.pue": "CO2e and water off site: energy of the building over that of its computers",
    "site.wue": "water on site, per kWh of the computers",
    GRID: "CO2e: grams per kWh that the building draws",
}
"""What factors are used for, by how their id begins; the longest beginning counts."""

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

    "withdrawal.grid.FRA" is what its power plants withdraw.

    Raises:
        UnknownName: there is none; the nearest ids are in the message.
        NotMeasurable: codecarbon's data files are missing.
    """
    if id.startswith(GRID):
        return find(id.removeprefix(GRID)).intensity
    for start, intensity in WATER_OF_GRID.items():
        if id.startswith(start):
            return _water_of(id.removeprefix(start), intensity)
    if id not in named_factors():
        raise UnknownName(_unknown_message(id))
    return named_factors()[id]


def _water_of(name: str, intensity: Callable[[Mix], WaterIntensity]) -> Factor:
    grid = find(name)
    if grid.mix is None:
        raise UnknownName(f"Nothing is known of the water of {grid.label}, since its mix is not. Name a country.")
    return intensity(grid.mix).factor()


def use_of(id: str) -> str | None:
    """What the factor of that id is used for; None where nothing is known of it."""
    begun = [start for start in USES if id.startswith(start)]
    return USES[max(begun, key=len)] if begun else None


def _unknown_message(id: str) -> str:
    near = nearest(id[:60], named_factors(), most=3)
    suggestion = f" Did you mean {either(near)}?" if near else ""
    return (
        f"There is no factor named {id[:40]!r}, so nothing can stand in its place.{suggestion} "
        "`energyprof factors` lists them all."
    )
