"""`energyprof report`: everything is derived from run.json again, at another site if asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli.recorded import recorded, write
from simulated.full_disk import full_disk

from energyprof.cli.main import main

FILES = ["index.html", "run.json", "summary.csv", "summary.json", "summary.md"]


def test_a_run_is_rendered_beside_its_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    evidence = (folder / "run.json").read_bytes()
    assert main(["report", str(folder)]) == 0
    assert sorted(file.name for file in folder.iterdir()) == FILES
    assert (folder / "run.json").read_bytes() == evidence
    assert capsys.readouterr().out.splitlines()[-1] == str(folder / "index.html")
    assert not (tmp_path / "index.html").exists()


def test_another_grid_changes_the_carbon_and_not_the_joules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    summaries = []
    for grid in ("50", "500"):
        assert main(["report", str(folder / "run.json"), "--grid", grid, "--json"]) == 0
        summaries.append(json.loads(capsys.readouterr().out))
    small, same = (next(v for v in one["variants"] if v["name"] == "small") for one in summaries)
    assert small["energy_per_task_j"]["value"] == same["energy_per_task_j"]["value"] == pytest.approx(10, rel=0.01)
    assert same["co2e_per_task_g"]["value"] == pytest.approx(10 * small["co2e_per_task_g"]["value"])


def test_a_full_disk_costs_the_page_and_not_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    with full_disk():
        assert main(["report", str(folder), "--json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"]["status"] == "good_enough"
    assert "summary.json could not be written (File too large)" in captured.err
    assert [file.name for file in folder.iterdir()] == ["run.json"]


def test_a_place_that_cannot_be_written_costs_the_page_and_not_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(recorded(), tmp_path / "sim")
    (tmp_path / "file").write_text("")
    assert main(["report", str(folder), "--out", str(tmp_path / "file"), "--json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["profile"] == "sim"
    assert "this result is not on disk" in captured.err
    assert "nothing was measured" not in captured.err


def test_an_out_folder_gets_all_runs_and_an_overview(tmp_path: Path) -> None:
    first = write(recorded(), tmp_path / "sim")
    run = recorded(seed=2)
    second = write(replace(run, profile=replace(run.profile, name="other")), tmp_path / "other")
    assert main(["report", str(first), str(second), "--out", str(tmp_path / "public")]) == 0
    assert sorted(file.name for file in (tmp_path / "public").iterdir()) == ["index.html", "other", "sim"]
    assert sorted(file.name for file in first.iterdir()) == ["run.json"]


def test_a_run_that_was_cut_off_is_rendered_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = recorded()
    folder = write(replace(run, complete=False, stop_reason=None, trials=run.trials[:5]), tmp_path / "sim")
    assert main(["report", str(folder)]) == 0
    assert "did not finish" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not JSON"),
        ("{}", "has schema None"),
        ('{"schema": 99}', "has schema 99"),
        ('{"schema": 1}', "The record is damaged"),
    ],
)
def test_a_damaged_record_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert main(["report", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()


def test_a_record_without_variants_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(replace(recorded(), variants=[], trials=[], scores=[]), tmp_path / "sim")
    assert main(["report", str(folder)]) == 2
    assert "run.json holds no variant, so there is nothing to show. Measure again" in capsys.readouterr().err


def test_with_one_bad_record_nothing_is_written(tmp_path: Path) -> None:
    good = write(recorded(), tmp_path / "sim")
    assert main(["report", str(good), str(tmp_path / "missing")]) == 2
    assert sorted(file.name for file in good.iterdir()) == ["run.json"]


def test_an_absurd_pue_and_an_unknown_grid_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    assert main(["report", str(folder), "--pue", "0.3"]) == 2
    assert "PUE" in capsys.readouterr().err
    assert main(["report", str(folder), "--grid", "Atlantis"]) == 2
    assert "Atlantis" in capsys.readouterr().err
