"""A run as text, and back; a damaged one is refused with a sentence."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from energyprof.model.domain import Domain, PowerModel, calibrated
from energyprof.model.errors import InvalidRun
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord
from energyprof.model.record import dumps, loads
from energyprof.model.run import FactorRecord, Host, ProfileRecord, Run, Score, Trial, VariantRecord
from energyprof.model.timeline import Gap, Timeline

CPU = Domain(
    "cpu:model", "cpu", "cpu-model", "CPU", basis="estimated", model=PowerModel((1, 2, 3), (4, 5, 6), "a table")
)
RUN = Run(
    schema=1,
    version="0.1.0",
    created="2026-01-01T00:00:00+00:00",
    origin_s=5.0,
    complete=False,
    stop_reason=None,
    profile=ProfileRecord("p", "P", "t", None, "image", "a", 0.01, "accuracy", "FRA", 1.0, 0.0, "00", "p.toml"),
    host=Host("Linux", "CPU", 2, None, "3.11"),
    sensors=[],
    sampler=None,
    timelines=[Timeline(CPU, [0.0, 0.9], [0.1, 1.0], [0, 500], 1.0, [Gap(0.2, 0.3, "EIO", False)])],
    idle=[],
    variants=[VariantRecord("a", 1, "done")],
    trials=[Trial("a", 0, 0, 1.0, 2.0, 10, None, None, [0.1], 0.5, None)],
    scores=[Score("a", "accuracy", "mean", [1.0, 0.0])],
    factors=[FactorRecord("grid.FRA", 56.0, 28.0, 73.0, "g/kWh", "a table", 2023)],
)


def test_there_and_back() -> None:
    assert loads(dumps(RUN)) == RUN


def test_a_record_without_factors_from_before_they_were_kept_is_read() -> None:
    document = json.loads(dumps(RUN))
    del document["factors"]
    assert loads(json.dumps(document)).factors == []


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidRun, match=r"x\.json is not JSON"):
        loads("{", "x.json")


def test_another_schema_is_refused_with_both_numbers() -> None:
    with pytest.raises(InvalidRun, match="schema 7, but this version of energyprof reads schema 1"):
        loads(json.dumps({"schema": 7}))
    with pytest.raises(InvalidRun, match="schema None"):
        loads("[]")


def test_a_field_of_the_wrong_type_is_named() -> None:
    document = json.loads(dumps(RUN))
    document["trials"][0]["requests"] = "many"
    with pytest.raises(InvalidRun, match=r"trials\.0\.requests"):
        loads(json.dumps(document))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("requests", 0, "trials.0.requests: 0 is no number of requests"),
        ("end_s", 0.5, "trials.0: from 1.0 s to 0.5 s is no stretch of time"),
        ("start_s", "NaN", "trials.0: from nan s to 2.0 s is no stretch of time"),
    ],
)
def test_a_trial_that_nobody_can_have_measured_is_named(field: str, value: object, told: str) -> None:
    document = json.loads(dumps(RUN))
    document["trials"][0][field] = value
    with pytest.raises(InvalidRun, match=re.escape(f"x.json: {told}. The record is damaged")):
        loads(json.dumps(document), "x.json")


def test_a_record_from_before_items_were_digested_is_read() -> None:
    document = json.loads(dumps(RUN))
    del document["profile"]["items_sha256"]
    assert loads(json.dumps(document)) == RUN


def test_a_missing_field_is_named() -> None:
    document = json.loads(dumps(RUN))
    del document["host"]
    with pytest.raises(InvalidRun, match="host"):
        loads(json.dumps(document))


def test_floats_that_json_does_not_have_come_back() -> None:
    run = replace(
        RUN,
        scores=[Score("a", "accuracy", "mean", [math.inf, -math.inf, 1.0])],
        trials=[replace(RUN.trials[0], cpu_s=math.nan)],
    )
    again = loads(dumps(run))
    json.loads(dumps(run), parse_constant=pytest.fail)
    assert again.scores == run.scores
    assert again.trials[0].cpu_s is not None
    assert math.isnan(again.trials[0].cpu_s)


def test_a_record_from_before_meters_were_looked_at_is_read() -> None:
    document = json.loads(dumps(RUN))
    del document["meters"]
    for timeline in document["timelines"]:
        for name in ("device", "driver", "expected_period_s", "fitted"):
            del timeline["domain"][name]
    assert loads(json.dumps(document)) == RUN


def test_meters_and_a_fitted_gain_come_back() -> None:
    gain = FittedGain("Plug", "2026-11-28", 1.1, 0.01, 30.0, 0.5, 0.01, 0.05, 9)
    line = RUN.timelines[0]
    metered = replace(
        RUN,
        timelines=[replace(line, domain=calibrated(line.domain, gain))],
        meters=[MeterRecord("gpu:0", "GPU 0", "abc", "999", period_s=0.1)],
    )
    assert loads(dumps(metered)) == metered
