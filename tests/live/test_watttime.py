"""WattTime: a login, then marginal rates in pounds per MWh."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from live.recorded import LOGIN, MARGINAL, NOON_S, RecordedClient

from energyprof.live.http import Response
from energyprof.live.no_answer import NoAnswer
from energyprof.live.watttime import WattTime


def test_rates_are_marginal_and_in_grams_per_kwh() -> None:
    client = RecordedClient({"/login": LOGIN, "/v3/historical": MARGINAL})
    readings = WattTime("CAISO_NORTH", "anna", "s3cret", client).readings(NOON_S, NOON_S)
    assert {found.counts for found in readings} == {"marginal"}
    assert readings[1].g_per_kwh == pytest.approx(453.59237)
    assert (readings[1].start_s, readings[1].end_s) == (NOON_S - 300, NOON_S)


def test_the_password_goes_to_the_login_alone() -> None:
    client = RecordedClient({"/login": LOGIN, "/v3/historical": MARGINAL})
    WattTime("CAISO_NORTH", "anna", "s3cret", client).readings(NOON_S, NOON_S)
    (login, basic), (historical, bearer) = client.asked
    assert basic["Authorization"] == "Basic " + base64.b64encode(b"anna:s3cret").decode()
    assert bearer["Authorization"] == "Bearer bearer-of-half-an-hour"
    assert "region=CAISO_NORTH" in historical
    assert "signal_type=co2_moer" in historical
    assert "s3cret" not in login + historical + repr(WattTime("CAISO_NORTH", "anna", "s3cret", client))


@pytest.mark.parametrize(
    "answers",
    [
        {"/login": Response(401, "")},
        {"/login": {"token": "two\r\nlines"}},
        {"/login": {}},
        {"/login": LOGIN, "/v3/historical": {**MARGINAL, "meta": {**MARGINAL["meta"], "region": "PJM_DC"}}},
        {"/login": LOGIN, "/v3/historical": {**MARGINAL, "meta": {**MARGINAL["meta"], "units": "percent"}}},
        {"/login": LOGIN, "/v3/historical": {"meta": MARGINAL["meta"], "data": [{"point_time": "x", "value": 1}]}},
        {"/login": LOGIN, "/v3/historical": {"error": "Your account does not have access to this region"}},
    ],
)
def test_a_refusal_and_a_wrong_answer_are_none_and_hold_no_password(answers: dict[str, Any]) -> None:
    with pytest.raises(NoAnswer) as refusal:
        WattTime("CAISO_NORTH", "anna", "s3cret", RecordedClient(answers)).readings(NOON_S, NOON_S)
    assert "s3cret" not in str(refusal.value)
