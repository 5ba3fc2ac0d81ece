"""The command line as a whole: help that teaches, exit codes, and a start without heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

import energyprof
from energyprof.cli import sensors
from energyprof.cli.main import DEFECT, main

COMMANDS = ["run", "report", "sensors", "exec", "compare", "factors"]
HEAVY = {
    "codecarbon",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pandas",
    "pydantic",
    "rich",
    "torch",
    "transformers",
}


def _exit(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit(["--help"]) == 0
    text = capsys.readouterr().out
    for word in [*COMMANDS, "examples:", "exit codes:", "  4  undecided"]:
        assert word in text
    assert "check" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit([command, "--help"]) == 0
    assert f"examples:\n  energyprof {command}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit(["--version"]) == 0
    assert capsys.readouterr().out == f"energyprof {energyprof.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["measure"], ["run"], ["run", "x.toml", "--qiuck"], ["report"]])
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    assert _exit(arguments) == 2


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\nfrom energyprof.cli.main import main\n"
        "try: main(['run', '--help'])\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stderr.split())


def test_a_defect_shows_its_traceback_and_no_exit_code_of_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def defective(options: object) -> int:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(sensors, "sensors", defective)
    assert main(["sensors"]) == 70
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a defect" in said
    assert said.splitlines()[-1] == DEFECT


def test_a_reader_that_has_gone_ends_the_command_without_a_traceback() -> None:
    command = [sys.executable, "-m", "energyprof", "exec", "--json", "--", "true"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert said == ""
