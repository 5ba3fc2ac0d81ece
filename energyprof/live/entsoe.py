"""The European transmission system operators' transparency platform, through `entsoe-py`: generation by type.

Generation becomes shares, and shares times the shipped lifecycle factors an intensity: of what the zone generates,
imports not counted. `EntsoePandasClient.query_generation` of entsoe-py 0.8 gives a frame with one row a slot, its index
the start; columns are types of plant, or pairs of a type with "Actual Aggregated" or "Actual Consumption".
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S
from energyprof.live.shares import STORAGE, UNKNOWN, derived_reading, shares_of
from energyprof.model.live import LiveReading

TIMEOUT_S = 15.0
"""The platform is slow."""

BEFORE_S = 6 * HOUR_S
"""Asked for before the stretch, since the newest values are an hour old or more."""

GENERATED, CONSUMED = "Actual Aggregated", "Actual Consumption"

NAMES = {
    "Biomass": "bioenergy",
    "Fossil Brown coal/Lignite": "coal",
    "Fossil Coal-derived gas": "coal",
    "Fossil Gas": "gas",
    "Fossil Hard coal": "coal",
    "Fossil Oil": "oil",
    "Fossil Oil shale": "coal",
    "Fossil Peat": "coal",
    "Geothermal": "other_renewables",
    "Hydro Pumped Storage": STORAGE,
    "Hydro Run-of-river and pondage": "hydro",
    "Hydro Run-of-river and poundage": "hydro",
    "Hydro Water Reservoir": "hydro",
    "Marine": "other_renewables",
    "Nuclear": "nuclear",
    "Other renewable": "other_renewables",
    "Solar": "solar",
    "Waste": UNKNOWN,
    "Wind Offshore": "wind",
    "Wind Onshore": "wind",
    "Other": UNKNOWN,
    "Energy storage": STORAGE,
}
"""Oil shale, peat and gas from coal have no factor of their own; coal's is the nearest. One name was misspelt once."""

SOURCE = "ENTSO-E generation by type x lifecycle factors of IPCC AR5: what the zone generates, imports not counted"


@dataclass(frozen=True, slots=True)
class Entsoe:
    """One area of entsoe-py, such as "FR" or "DE_LU". The key is no part of what is printed of it."""

    zone: str
    key: str

    def __repr__(self) -> str:
        return f"Entsoe({self.zone!r})"

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """The slots of a stretch and of the hours before it."""
        return readings_of(self._frame(start_s, end_s))

    def _frame(self, start_s: float, end_s: float) -> Any:
        library, pandas = importlib.import_module("entsoe"), importlib.import_module("pandas")
        client = library.EntsoePandasClient(api_key=self.key, retry_count=1, retry_delay=0, timeout=TIMEOUT_S)
        first, last = (pandas.Timestamp(instant_s, unit="s", tz="UTC") for instant_s in (start_s - BEFORE_S, end_s))
        return client.query_generation(self.zone, start=first, end=last)


def readings_of(frame: Any) -> list[LiveReading]:
    """A frame of `query_generation`, MW by type, as readings.

    A slot in which a type is missing that generates at other times is left out: its shares would be wrong.

    Raises:
        NoAnswer: it is no such frame, or has too few rows to tell how long a slot is.
    """
    if getattr(frame, "columns", None) is None or len(frame) < 2:
        raise NoAnswer("the platform gives less than two slots of generation by type")
    columns = {_type(column): frame[column] for column in frame.columns if _generates(column)}
    starts_s = [float(instant.timestamp()) for instant in frame.index]
    slot_s = min(later - earlier for earlier, later in pairwise(starts_s))
    if slot_s <= 0:
        raise NoAnswer("the slots of the platform are not in order")
    used = {name: [_mw(value) for value in column] for name, column in columns.items()}
    needed = [name for name, mw in used.items() if any(mw) and NAMES.get(name) != STORAGE]
    return [
        _reading(start_s, slot_s, {name: mw[row] for name, mw in used.items()})
        for row, start_s in enumerate(starts_s)
        if all(used[name][row] is not None for name in needed) and needed
    ]


def _generates(column: Any) -> bool:
    return not isinstance(column, tuple) or column[-1] == GENERATED


def _type(column: Any) -> str:
    return str(column[0] if isinstance(column, tuple) else column)


def _mw(value: Any) -> float | None:
    mw = float(value)
    return mw if math.isfinite(mw) else None


def _reading(start_s: float, slot_s: float, mw: dict[str, float | None]) -> LiveReading:
    return derived_reading(start_s, start_s + slot_s, shares_of(mw, NAMES), SOURCE)
