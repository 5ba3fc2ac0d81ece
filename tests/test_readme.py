"""What README and docs show must work as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _blocks(language: str) -> list[object]:
    found = []
    for page in PAGES:
        for number, code in enumerate(re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S), 1):
            found.append(pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}"))
    return found


def _mentioned(program: str) -> list[str]:
    """The words that follow a program in code, over all pages."""
    text = "\n".join(page.read_text() for page in PAGES)
    return sorted(set(re.findall(rf"(?:^    |`){program} ([a-z][a-z-]*)", text, re.M)))


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python as a newcomer would, with the energyprof of this checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENERGYPROF")}
    path = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("code", _blocks("python"))
def test_a_python_example_runs_as_written(code: str, tmp_path: Path) -> None:
    done = _run(["-W", "error", "-c", code], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == ("print(" in code)
    assert list(tmp_path.iterdir()) == []


def test_a_quantity_prints_as_the_docs_say(tmp_path: Path) -> None:
    [code] = [block.values[0] for block in _blocks("python") if "print(measured)" in block.values[0]]
    [said] = re.findall(r"print\(measured\)  # (.*)", code)
    assert _run(["-c", code], tmp_path).stdout.splitlines()[0] == said


@pytest.mark.parametrize("code", _blocks("toml"))
def test_a_profile_example_is_valid(code: str, tmp_path: Path) -> None:
    from energyprof.runner.profile import load_profile

    path = tmp_path / "mine.toml"
    path.write_text(code)
    assert load_profile(path).variants


@pytest.mark.parametrize("target", _mentioned("make"))
def test_a_make_target_that_is_mentioned_exists(target: str) -> None:
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("command", _mentioned("energyprof"))
def test_a_command_that_is_mentioned_exists(command: str, tmp_path: Path) -> None:
    done = _run(["-m", "energyprof", command, "--help"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: energyprof {command}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_to_a_file_that_exists(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_listed_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")} - {"index.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
