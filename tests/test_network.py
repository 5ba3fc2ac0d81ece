"""No byte goes over the network unless it is asked for, and no measurement is lost where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.recorded import recorded, write

ROOT = Path(__file__).parent.parent

PROFILER = """
import sys
from energyprof import Profiler

with Profiler(sensors=["cpu-model"], grid="FRA", pue=1.2, out=sys.argv[1]) as profiler, profiler.span("work"):
    sum(range(1_000_000))
print(profiler.result["work"].co2e_g, profiler.result["work"].water_l)
"""

TINY = """\
title = "Tiny"
task = "digits"
baseline = "one"
trials.seconds = 0.02
sensors = ["cpu-model"]
grid.zone = "FRA"

[[variants]]
name = "one"
model = "digits-mlp"
backend = "onnx"
"""


class Guarded:
    """Runs Python with the guard; `reached` is what it stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "guard.log"
        self._log.touch()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        paths = os.pathsep.join([str(ROOT / "tests" / "guard"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        own = {"PYTHONPATH": paths, "NETWORK_GUARD": str(self._log), "no_proxy": "*", **environment}
        command, kept = [sys.executable, *arguments], {"cwd": self._folder, "env": {**os.environ, **own}}
        return subprocess.run(command, **kept, capture_output=True, text=True, timeout=600)  # type: ignore[call-overload]

    @property
    def processes(self) -> int:
        return len({line for line in self._log.read_text().splitlines() if line.startswith("guarding")})

    @property
    def reached(self) -> list[str]:
        return [line for line in self._log.read_text().splitlines() if line.startswith("reached")]


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def test_the_guard_stops_and_notes_what_reaches_for_the_network(guarded: Guarded) -> None:
    script = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9', timeout=1)"
    done = guarded.run("-c", script)
    assert done.returncode != 0
    assert "guarded by a test" in done.stderr
    assert guarded.reached


def test_a_profiler_with_a_grid_stays_at_home(guarded: Guarded, tmp_path: Path) -> None:
    done = guarded.run("-c", PROFILER, str(tmp_path / "record"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "g (" in done.stdout
    assert "L (" in done.stdout
    assert guarded.run("-m", "energyprof", "report", str(tmp_path / "record")).returncode == 0
    assert guarded.processes == 2  # one for each command
    assert guarded.reached == []


@pytest.mark.parametrize("options", [[], ["--grid", "US-CA"], ["--grid", "CA-ON", "--pue", "1.3", "--wue", "1"]])
def test_a_report_and_its_factors_stay_at_home(options: list[str], guarded: Guarded, tmp_path: Path) -> None:
    folder = write(recorded(), tmp_path / "recorded")
    done = guarded.run("-m", "energyprof", "report", str(folder), *options)
    assert (done.returncode, guarded.reached) == (0, [])
    assert guarded.run("-c", "from energyprof.footprint.document import factors_markdown as f; f()").returncode == 0
    assert guarded.reached == []


@pytest.mark.parametrize(
    "command",
    [
        ["footprint", "1kWh", "--grid", "aws:eu-west-3", "--pue", "aws", "--device", "h100-sxm"],
        ["project", "recorded", "--requests-per-day", "1000", "--grid", "FRA"],
        ["compare", "recorded", "recorded"],
        ["factors", "water.coal.tower"],
        ["sensors"],
        ["exec", "--sensors", "cpu-model", "--grid", "FRA", "--", "true"],
    ],
    ids=lambda command: command[0],
)
def test_every_other_command_stays_at_home(command: list[str], guarded: Guarded, tmp_path: Path) -> None:
    write(recorded(), tmp_path / "recorded")
    done = guarded.run("-m", "energyprof", *command)
    assert "Traceback" not in done.stderr
    assert done.stdout or command[0] == "exec"
    assert done.returncode in ((0, 4) if command[0] == "compare" else (0,)), done.stderr
    assert guarded.processes >= 1
    assert guarded.reached == []


def test_a_run_of_a_model_of_the_zoo_stays_at_home(guarded: Guarded, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TINY)
    done = guarded.run("-m", "energyprof", "run", "tiny.toml", "--quick", "--out", "reports", "--json")
    assert done.returncode == 0, done.stderr
    assert guarded.processes >= 2  # the run and its worker
    assert guarded.reached == []
    assert json.loads((tmp_path / "reports/tiny/run.json").read_text())["live"] is None


def test_where_it_is_asked_for_it_is_tried_and_its_failure_costs_nothing(guarded: Guarded) -> None:
    options = ["--sensors", "cpu-model", "--grid", "FRA", "--live", "electricity-maps:FR", "--json"]
    done = guarded.run("-m", "energyprof", "exec", *options, "--", "true", ELECTRICITYMAPS_TOKEN="s3cret")
    assert done.returncode == 0
    assert guarded.reached
    document = json.loads(done.stdout)
    assert document["energy_j"]["value"] > 0
    assert document["live"]["live"] is False
    assert document["live"]["intensity_g_per_kwh"] == document["live"]["annual_g_per_kwh"]
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [["exec", "--", "true"], ["run", "tiny.toml"]])
def test_a_missing_token_is_exit_2_before_anything_is_measured(
    command: list[str], guarded: Guarded, tmp_path: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(TINY)
    word, *rest = command
    done = guarded.run("-m", "energyprof", word, "--live", "eia:CISO", *rest, EIA_API_KEY="")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "EIA_API_KEY is not set, so nothing was measured" in line
    assert guarded.reached == []
    assert not (tmp_path / "reports").exists()


def test_a_service_that_a_profile_names_is_asked_for_as_one_of_the_command_line(
    guarded: Guarded, tmp_path: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(TINY.replace('grid.zone = "FRA"', 'grid = { zone = "FRA", live = "eia:CISO" }'))
    done = guarded.run("-m", "energyprof", "run", "tiny.toml", EIA_API_KEY="")
    assert (done.returncode, done.stdout) == (2, "")
    assert "EIA_API_KEY is not set, so nothing was measured" in done.stderr
