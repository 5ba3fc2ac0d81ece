"""Answers of services as they are documented, a client that gives them, and a clock that is set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from energyprof.live.http import Response
from energyprof.live.no_answer import NoAnswer
from energyprof.model.live import Counts, LiveReading

NOON_S = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
HOUR_S = 3600.0


@dataclass
class RecordedClient:
    """Gives the answer whose key is in the address, in order of the keys; every question is kept.

    Attributes:
        answers: part of an address -> a document, a text, a `Response`, or why there is none.
        asked: (address, headers).
    """

    answers: Mapping[str, Any]
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def get(self, url: str, headers: Mapping[str, str], timeout_s: float) -> Response:
        self.asked.append((url, headers))
        answer = next((answer for part, answer in self.answers.items() if part in url), Response(404, ""))
        if isinstance(answer, NoAnswer):
            raise answer
        if isinstance(answer, Response):
            return answer
        return Response(200, answer if isinstance(answer, str) else json.dumps(answer))


@dataclass
class HandClock:
    """Wall and monotonic time, moved on by hand."""

    wall_s: float = NOON_S
    steady_s: float = 1000.0

    def wall(self) -> float:
        return self.wall_s

    def steady(self) -> float:
        return self.steady_s

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds


def reading(
    start_s: float,
    g_per_kwh: float,
    *,
    length_s: float = HOUR_S,
    counts: Counts = "lifecycle",
    estimated: bool = False,
    shares: dict[str, float] | None = None,
) -> LiveReading:
    return LiveReading(start_s, start_s + length_s, g_per_kwh, counts, estimated, "a test", shares)


INTENSITY = {
    "zone": "FR",
    "carbonIntensity": 44,
    "datetime": "2026-01-31T12:00:00.000Z",
    "updatedAt": "2026-01-31T11:41:03.130Z",
    "createdAt": "2026-01-28T12:41:17.000Z",
    "emissionFactorType": "lifecycle",
    "isEstimated": True,
    "estimationMethod": "TIME_SLICER_AVERAGE",
}
BREAKDOWN = {
    "zone": "FR",
    "datetime": "2026-01-31T12:00:00.000Z",
    "powerConsumptionBreakdown": {
        "nuclear": 40000,
        "geothermal": None,
        "biomass": 1000,
        "coal": 0,
        "wind": 5000,
        "solar": 1000,
        "hydro": 2000,
        "gas": 1000,
        "oil": 0,
        "unknown": 0,
        "hydro discharge": 900,
        "battery discharge": 10,
    },
}
HISTORY = {
    "zone": "FR",
    "history": [
        {**INTENSITY, "datetime": "2026-01-31T10:00:00.000Z", "carbonIntensity": 40, "isEstimated": False},
        {**INTENSITY, "datetime": "2026-01-31T11:00:00.000Z", "carbonIntensity": None},
        INTENSITY,
    ],
}
BREAKDOWNS = {"zone": "FR", "history": [BREAKDOWN]}

GB_NOW = {
    "data": [
        {
            "from": "2026-01-31T12:00Z",
            "to": "2026-01-31T12:30Z",
            "intensity": {"forecast": 266, "actual": None, "index": "moderate"},
        }
    ]
}
GB_STRETCH = {
    "data": [
        {
            "from": "2026-01-31T11:30Z",
            "to": "2026-01-31T12:00Z",
            "intensity": {"forecast": 250, "actual": 263, "index": "moderate"},
        },
        *GB_NOW["data"],
    ]
}
GB_MIX = {
    "data": {
        "from": "2026-01-31T12:00Z",
        "to": "2026-01-31T12:30Z",
        "generationmix": [
            {"fuel": "biomass", "perc": 5},
            {"fuel": "coal", "perc": 0},
            {"fuel": "imports", "perc": 5},
            {"fuel": "gas", "perc": 40},
            {"fuel": "nuclear", "perc": 15},
            {"fuel": "other", "perc": 0},
            {"fuel": "hydro", "perc": 5},
            {"fuel": "solar", "perc": 0},
            {"fuel": "wind", "perc": 30},
        ],
    }
}

LOGIN = {"token": "bearer-of-half-an-hour"}
MARGINAL = {
    "data": [
        {"point_time": "2026-01-31T11:50:00+00:00", "value": 900.0},
        {"point_time": "2026-01-31T11:55:00+00:00", "value": 1000.0},
    ],
    "meta": {
        "data_point_period_seconds": 300,
        "region": "CAISO_NORTH",
        "signal_type": "co2_moer",
        "units": "lbs_co2_per_mwh",
        "model": {"date": "2025-01-01"},
    },
}
