"""Whoever interrupts a profiler that works out a result, as a signal handler does, finds what was known before."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest
from simulated.gpu import SimulatedGpu
from simulated.work import Draw

from energyprof import Profiler, profile
from energyprof.capture import collected
from energyprof.profiler import accounts, fold

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {str(module.__file__) for module in (accounts, collected, fold)}


@contextmanager
def interrupted_at_every_line(handler: Callable[[], None]) -> Iterator[None]:
    """Calls it before each line of the files in which joules are accounted for, the first time that it runs."""
    handling, seen = False, set[tuple[str, int]]()

    def at_a_line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal handling
        if frame.f_code.co_filename not in FILES:
            return None
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and not handling and place not in seen:
            handling = True
            seen.add(place)
            handler()
            handling = False
        return at_a_line

    tracing = sys.gettrace()
    sys.settrace(at_a_line)
    try:
        yield
    finally:
        sys.settrace(tracing)


@pytest.mark.parametrize("ask", ["result", "stop"])
def test_a_handler_that_comes_at_any_line_gets_what_was_known_before(gpu: SimulatedGpu, draw: Draw, ask: str) -> None:
    drawn_j: list[float] = []
    name = f"interrupted {ask}"  # what was measured of a name is kept for good

    @profile(name=name)
    def work() -> None:
        start_s = time.monotonic()
        draw(0.1, 600)
        drawn_j.append(gpu.edges.energy_j(start_s, time.monotonic()))

    def known() -> set[tuple[int, float | None]]:
        return {
            (each.calls, each.energy.value and round(each.energy.value, 6))
            for each in (work.energy, profiler.result[name])
        }

    found: list[set[tuple[int, float | None]]] = []
    with Profiler(sensors=["nvml"]) as profiler:
        work()
        time.sleep(0.3)
        before = known()
        work()
        time.sleep(0.3)
        with interrupted_at_every_line(lambda: found.append(known())):
            result = profiler.result if ask == "result" else profiler.stop()
        after = known()
    assert len(found) > 100
    assert found[0] <= before
    assert set().union(*found) <= before | after
    [(calls, energy_j)] = after
    assert calls == result[name].calls == 2
    assert energy_j == pytest.approx(sum(drawn_j), rel=0.1)


def test_a_signal_that_comes_meanwhile_stops_nothing(gpu: SimulatedGpu, draw: Draw) -> None:
    known, came = [], signal.signal(signal.SIGUSR1, lambda *_: known.append(profiler.stop()))
    try:
        with Profiler(sensors=["nvml"]) as profiler:
            with profiler.span("work"):
                draw(0.1, 600)
            with interrupted_at_every_line(lambda: None if known else signal.raise_signal(signal.SIGUSR1)):
                assert profiler.result["work"].calls == 1
            assert "work" not in [measurement.name for measurement in known[0]]
            with profiler.span("work"):
                draw(0.1, 600)
    finally:
        signal.signal(signal.SIGUSR1, came)
    assert profiler.result["work"].calls == 2
