"""The National Energy System Operator of Great Britain: CO2 of the fuels burnt, half-hourly, without a token.

Nuclear power, wind, sun and water count as 0, imports with a mean of their country, grid losses are in it
(https://carbonintensity.org.uk, https://carbon-intensity.github.io/api-definitions, 2026): no lifecycle figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from energyprof.live.answer import document, entries, entry, instant_s, intensity, iso, number
from energyprof.live.http import HttpClient
from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S, TIMEOUT_S
from energyprof.live.shares import UNKNOWN, shares_of
from energyprof.model.live import LiveReading

BASE = "https://api.carbonintensity.org.uk"
ZONE = "GB"
SLOT_S = HOUR_S / 2

MOST_S = 14 * 24 * HOUR_S
"""The longest stretch that one question may be about; of a longer one the end is asked for."""

NAMES = {
    "biomass": "bioenergy",
    "coal": "coal",
    "gas": "gas",
    "nuclear": "nuclear",
    "hydro": "hydro",
    "solar": "solar",
    "wind": "wind",
    "imports": UNKNOWN,
    "other": UNKNOWN,
}

SOURCE = "NESO: CO2 of combustion in Great Britain, with imports and grid losses, half-hourly"


@dataclass(frozen=True, slots=True)
class Neso:
    """All of Great Britain."""

    http: HttpClient

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """The half hours of a stretch, or the current one; with the mix where it can be had."""
        rows = entries(self._asked("intensity", start_s, end_s), "data")
        mixes = self._mixes(start_s, end_s)
        return [_reading(row, mixes) for row in rows if _told(row)]

    def _mixes(self, start_s: float, end_s: float) -> dict[float, dict[str, float]]:
        """Shares by the start of their half hour; none where they cannot be had."""
        try:
            told = self._asked("generation", start_s, end_s)
            rows = entries(told, "data") if isinstance(told.get("data"), list) else [entry(told, "data")]
            return {instant_s(row.get("from")): _shares(row) for row in rows}
        except NoAnswer:
            return {}

    def _asked(self, what: str, start_s: float, end_s: float) -> Mapping[str, Any]:
        stretch = ""
        if end_s - start_s >= SLOT_S:
            stretch = f"/{iso(max(start_s, end_s - MOST_S))}/{iso(end_s)}"
        return document(self.http.get(f"{BASE}/{what}{stretch}", {}, TIMEOUT_S))


def _told(row: Mapping[str, Any]) -> bool:
    value = entry(row, "intensity")
    return value.get("actual") is not None or value.get("forecast") is not None


def _reading(row: Mapping[str, Any], mixes: Mapping[float, dict[str, float]]) -> LiveReading:
    """What was metered where it is there already, else what was forecast."""
    told = entry(row, "intensity")
    actual = told.get("actual")
    start_s = instant_s(row.get("from"))
    value = intensity(told.get("forecast") if actual is None else actual)
    return LiveReading(start_s, instant_s(row.get("to")), value, "CO2 only", actual is None, SOURCE, mixes.get(start_s))


def _shares(row: Mapping[str, Any]) -> dict[str, float]:
    amounts = {str(each.get("fuel")): number(each.get("perc")) for each in entries(row, "generationmix")}
    return shares_of(amounts, NAMES)
