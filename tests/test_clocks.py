"""Durations are taken from the monotonic clock: a step of the wall clock must change no figure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "energyprof"
MODULES = sorted(
    path for layer in ("capture", "sensors", "profiler", "analysis") for path in (PACKAGE / layer).glob("*.py")
)

WALL_CLOCKS = {"time", "time_ns", "localtime", "gmtime", "CLOCK_REALTIME"}
LABELS = {"capture/first_look.py": 1, "profiler/profiler.py": 1}
"""Where a wall time is a label and nothing else: when a meter was looked at, when the record was made."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_figure_rests_on_the_wall_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    of_time = [node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "time"]
    assert not WALL_CLOCKS & set(of_time)
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    ]
    assert not WALL_CLOCKS & set(imported)
    labels = [node for node in attributes if node.attr in ("now", "utcnow", "today")]
    assert len(labels) == LABELS.get(path.relative_to(PACKAGE).as_posix(), 0)
