"""`energyprof compare`: the known ratio, what is not comparable, and what stays undecided."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli.recorded import recorded, write
from simulated.readings import Course, polled

from energyprof.analysis.compare import compare
from energyprof.cli.main import main
from energyprof.model.domain import Domain, PowerModel, calibrated
from energyprof.model.gain import FittedGain
from energyprof.model.timeline import Timeline


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(recorded(), tmp_path / "sim")


def _printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_two_variants_of_one_run_give_the_known_ratio(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "large", "small", "--run", str(folder), "--json"]) == 0
    pair = json.loads(_printed(capsys))
    ratio = pair["energy_ratio"]
    assert ratio["value"] == pytest.approx(10 / 40, rel=0.01)
    assert ratio["low"] < 0.25 < ratio["high"]
    assert pair["quality_difference"]["value"] == pytest.approx(-0.005)
    assert pair["verdict"] == "good_enough"


def test_an_estimated_ratio_is_that_of_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = recorded()
    busy = Course(idle_w=0.0)
    for trial in run.trials:
        busy.pulse(trial.start_s, 1.0, {"large": 1.9, "small": 0.8}[trial.variant])
    model = PowerModel((5.0, 10.0, 20.0), (1.5, 3.0, 6.0), "a table")
    cpu = Domain("cpu:model", "cpu", "cpu-model", "CPU", basis="estimated", joules_per_count=1e-9, model=model)
    run = replace(run, timelines=[polled(busy, run.idle[-1].end_s, period_s=0.001, domain=cpu)])
    folder = write(run, tmp_path / "estimated")
    main(["compare", "large", "small", "--run", str(folder), "--json"])
    reported = compare(run).variants[1].versus
    assert reported is not None
    assert json.loads(_printed(capsys))["energy_ratio"] == reported.energy_ratio.to_json()
    assert reported.energy_ratio.total_low is not None
    assert reported.energy_ratio.total_low < 0.9 * (reported.energy_ratio.low or 0)


def test_people_read_two_sentences(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "large", "small", "--run", str(folder)]) == 0
    energy, quality = _printed(capsys).splitlines()
    assert energy.startswith("small uses 4.0")
    assert "less (95 % interval " in energy
    assert quality.startswith("accuracy differs by -0.0050 (")
    assert quality.endswith("within the margin of 0.03: good enough.")


def test_the_other_way_round_it_is_more(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "small", "large", "--run", str(folder / "run.json")]) == 0
    assert "large uses 4.0" in _printed(capsys)


def test_the_same_variant_in_two_runs_is_undecided(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = write(recorded(seed=2), tmp_path / "again")
    assert main(["compare", f"{folder}:large", f"{again}:large"]) == 4
    assert "is not settled" in _printed(capsys)


def test_a_run_that_takes_its_variant_from_the_other_side_is_named_with_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = write(recorded(seed=2), tmp_path / "again")
    main(["compare", f"{folder}:large", str(again), "--json"])
    pair = json.loads(_printed(capsys))
    assert (pair["a"], pair["b"]) == (f"{folder}:large", f"{again}:large")


def test_two_runs_are_compared_by_the_variants_they_share(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = write(recorded(seed=2), tmp_path / "again")
    assert main(["compare", str(folder), str(again), "--json"]) == 4
    pairs = [json.loads(line) for line in _printed(capsys).splitlines()]
    assert [pair["a"].removeprefix(f"{folder}:") for pair in pairs] == ["large", "small"]
    assert all(pair["energy_ratio"]["value"] == pytest.approx(1, abs=0.02) for pair in pairs)


def test_an_unknown_variant_is_named_with_those_there_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "large", "tiny", "--run", str(folder)]) == 2
    assert (
        "sim has no variant 'tiny', so there is nothing to compare; use one of large, small." in capsys.readouterr().err
    )


def test_other_machines_sensors_and_tasks_are_not_comparable(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded()
    elsewhere = replace(run, host=replace(run.host, fingerprint="4567"))
    unknown = replace(run, host=replace(run.host, fingerprint=None))
    task = replace(run, profile=replace(run.profile, task="another"))
    meter = replace(
        run, timelines=[*run.timelines, Timeline(Domain("dram:0", "dram", "rapl", "DRAM"), [], [], [], 0.0)]
    )
    for name, other in (("machines", elsewhere), ("machine", unknown), ("task", task), ("sensors", meter)):
        path = write(other, tmp_path / name)
        assert main(["compare", f"{folder}:large", f"{path}:large"]) == 3
        assert name in capsys.readouterr().err


def test_runs_that_asked_different_items_are_not_comparable(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded()
    for name, digest in (("before", "a" * 64), ("after", "b" * 64)):
        write(replace(run, profile=replace(run.profile, items_sha256=digest)), tmp_path / name)
    assert main(["compare", f"{tmp_path / 'before'}:large", f"{tmp_path / 'after'}:small"]) == 3
    energy, quality = _printed(capsys).splitlines()
    assert "cannot be held against" in energy
    assert "the two runs asked different test items" in energy
    assert quality.startswith("Quality was not compared: the two runs asked different test items")
    assert main(["compare", f"{folder}:large", f"{tmp_path / 'after'}:small"]) == 0


def test_an_unknown_ratio_is_not_comparable_rather_than_undecided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded()
    unmeasured = replace(run, trials=[trial for trial in run.trials if trial.variant == "large"])
    folder = write(unmeasured, tmp_path / "half")
    assert main(["compare", "large", "small", "--run", str(folder)]) == 3
    assert "could not be measured" in _printed(capsys)


def test_a_run_that_is_not_there_is_told_with_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert f"{tmp_path / 'a'} does not exist" in capsys.readouterr().err


def test_runs_of_different_calibrations_are_not_comparable(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded()
    [line] = run.timelines
    gain = FittedGain("Plug", "2026-11-28", 1.1, 0.01, 30.0, 0.5, 0.01, 0.05, 9)
    other = replace(run, timelines=[replace(line, domain=calibrated(line.domain, gain))])
    path = write(other, tmp_path / "calibrated")
    assert main(["compare", f"{folder}:large", f"{path}:large"]) == 3
    assert "different calibrations" in capsys.readouterr().err
    assert main(["compare", f"{path}:large", f"{path}:small"]) == 0
