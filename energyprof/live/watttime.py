"""WattTime, API version 3: the marginal operating emissions rate, five-minutely. It is no mean and is kept apart.

Fields as in https://docs.watttime.org (2026).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from energyprof.footprint.grid import GRAMS_PER_KWH_PER_POUND_PER_MWH
from energyprof.live.answer import document, entries, entry, instant_s, intensity, iso, must_be, number
from energyprof.live.http import HttpClient
from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S, TIMEOUT_S
from energyprof.model.live import LiveReading

BASE = "https://api.watttime.org"
SIGNAL = "co2_moer"
UNIT = "lbs_co2_per_mwh"
USUAL_PERIOD_S = 300.0
BEFORE_S = HOUR_S
"""Asked for before the stretch, since the newest values are some minutes old."""

SOURCE = "WattTime: CO2 of the plants that answer to one kWh more (marginal operating emissions rate, co2_moer)"


@dataclass(frozen=True, slots=True)
class WattTime:
    """One region, such as "CAISO_NORTH". A password is no part of what is printed of it."""

    zone: str
    user: str
    password: str
    http: HttpClient

    def __repr__(self) -> str:
        return f"WattTime({self.zone!r})"

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """The five-minute values of a stretch and of the hour before it."""
        query = urlencode(
            {"region": self.zone, "signal_type": SIGNAL, "start": iso(start_s - BEFORE_S), "end": iso(end_s)}
        )
        authorised = {"Authorization": f"Bearer {self._bearer()}"}
        told = document(self.http.get(f"{BASE}/v3/historical?{query}", authorised, TIMEOUT_S))
        meta = entry(told, "meta")
        must_be(meta.get("region"), self.zone, "region")
        must_be(meta.get("units"), UNIT, "unit")
        must_be(meta.get("signal_type", SIGNAL), SIGNAL, "signal")
        period_s = number(meta.get("data_point_period_seconds", USUAL_PERIOD_S))
        return [_reading(row, period_s) for row in entries(told, "data")]

    def _bearer(self) -> str:
        """A token for half an hour; a new one each time, which its limit of 100 in five minutes allows."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        told = document(self.http.get(f"{BASE}/login", {"Authorization": f"Basic {pair}"}, TIMEOUT_S))
        token = told.get("token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NoAnswer("the login gives no token")
        return token


def _reading(row: Mapping[str, Any], period_s: float) -> LiveReading:
    start_s = instant_s(row.get("point_time"))
    value = intensity(number(row.get("value")) * GRAMS_PER_KWH_PER_POUND_PER_MWH)
    return LiveReading(start_s, start_s + period_s, value, "marginal", False, SOURCE)
