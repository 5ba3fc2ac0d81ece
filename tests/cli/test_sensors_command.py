"""`energyprof sensors`: what a watched counter shows, and that everything missing comes with a remedy."""

from __future__ import annotations

import json

import pytest
from simulated.readings import Course, polled

from energyprof.cli.main import main
from energyprof.cli.sensors import observe
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.timeline import Timeline


def test_a_counters_power_period_and_step_are_observed() -> None:
    observed = observe(polled(Course(idle_w=70.0), 2.0))
    assert observed.power_w == pytest.approx((70.0, 70.0, 70.0), rel=0.01)
    assert observed.period_s == pytest.approx(0.1, rel=0.05)
    assert observed.step_j == pytest.approx(7.0, rel=0.05)


def test_a_model_adds_its_idle_watts_to_those_of_the_busy_cores() -> None:
    model = PowerModel((1.0, 2.0, 4.0), (3.0, 6.0, 12.0), "made up")
    domain = Domain("cpu:model", "cpu", "cpu-model", "CPU", basis="estimated", model=model)
    half_a_core = Timeline(domain, [10.0, 10.5], [10.0, 11.0], [0, 1_000_000_000], 12.0)
    assert observe(half_a_core).power_w == (2.5, 5.0, 10.0)
    assert observe(half_a_core).period_s is None


def test_power_that_was_integrated_between_slow_readings_has_no_period() -> None:
    readings_s = [10 + 0.5 * k for k in range(9)]
    domain = Domain("wall:plug", "wall", "plug", "Wall plug", basis="derived")
    timeline = Timeline(domain, readings_s[:1] + readings_s[:-1], readings_s, list(range(9)), 14.0)
    assert observe(timeline).period_s is None


def test_a_counter_that_was_never_read_shows_nothing() -> None:
    observed = observe(Timeline(Domain("gpu:0", "gpu", "nvml", "GPU"), [], [], [], 0.0))
    assert (observed.power_w, observed.period_s, observed.step_j) == (None, None, None)


def test_every_sensor_is_listed_and_what_is_missing_has_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensors", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"nvml", "rapl", "cpu-model"} <= {sensor["name"] for sensor in found["sensors"]}
    assert found["domains"]
    for sensor in found["sensors"]:
        if sensor["status"] == "unavailable":
            assert sensor["reason"]
            assert sensor["remedy"]


def test_names_of_sensors_may_have_spaces_and_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensors", "--sensors", " cpu-model, ,", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["sensors"]
    assert [record["name"] for record in records if record["status"] == "used"] == ["cpu-model"]


def test_no_name_at_all_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sensors", "--sensors", " "])
    assert ended.value.code == 2
    assert "it names no sensor" in capsys.readouterr().err
