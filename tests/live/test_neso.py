"""NESO: half hours of Great Britain, metered where they are there already, else forecast."""

from __future__ import annotations

from typing import Any

import pytest
from live.recorded import GB_MIX, GB_NOW, GB_STRETCH, HOUR_S, NOON_S, RecordedClient

from energyprof.live.neso import Neso
from energyprof.live.no_answer import NoAnswer


def test_the_current_half_hour_is_a_forecast_of_combustion_alone_with_its_mix() -> None:
    client = RecordedClient({"/intensity": GB_NOW, "/generation": GB_MIX})
    (found,) = Neso(client).readings(NOON_S + 60, NOON_S + 60)
    assert (found.start_s, found.end_s, found.g_per_kwh) == (NOON_S, NOON_S + HOUR_S / 2, 266)
    assert (found.counts, found.estimated) == ("CO2 only", True)
    assert found.shares == pytest.approx(
        {"gas": 0.4, "nuclear": 0.15, "hydro": 0.05, "wind": 0.3, "bioenergy": 0.05, "unknown": 0.05}
    )
    assert [url for url, _ in client.asked] == [
        "https://api.carbonintensity.org.uk/intensity",
        "https://api.carbonintensity.org.uk/generation",
    ]
    assert all(headers == {} for _, headers in client.asked)


def test_a_stretch_has_its_own_address_and_metered_values() -> None:
    client = RecordedClient({"/intensity/": GB_STRETCH, "/generation/": {"data": [GB_MIX["data"]]}})
    readings = Neso(client).readings(NOON_S - HOUR_S / 2, NOON_S + 60)
    assert client.asked[0][0].endswith("/intensity/2026-01-31T11:30Z/2026-01-31T12:01Z")
    assert [(found.g_per_kwh, found.estimated) for found in readings] == [(263, False), (266, True)]
    assert readings[1].shares is not None


def test_of_a_stretch_longer_than_the_service_allows_the_end_is_asked_for() -> None:
    client = RecordedClient({"/intensity/": GB_STRETCH})
    Neso(client).readings(NOON_S - 30 * 24 * HOUR_S, NOON_S)
    assert "/intensity/2026-01-17T12:00Z/" in client.asked[0][0]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {}},
        {"data": [1]},
        {"data": [{"from": "2026-01-31T12:00Z", "to": "2026-01-31T12:30Z"}]},
        {"data": [{"from": "2026-01-31T12:00Z", "to": None, "intensity": {"actual": 100}}]},
        {"error": {"code": "400 Bad Request", "message": "Please enter a valid date"}},
    ],
)
def test_a_malformed_answer_is_none(answer: Any) -> None:
    with pytest.raises(NoAnswer):
        Neso(RecordedClient({"/intensity": answer})).readings(NOON_S, NOON_S)
