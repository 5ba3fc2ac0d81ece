"""Electricity Maps: which fields are read, which address is asked, and what is not believed."""

from __future__ import annotations

from typing import Any

import pytest
from live.recorded import BREAKDOWN, BREAKDOWNS, HISTORY, HOUR_S, INTENSITY, NOON_S, RecordedClient

from energyprof.live.electricity_maps import ElectricityMaps
from energyprof.live.http import Response
from energyprof.live.no_answer import NoAnswer


def _asked(answers: dict[str, Any], *, length_s: float = 0.0) -> tuple[Any, RecordedClient]:
    client = RecordedClient(answers)
    return ElectricityMaps("FR", "s3cret", client).readings(NOON_S + 600 - length_s, NOON_S + 600), client


def test_the_current_hour_is_a_lifecycle_reading_with_its_mix() -> None:
    readings, _ = _asked({"carbon-intensity/latest": INTENSITY, "power-breakdown/latest": BREAKDOWN})
    (found,) = readings
    assert (found.start_s, found.end_s, found.g_per_kwh) == (NOON_S, NOON_S + HOUR_S, 44)
    assert (found.counts, found.estimated) == ("lifecycle", True)
    assert found.shares == pytest.approx(
        {"gas": 0.02, "nuclear": 0.8, "hydro": 0.04, "solar": 0.02, "wind": 0.1, "bioenergy": 0.02}
    )


def test_the_token_goes_in_a_header_and_never_in_the_address() -> None:
    _, client = _asked({"carbon-intensity/latest": INTENSITY})
    assert all(headers == {"auth-token": "s3cret"} and "s3cret" not in url for url, headers in client.asked)
    (first, _), *_ = client.asked
    assert first.startswith("https://api.electricitymaps.com/v3/carbon-intensity/latest?zone=FR&")
    assert "emissionFactorType=lifecycle" in first
    assert "shouldUseFallbackCallerLookup=false" in first
    assert "s3cret" not in repr(ElectricityMaps("FR", "s3cret", client))


def test_a_stretch_asks_for_the_last_day_and_leaves_out_hours_without_a_value() -> None:
    readings, _ = _asked(
        {"carbon-intensity/history": HISTORY, "power-breakdown/history": BREAKDOWNS}, length_s=2 * HOUR_S
    )
    assert [(found.start_s, found.g_per_kwh, found.estimated) for found in readings] == [
        (NOON_S - 2 * HOUR_S, 40, False),
        (NOON_S, 44, True),
    ]
    assert [found.shares is None for found in readings] == [True, False]


def test_without_the_breakdown_only_the_mix_is_missing() -> None:
    (found,), _ = _asked({"carbon-intensity/latest": INTENSITY, "power-breakdown": Response(403, "")})
    assert (found.g_per_kwh, found.shares) == (44, None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({**INTENSITY, "zone": "PL"}, "the zone 'PL', not 'FR'"),
        ({**INTENSITY, "emissionFactorType": "direct"}, "'direct', not 'lifecycle'"),
        ({**INTENSITY, "temporalGranularity": "daily"}, "'daily', not 'hourly'"),
        ({**INTENSITY, "carbonIntensity": -5}, "-5 g/kWh"),
        ({**INTENSITY, "carbonIntensity": 3001}, "3001 g/kWh"),
        ({**INTENSITY, "carbonIntensity": "44"}, "a number"),
        ({**INTENSITY, "carbonIntensity": True}, "a number"),
        ('{"zone": "FR", "datetime": "2026-01-31T12:00:00Z", "carbonIntensity": NaN}', "a number"),
        ('{"zone": "FR", "datetime": "2026-01-31T12:00:00Z", "carbonIntensity": 1' + "0" * 400 + "}", "a number"),
        ({**INTENSITY, "datetime": "yesterday"}, "an instant"),
        ({**INTENSITY, "datetime": "2026-01-31T12:00:00"}, "an instant"),
        ({**INTENSITY, "datetime": 1769860800}, "an instant"),
        ("<html><body>Sign in</body></html>", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ("", "not JSON"),
        (Response(401, ""), "refuses the token"),
        (Response(404, ""), "does not know this zone"),
        (Response(429, ""), "asked too often"),
        (Response(302, ""), "status 302"),
        (NoAnswer("no answer within 5 s"), "within 5 s"),
    ],
    ids=lambda value: "" if not isinstance(value, str) or len(value) > 40 else value,
)
def test_what_is_not_believed_is_said_without_the_token(answer: Any, said: str) -> None:
    with pytest.raises(NoAnswer, match=said) as refusal:
        _asked({"carbon-intensity/latest": answer})
    assert "s3cret" not in str(refusal.value)


def test_a_hostile_zone_in_the_answer_is_told_short() -> None:
    with pytest.raises(NoAnswer) as refusal:
        _asked({"carbon-intensity/latest": {**INTENSITY, "zone": "\x1b[2J<script>" + "x" * 10_000}})
    assert len(str(refusal.value)) < 120
    assert "\x1b" not in str(refusal.value)
