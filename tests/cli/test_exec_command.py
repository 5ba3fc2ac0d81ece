"""`energyprof exec`: the command's own output and exit status, and its cost beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from energyprof.cli.main import main

BURN = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"


def test_the_exit_status_and_output_are_the_commands_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]) == 7
    captured = capfd.readouterr()
    assert captured.out == "out\n"
    assert captured.err.startswith("err\nenergyprof: sh -c 'echo out; echo err >&2; exit 7': ")


def test_the_cost_of_a_child_is_counted() -> None:
    # In a process of its own: what other tests left running in this one would count as idle power.
    measuring = [sys.executable, "-m", "energyprof", "exec", "--sensors", "cpu-model", "--grid", "400", "--json"]
    done = subprocess.run([*measuring, "--", sys.executable, "-c", BURN], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    busy_s = 0.2
    watts = result["energy_net_j"]["value"] / busy_s
    assert 0.3 < watts < 60  # a core of any server between idle and far above
    assert result["energy_j"]["value"] > result["energy_net_j"]["value"] > 0
    assert result["energy_j"]["basis"] == "estimated"
    assert result["co2e_g"]["value"] == pytest.approx(result["energy_j"]["value"] / 3.6e6 * 400)


def test_json_comes_in_the_last_line_after_what_the_command_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "--json", "--", "echo", "hello"]) == 0
    said, document = capfd.readouterr().out.splitlines()
    assert said == "hello"
    assert json.loads(document)["command"] == ["echo", "hello"]


def test_a_command_that_a_signal_ended_has_the_shells_status() -> None:
    assert main(["exec", "--", "sh", "-c", "kill -TERM $$"]) == 128 + 15


def test_options_after_the_command_are_the_commands(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "echo", "--json"]) == 0
    assert capfd.readouterr().out == "--json\n"


def test_a_command_that_is_not_there_is_told_as_a_shell_does(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "--", "no-such-command"]) == 127
    assert "no-such-command was not found" in capfd.readouterr().err
    assert main(["exec", "--", "/dev/null"]) == 126
    assert "/dev/null cannot be executed (Permission denied), so nothing ran" in capfd.readouterr().err


def test_a_command_that_the_system_refuses_is_told_as_a_shell_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script"
    script.write_text("echo hello\n")
    script.chmod(0o755)
    refused = {str(script): f"begin it with a line such as #!/bin/sh, or run `sh {script}`", f"{script}/x": "its path"}
    for command, remedy in refused.items():
        assert main(["exec", "--", command]) == 126
        captured = capfd.readouterr()
        assert captured.out == ""
        assert f"energyprof: {command} cannot be executed" in captured.err
        assert remedy in captured.err


def test_nothing_to_measure_and_an_unknown_sensor_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exec", "--"]) == 2
    assert "No command was given" in capfd.readouterr().err
    assert main(["exec", "--sensors", "crystal-ball", "--", "echo", "hello"]) == 2
    captured = capfd.readouterr()
    assert "crystal-ball" in captured.err
    assert captured.out == ""


def test_what_the_command_held_and_what_it_cost_stand_beside_it(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--grid", "FRA", "--device", "laptop", "--price", "0.25EUR", "--device-price", "3.6EUR", "--json"]
    assert main(["exec", *words, "--", "sleep", "0.2"]) == 0
    found = json.loads(capfd.readouterr().out)
    laptop_g_per_s = 241_000 / (4 * 365 * 86_400)  # over four years, all of them in use
    assert found["hire_cost"]["value"] == pytest.approx(found["duration_s"] * 0.001)
    assert found["hire_cost"]["unit"] == "EUR"
    assert found["electricity_cost"]["value"] == pytest.approx(found["energy_j"]["value"] / 3.6e6 * 0.25)
    assert found["co2e_embodied_g"]["value"] >= found["duration_s"] * laptop_g_per_s
