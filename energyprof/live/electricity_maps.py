"""Electricity Maps, API version 3: lifecycle CO2e of what a zone consumes, imports traced to where they come from.

Fields and parameters as in https://app.electricitymaps.com/developer-hub/api/reference (2026). There the breakdown of
power is to be replaced by another address some day; without it only the mix is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from energyprof.live.answer import document, entries, entry, instant_s, intensity, must_be, number
from energyprof.live.http import HttpClient
from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S, TIMEOUT_S
from energyprof.live.shares import STORAGE, UNKNOWN, shares_of
from energyprof.model.live import LiveReading

BASE = "https://api.electricitymaps.com/v3"

NAMES = {
    "coal": "coal",
    "gas": "gas",
    "oil": "oil",
    "nuclear": "nuclear",
    "hydro": "hydro",
    "solar": "solar",
    "wind": "wind",
    "biomass": "bioenergy",
    "geothermal": "other_renewables",
    "unknown": UNKNOWN,
    "hydro discharge": STORAGE,
    "battery discharge": STORAGE,
}

SOURCE = "Electricity Maps: lifecycle CO2e of the electricity that the zone consumes, hourly"


@dataclass(frozen=True, slots=True)
class ElectricityMaps:
    """One zone, such as "FR" or "US-CAL-CISO". The token is no part of what is printed of it."""

    zone: str
    token: str
    http: HttpClient

    def __repr__(self) -> str:
        return f"ElectricityMaps({self.zone!r})"

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """The hour that now lies in, or the last 24 hours; with the mix where it can be had."""
        which = "latest" if end_s - start_s < HOUR_S else "history"
        told = self._asked("carbon-intensity", which, {"emissionFactorType": "lifecycle"})
        rows = [told] if which == "latest" else entries(told, "history")
        mixes = self._mixes(which)
        return [_reading(row, self.zone, mixes) for row in rows if row.get("carbonIntensity") is not None]

    def _mixes(self, which: str) -> dict[float, dict[str, float]]:
        """Shares by the start of their hour; none where they cannot be had, which takes nothing from the rest."""
        try:
            told = self._asked("power-breakdown", which, {})
            rows = [told] if which == "latest" else entries(told, "history")
            return {instant_s(row.get("datetime")): _shares(row) for row in rows}
        except NoAnswer:
            return {}

    def _asked(self, what: str, which: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        """The answer for this zone. An unknown one would else be answered for where the caller seems to be."""
        query = urlencode({"zone": self.zone, **parameters, "shouldUseFallbackCallerLookup": "false"})
        answer = self.http.get(f"{BASE}/{what}/{which}?{query}", {"auth-token": self.token}, TIMEOUT_S)
        told = document(answer)
        must_be(told.get("zone"), self.zone, "zone")
        return told


def _reading(row: Mapping[str, Any], zone: str, mixes: Mapping[float, dict[str, float]]) -> LiveReading:
    must_be(row.get("zone", zone), zone, "zone")
    must_be(row.get("emissionFactorType", "lifecycle"), "lifecycle", "kind of emission factor")
    must_be(row.get("temporalGranularity", "hourly"), "hourly", "granularity")
    start_s = instant_s(row.get("datetime"))
    return LiveReading(
        start_s,
        start_s + HOUR_S,
        intensity(row.get("carbonIntensity")),
        "lifecycle",
        row.get("isEstimated") is not False,
        SOURCE,
        mixes.get(start_s),
    )


def _shares(row: Mapping[str, Any]) -> dict[str, float]:
    amounts = entry(row, "powerConsumptionBreakdown")
    return shares_of({name: None if mw is None else number(mw) for name, mw in amounts.items()}, NAMES)
