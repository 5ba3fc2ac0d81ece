"""`energyprof run`: bad profiles run nothing, good ones become pages, and what is killed leaves what it measured."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from simulated.full_disk import fill_disk_of

from energyprof.cli.main import main
from energyprof.model.record import loads
from energyprof.sensors.procfs import children

GOOD = """\
title = "Tiny"
task = "digits"
baseline = "one"
quality.margin = 0.02
trials.seconds = 0.02

[[variants]]
name = "one"
model = "digits-mlp"
backend = "onnx"

[[variants]]
name = "many"
model = "digits-mlp"
backend = "onnx"
batch_size = 32
"""

BAD = {
    "unknown key": GOOD.replace("batch_size", "batchsize"),
    "missing model": GOOD.replace('model = "digits-mlp"\n', "", 1),
    "unknown model": GOOD.replace("digits-mlp", "digits-mlq", 1),
    "wrong type": GOOD.replace("batch_size = 32", 'batch_size = "32"'),
    "unknown task": GOOD.replace('task = "digits"', 'task = "letters"'),
    "empty variants": GOOD[: GOOD.index("[[variants]]")].replace('title = "Tiny"', 'title = "Tiny"\nvariants = []'),
    "precision of another backend": GOOD + 'precision = "int4"\n',
    "device of another backend": GOOD + 'device = "cuda:0"\n',
    "model of another kind": GOOD.replace("digits-mlp", "dates-nano", 1),
    "duplicate names": GOOD.replace('"many"', '"one"'),
    "negative budget": GOOD.replace("trials.seconds = 0.02", "trials.seconds = 0.02\ntrials.budget_s = -3"),
    "not TOML": GOOD.replace("=", ":"),
}


def _write(folder: Path, text: str = GOOD, name: str = "tiny.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("flaw", BAD)
def test_a_bad_profile_is_one_sentence_and_nothing_runs(
    flaw: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = _write(tmp_path), _write(tmp_path, BAD[flaw], "bad.toml")
    assert main(["run", str(good), str(bad), "--out", str(tmp_path / "reports")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith(f"energyprof: {bad}")
    assert not (tmp_path / "reports").exists()


def test_a_folder_and_two_profiles_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path)]) == 2
    assert "is a folder, not a profile" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    same = [str(_write(tmp_path)), str(_write(tmp_path / "other"))]
    assert main(["run", *same, "--out", str(tmp_path / "reports")]) == 2
    assert "two profiles are called tiny" in capsys.readouterr().err


def test_options_are_checked_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(_write(tmp_path))
    for option, value, word in (
        ("--pue", "0.1", "PUE"),
        ("--grid", "Atlantis", "Atlantis"),
        ("--budget", "-1", "budget_s"),
    ):
        assert main(["run", path, option, value, "--out", str(tmp_path / "reports")]) == 2
        assert word in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def test_a_folder_that_cannot_be_written_is_told_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(_write(tmp_path)), "--quick", "--out", "/dev/null/reports"]) == 2
    assert "nothing was measured" in capsys.readouterr().err


def test_a_profile_becomes_a_page_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = tmp_path / "reports"
    profile = _write(tmp_path, GOOD + "\n[factors]\nwater.coal.tower = 2\nwater.coal.pond = 2\n")
    options = ["--grid", "FRA", "--factor", "water.coal.tower=2.2:2:3", "--market", "20"]
    assert main(["run", str(profile), "--quick", "--json", *options, "--out", str(reports)]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    asked = loads((reports / "tiny" / "run.json").read_text()).profile
    assert (asked.grid, asked.market_g_per_kwh) == ("FRA", 20.0)
    assert {factor.id: (factor.value, factor.source) for factor in asked.factors} == {
        "water.coal.tower": (2.2, "given by the user (command line)"),
        "water.coal.pond": (2.0, "given by the user (tiny.toml)"),
    }
    assert summary["profile"] == "tiny"
    assert [variant["name"] for variant in summary["variants"]] == ["one", "many"]
    assert all(variant["quality"]["value"] > 0.9 for variant in summary["variants"])
    names = sorted(file.name for file in (reports / "tiny").iterdir())
    assert names == ["index.html", "run.json", "summary.csv", "summary.json", "summary.md"]
    assert (reports / "index.html").exists()
    assert captured.err.count(": trial ") >= 6


def test_a_device_that_is_not_there_fails_its_variant_and_all_else_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = GOOD.replace('backend = "onnx"\nbatch_size = 32', 'backend = "torch"\ndevice = "cuda:63"')
    paths = [str(_write(tmp_path, absent, "first.toml")), str(_write(tmp_path, GOOD, "second.toml"))]
    assert main(["run", *paths, "--quick", "--json", "--out", str(tmp_path)]) == 3
    captured = capsys.readouterr()
    first, second = (json.loads(line) for line in captured.out.splitlines())
    assert first["variants"][0]["energy_per_task_j"]["value"] > 0
    assert all(variant["energy_per_task_j"]["value"] > 0 for variant in second["variants"])
    assert "first: many failed. The" in captured.err
    assert "cuda:63" in captured.err


def _started(folder: Path) -> subprocess.Popen[str]:
    """A quick run in its own process, once it has said that two trials are done."""
    command = [sys.executable, "-m", "energyprof", "run", str(_write(folder)), "--quick", "--out", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    trials = 0
    for line in process.stderr:
        trials += ": trial " in line
        if trials == 2:
            return process
    raise AssertionError(f"it ended with {process.wait()} before the second trial")


def _wait_for_end(descriptor: int) -> bool:
    ready, _, _ = select.select([descriptor], [], [], 60)
    os.close(descriptor)
    return bool(ready)


def test_a_killed_run_leaves_a_readable_record_and_no_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = _started(tmp_path)
    descriptors = [os.pidfd_open(pid) for pid in children(process.pid)]
    assert len(descriptors) == 3  # the sampler and two workers
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all(_wait_for_end(descriptor) for descriptor in descriptors)

    run = loads((tmp_path / "tiny" / "run.json").read_text())
    assert not run.complete
    assert any(not trial.warm_up for trial in run.trials)
    assert main(["report", str(tmp_path / "tiny")]) == 0
    assert "did not finish" in capsys.readouterr().out
    assert (tmp_path / "tiny" / "index.html").exists()


def test_ctrl_c_keeps_and_renders_what_was_measured(tmp_path: Path) -> None:
    process = _started(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1] == str(tmp_path / "tiny" / "index.html")
    run = loads((tmp_path / "tiny" / "run.json").read_text())
    assert (run.complete, run.stop_reason) == (False, "interrupted")
    assert (tmp_path / "tiny" / "index.html").exists()


def test_a_disk_that_fills_up_while_measuring_costs_the_files_and_not_the_figures(tmp_path: Path) -> None:
    process = _started(tmp_path)
    fill_disk_of(process.pid)
    said, complaint = process.communicate()
    assert process.returncode == 2
    assert "many uses ~" in said
    assert "index.html" not in said
    assert "Traceback" not in complaint
    last = complaint.splitlines()[-1]
    assert re.match(r"energyprof: .*run\.json could not be written \(File too large\)", last)
    assert "What was printed is all there is of the whole run" in last
    assert {file.name for file in (tmp_path / "tiny").iterdir()} <= {"run.json"}  # from before the disk was full


def test_a_run_that_cannot_start_leaves_no_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile, out = _write(tmp_path), tmp_path / "reports"
    assert main(["run", str(profile), "--sensors", "plugg", "--out", str(out)]) == 2
    assert "There is no sensor 'plugg'" in capsys.readouterr().err
    assert not out.exists()
    (out / "tiny").mkdir(parents=True)
    (out / "tiny" / "run.json").write_text("{}")
    assert main(["run", str(profile), "--sensors", "plugg", "--out", str(out)]) == 2
    assert (out / "tiny" / "run.json").exists(), "what was there stays"
