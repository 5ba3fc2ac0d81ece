"""A wall plug beside the meters inside the machine, through the public profiler."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated.gpu import SimulatedGpu
from simulated.plug import SimulatedPlug
from simulated.truth import Edges
from simulated.work import IDLE_W

from energyprof import Profiler
from energyprof.cli.main import main

WALL_W = 4 * IDLE_W


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedPlug]:
    edges = Edges(tmp_path / "wall.edges")
    edges.append(time.monotonic() - 100, WALL_W)
    with SimulatedPlug(edges).serving() as serving:
        monkeypatch.setenv("ENERGYPROF_PLUG", serving.address)
        yield serving


def test_a_plug_is_held_against_the_total_and_not_added_to_it(gpu: SimulatedGpu, plug: SimulatedPlug) -> None:
    with Profiler(["nvml", "plug"]) as profiler:
        start_s = time.monotonic()
        time.sleep(3)
        seconds = time.monotonic() - start_s
    result = profiler.result
    assert result.total.value == pytest.approx(IDLE_W * seconds, rel=0.15)
    [sentence] = result.coverage.references
    assert sentence.startswith("Wall plug (Shelly), in no total")
    assert "127.0.0.1" not in sentence
    assert "in no total (a reference: it feeds the whole machine" in sentence
    said_j = float(sentence.split("): ")[-1].split(" J (±")[0])
    assert said_j == pytest.approx(WALL_W * seconds, rel=0.25)
    assert 18 <= float(sentence.split(" counted here are ")[1].split(" %")[0]) <= 32


def test_a_plug_that_is_asked_for_alone_is_the_total(plug: SimulatedPlug) -> None:
    with Profiler(["plug"]) as profiler:
        start_s = time.monotonic()
        time.sleep(3)
        seconds = time.monotonic() - start_s
    assert profiler.result.total.value == pytest.approx(WALL_W * seconds, rel=0.25)
    assert profiler.result.coverage.references == []


def test_a_plug_that_stops_answering_is_a_gap_and_takes_nothing_from_the_total(
    gpu: SimulatedGpu, plug: SimulatedPlug
) -> None:
    plug.make = "tasmota"
    with Profiler(["nvml", "plug"]) as profiler:
        start_s = time.monotonic()
        time.sleep(1)
        plug.status = 503
        time.sleep(1.5)
        plug.status = 200
        time.sleep(1.5)
        seconds = time.monotonic() - start_s
    result = profiler.result
    assert result.total.value == pytest.approx(IDLE_W * seconds, rel=0.15)
    [sentence] = result.coverage.references
    assert "so nothing is known" in sentence


def test_a_plug_that_hangs_in_the_middle_is_compared_with_nothing(gpu: SimulatedGpu, plug: SimulatedPlug) -> None:
    with Profiler(["nvml", "plug"]) as profiler:
        start_s = time.monotonic()
        time.sleep(1)
        plug.drips = "headers"
        time.sleep(2)
        seconds = time.monotonic() - start_s
    plug.drips = None
    assert profiler.result.total.value == pytest.approx(IDLE_W * seconds, rel=0.15)
    [sentence] = profiler.result.coverage.references
    assert "so nothing is known" in sentence
    assert "counted here" not in sentence


def test_the_list_of_sensors_compares_it(
    gpu: SimulatedGpu, plug: SimulatedPlug, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sensors", "--sensors", "nvml,plug"]) == 0
    said = capsys.readouterr().out
    assert "Wall plug (Shelly) sees " in said
    assert "what totals add is " in said
    assert "in no total: a reference" in said
