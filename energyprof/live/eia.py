"""The US Energy Information Administration's hourly grid monitor, through `gridstatus`: generation by fuel.

Generation becomes shares, and shares times the shipped lifecycle factors an intensity: of what the balancing authority
generates, imports not counted. `EIA.get_dataset("electricity/rto/fuel-type-data", ...)` of gridstatus 0.37 gives a
frame with one row an hour and authority: "Interval Start", "Interval End", "Respondent", "Respondent Name", and MW by
fuel, NaN for a fuel that is not told of at all.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import Any

from energyprof.live.answer import iso
from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S
from energyprof.live.shares import STORAGE, UNKNOWN, derived_reading, shares_of
from energyprof.model.live import LiveReading

BEFORE_S = 6 * HOUR_S
"""Asked for before the stretch, since the newest values are an hour or two old."""

DATASET = "electricity/rto/fuel-type-data"
START, END, RESPONDENT = "Interval Start", "Interval End", "Respondent"
NO_FUELS = {START, END, RESPONDENT, "Respondent Name"}

NAMES = {
    "Coal": "coal",
    "Natural Gas": "gas",
    "Petroleum": "oil",
    "Nuclear": "nuclear",
    "Hydro": "hydro",
    "Geothermal": "other_renewables",
    "Solar": "solar",
    "Solar With Integrated Battery Storage": "solar",
    "Wind": "wind",
    "Wind With Integrated Battery Storage": "wind",
    "Other": UNKNOWN,
    "Battery Storage": STORAGE,
    "Pumped Storage": STORAGE,
    "Other Energy Storage": STORAGE,
    "Unknown Energy Storage": STORAGE,
}

SOURCE = "EIA generation by fuel x lifecycle factors of IPCC AR5: what the authority generates, imports not counted"


@dataclass(frozen=True, slots=True)
class Eia:
    """One balancing authority, such as "CISO", or "US48". The key is no part of what is printed of it."""

    zone: str
    key: str

    def __repr__(self) -> str:
        return f"Eia({self.zone!r})"

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """The hours of a stretch and the hours before it."""
        return readings_of(self._frame(start_s, end_s), self.zone)

    def _frame(self, start_s: float, end_s: float) -> Any:
        client = importlib.import_module("gridstatus").EIA(api_key=self.key)
        first, last = iso(start_s - BEFORE_S), iso(end_s + HOUR_S)
        return client.get_dataset(DATASET, start=first, end=last, facets={"respondent": [self.zone]})


def readings_of(frame: Any, zone: str) -> list[LiveReading]:
    """A frame of `get_dataset`, MW by fuel, as readings.

    Raises:
        NoAnswer: it is no such frame, or of another authority.
    """
    columns = list(getattr(frame, "columns", ()))
    if not {START, END, RESPONDENT} <= set(columns) or not len(frame):
        raise NoAnswer("the EIA gives no generation by fuel for this zone and time")
    if set(frame[RESPONDENT]) != {zone}:
        raise NoAnswer(f"the answer is not of the authority {zone!r} alone")
    return [_reading(dict(zip(columns, row, strict=True))) for row in frame.itertuples(index=False, name=None)]


def _reading(row: dict[str, Any]) -> LiveReading:
    shares = shares_of({name: _mw(row[name]) for name in row if name not in NO_FUELS}, NAMES)
    start_s, end_s = (float(row[name].timestamp()) for name in (START, END))
    return derived_reading(start_s, end_s, shares, SOURCE)


def _mw(value: Any) -> float | None:
    mw = float(value)
    return mw if math.isfinite(mw) else None
