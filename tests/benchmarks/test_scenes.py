"""The scenes, run with a tool that reads the truth itself: beside it nothing may be found to be wrong."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cpu_time
import pytest
import scenes
from simulated.truth import Edges
from tools import Found


class Oracle:
    """Takes every window's joules from the edges."""

    def __init__(self, edges: Edges) -> None:
        self._edges, self._found = edges, dict[str, Found]()

    def start(self) -> None:
        self._edges.now(70)

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        start_s = time.monotonic()
        yield
        self._found.setdefault(name, Found()).add(self._edges.energy_j(start_s, time.monotonic()))

    def decorated(self, function: Callable[..., Any], name: str) -> None:
        return None

    def stop(self) -> dict[str, Found]:
        return self._found


@pytest.fixture
def edges(tmp_path: Path) -> Edges:
    return Edges(tmp_path / "edges")


def errors(outcome: dict[str, Any]) -> list[float]:
    return [found_j / true_j - 1 for true_j, found_j, _, _ in outcome["names"].values()]


def test_isolated_calls_are_beside_what_they_drew(edges: Edges) -> None:
    outcome = scenes.isolated(Oracle(edges), edges, duration_s=0.05, windows=2)
    assert list(outcome["names"]) == ["call 0", "call 1"]
    assert errors(outcome) == pytest.approx([0, 0], abs=0.2)
    assert all(true_j >= 30 for true_j, *_ in outcome["names"].values())


def test_decorated_calls_are_summed_by_function(edges: Edges) -> None:
    outcome = scenes.calls(Oracle(edges), edges, count=20, names="ab")
    assert outcome["names"].keys() == {"a", "b"}
    assert errors(outcome) == pytest.approx([0, 0], abs=0.2)
    assert sum(true_j for true_j, *_ in outcome["names"].values()) >= 20 * 3


def test_eight_windows_that_each_get_the_whole_device_are_seen_as_such(edges: Edges) -> None:
    true_j, found_j, _, _ = scenes.overlapping(Oracle(edges), edges, spans=3)["names"]["span"]
    assert 2 < found_j / true_j <= 3.001


def test_without_a_decorator_there_are_no_streams(edges: Edges) -> None:
    assert scenes.streams(Oracle(edges), edges, kind="generator") == {"missing": "no decorator"}


def test_all_kinds_of_work_are_consumed_to_their_end() -> None:
    seen = []

    async def coroutine() -> None:
        seen.append(inspect.currentframe() is not None)

    def generator() -> Iterator[int]:
        yield seen.append(True) or 0

    for work in (coroutine(), generator()):
        asyncio.run(scenes.consumed(work))
    assert seen == [True, True]


def test_the_cpu_time_of_a_process_tree_grows_with_its_work() -> None:
    before_s, own_s = cpu_time.tree_cpu_s([os.getpid()]), time.process_time()
    while time.process_time() < own_s + 0.2:
        pass
    assert cpu_time.tree_cpu_s([os.getpid()]) - before_s >= 0.15
