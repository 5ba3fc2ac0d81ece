"""`energyprof report` on what a Profiler wrote, or left behind when its process was killed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from energyprof.cli.main import main

PROGRAM = """
import os, signal, sys, time
from energyprof import Profiler
profiler = Profiler(sensors=["cpu-model"], out=sys.argv[1], grid="FRA").start()
with profiler.span("work", requests=4):
    time.sleep(0.3)
if sys.argv[2] == "killed":
    time.sleep(2.5)
    os.kill(os.getpid(), signal.SIGKILL)
profiler.stop()
"""


def ran(folder: Path, how: str) -> int:
    return subprocess.run([sys.executable, "-c", PROGRAM, str(folder), how], timeout=120).returncode


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_record_becomes_a_page_a_table_and_a_spreadsheet(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "record"
    assert ran(folder, how) == (0 if how == "stopped" else -signal.SIGKILL)
    if how == "killed":
        assert main(["report", str(folder / "profiler.json")]) == 2
        assert "name the folder" in capsys.readouterr().err
    assert main(["report", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "work: " in out
    assert ("ended without stopping its profiler" in out) is (how == "killed")
    for name in ("index.html", "profiler.md", "profiler.csv"):
        assert "work" in (folder / name).read_text()
    assert main(["report", str(folder), "--json", "--grid", "POL"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["complete"] is (how == "stopped")
    [function] = summary["functions"]
    assert (function["name"], function["calls"], function["units"]) == ("work", 1, {"requests": 4})


def test_another_folder_can_be_named_for_what_is_derived(tmp_path: Path) -> None:
    assert ran(tmp_path / "record", "stopped") == 0
    assert main(["report", str(tmp_path / "record" / "profiler.json"), "--out", str(tmp_path / "public")]) == 0
    assert (tmp_path / "public" / "record" / "index.html").exists()
    assert [path.name for path in (tmp_path / "record").iterdir()] == ["profiler.json"]


def test_of_several_killed_profilers_the_others_are_named_and_each_can_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "record", tmp_path / "public"
    for _ in range(2):
        assert ran(folder, "killed") == -signal.SIGKILL
    older, newest = sorted(folder.glob("*.journal"), key=lambda path: path.stat().st_mtime)
    assert main(["report", str(folder)]) == 0
    said = capsys.readouterr().out
    assert f"were not stopped, and these figures do not contain it: {older.name}." in said
    assert main(["report", str(older), str(newest), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([older.stem, newest.stem])
    capsys.readouterr()
    assert main(["report", str(older), str(newest)]) == 2
    assert "would both go to" in capsys.readouterr().err

    assert ran(folder, "stopped") == 0
    assert main(["report", str(folder), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["complete"]
    assert newest.name in summary["warnings"][-1]
    assert older.name in summary["warnings"][-1]


def test_two_records_of_one_name_do_not_overwrite_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path / "a" / "record", "stopped") == 0
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    folders = [str(tmp_path / name / "record") for name in "ab"]
    assert main(["report", *folders, "--out", str(tmp_path / "public")]) == 2
    assert "would both go to" in capsys.readouterr().err
    assert not (tmp_path / "public").exists()
    assert main(["report", *folders]) == 0
    assert main(["report", folders[0], folders[0]]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not JSON"), ('{"schema": 1}', "has schema 1"), ('{"schema": 2}', "is damaged and cannot be trusted")],
)
def test_a_damaged_record_is_refused(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "profiler.json").write_text(text)
    assert main(["report", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_journal_of_a_process_that_had_not_begun_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "profiler-1-a.journal").write_text("")
    assert main(["report", str(tmp_path)]) == 2
    assert "Measure again" in capsys.readouterr().err
