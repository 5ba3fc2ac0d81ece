"""Spans as they begin, go on and end: in other threads, other contexts and other processes than their observer's."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from energyprof.capture.bundle import Bundle, bundled
from energyprof.capture.spans import CURRENT, Active, OpenSpan, SpanLog, begin, finish

RACED_S = 0.5


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Repeats work in another thread, which takes its turn after as few instructions as the interpreter allows."""
    ended = threading.Event()
    threads: list[threading.Thread] = []
    interval_s = sys.getswitchinterval()

    def run(work: Callable[[], None]) -> None:
        def repeat() -> None:
            while not ended.is_set():
                work()

        threads.append(threading.Thread(target=repeat))
        threads[-1].start()

    sys.setswitchinterval(1e-6)
    yield run
    ended.set()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval_s)


@contextmanager
def block(name: str) -> Iterator[OpenSpan]:
    span = begin(name)
    try:
        with Active(span):
            yield span
    finally:
        finish(span)


def test_a_span_that_has_begun_is_open_or_closed_at_every_look(
    log: SpanLog, beside: Callable[[Callable[[], None]], None]
) -> None:
    begun: list[OpenSpan] = []

    def work() -> None:
        span = begin("x")
        begun.append(span)
        finish(span)

    beside(work)
    known = 0
    end_s = time.monotonic() + RACED_S
    while time.monotonic() < end_s:
        expected = len(begun)
        closed, running = log.take()
        known += len(closed)
        assert not set(closed) & set(running)
        assert known + len(running) >= expected
    assert known > 100


def test_a_stretch_that_has_begun_is_active_or_a_segment_at_every_look(
    log: SpanLog, beside: Callable[[Callable[[], None]], None]
) -> None:
    span = begin("x")
    begun = 0

    def work() -> None:
        nonlocal begun
        with Active(span):
            begun += 1

    beside(work)
    end_s = time.monotonic() + RACED_S
    while time.monotonic() < end_s:
        expected = begun
        active = span.active_ns is not None
        assert len(span.segments) + active >= expected
    finish(span)


def test_what_was_open_when_a_log_ended_is_still_seen_after_it_has_closed(log: SpanLog) -> None:
    span = begin("x")
    log.deactivate()
    finish(span)
    assert log.take() == ([], [span])


def test_what_begins_after_a_log_has_ended_is_not_seen_by_it(log: SpanLog) -> None:
    log.deactivate()
    span = begin("x")
    assert log.take() == ([], [])
    finish(span)


def test_a_block_that_is_left_in_another_context_raises_nothing_and_leaves_that_context_alone(log: SpanLog) -> None:
    def dependency() -> Iterator[None]:
        with block("x"):
            yield

    running = dependency()
    contextvars.copy_context().run(next, running)
    with block("y") as other:
        leaving = contextvars.copy_context()
        assert leaving.run(next, running, None) is None
        assert leaving[CURRENT] is other
    assert [span.name for span in log.take()[0]] == ["x", "y"]


def test_an_abandoned_stream_raises_nothing_and_what_runs_later_is_not_nested_in_it(log: SpanLog) -> None:
    async def stream() -> AsyncIterator[int]:
        with block("stream"):
            for number in range(5):
                await asyncio.sleep(0)
                yield number

    async def main() -> list[object]:
        raised: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, problem: raised.append(problem))
        async for _ in stream():
            break
        gc.collect()
        await asyncio.sleep(0.01)
        with block("later") as later:
            assert later.parent is None
        return raised

    assert asyncio.run(main()) == []
    assert [span.name for span in log.take()[0]] == ["stream", "later"]


def test_what_a_closed_span_started_belongs_to_the_nearest_one_that_is_still_open(log: SpanLog) -> None:
    with block("service") as service:
        with block("request"):
            background = contextvars.copy_context()
        span = background.run(begin, "embed")
    assert span.parent is service
    finish(span)


def test_a_task_that_starts_itself_again_keeps_no_chain_of_spans(log: SpanLog) -> None:
    async def tick(left: int, done: asyncio.Event) -> None:
        with block("tick"):
            if left:
                later = asyncio.get_running_loop().call_soon
                later(lambda: tasks.append(asyncio.ensure_future(tick(left - 1, done))))
            else:
                done.set()

    async def main() -> None:
        done = asyncio.Event()
        await tick(10, done)
        await done.wait()
        await asyncio.gather(*tasks)

    tasks: list[asyncio.Task[None]] = []
    asyncio.run(main())
    assert [span.parent for span in log.take()[0]] == [None] * 11


def test_a_span_in_the_child_of_a_fork_is_not_nested_in_one_of_the_parent() -> None:
    program = """
import os
from energyprof.capture.spans import CURRENT, Active, begin, finish
outer = begin("outer")
with Active(outer):
    pid = os.fork()
    if pid == 0:
        os._exit(begin("inner").parent is not None)
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def interrupted(work: Callable[[SpanLog], object], place: int) -> tuple[bool, int, list[OpenSpan | Bundle]]:
    """Whether the work has so many lines, the spans that closed by then, and those that the log gave."""
    log, came, left = SpanLog(), False, place
    found: list[OpenSpan | Bundle] = []
    files = SpanLog.bundle.__code__.co_filename, bundled.__code__.co_filename

    def at_a_line(frame: FrameType, event: str, _: object) -> Any:
        nonlocal came, left
        if frame.f_code.co_filename not in files:
            return None
        left -= event == "line"
        if left < 0 and not came:
            came = True
            with block("x"):
                log.bundle()
            assert log.last_ns()
            closed, running = log.take(0)
            found.extend(closed)
            assert running == [outer]
        return at_a_line

    log.activate()
    outer = begin("outer")
    for _ in range(5):
        with block("x"):
            pass
    tracing = sys.gettrace()
    sys.settrace(at_a_line)
    try:
        given = work(log)
    finally:
        sys.settrace(tracing)
    if isinstance(given, tuple):
        found += given[0]
    finish(outer)
    found += log.take(0)[0]
    log.deactivate()
    return came, 6 + came, found


@pytest.mark.parametrize("work", [SpanLog.bundle, SpanLog.take, SpanLog.last_ns])
def test_whoever_interrupts_a_log_at_any_line_finds_every_span_and_none_twice(
    work: Callable[[SpanLog], object],
) -> None:
    for place in itertools.count():
        came, closed, found = interrupted(work, place)
        assert sum(one.calls if isinstance(one, Bundle) else 1 for one in found) == closed
        if not came:
            break
    assert place > 2


def test_a_signal_handler_may_use_a_log_while_its_thread_does() -> None:
    program = """
import signal
from energyprof.capture import spans
from energyprof.capture.bundle import Bundle
from energyprof.capture.spans import SpanLog, Active, begin, finish

spans.FULL = 64
log, found, begun = SpanLog(), [], 0
log.activate()

def call():
    global begun
    begun += 1
    span = begin("x")
    with Active(span):
        pass
    finish(span)

def interrupted(*_):
    for _ in range(100):
        call()
    log.last_ns()
    found.extend(log.take()[0])
    signal.setitimer(signal.ITIMER_REAL, 0.001)

signal.signal(signal.SIGALRM, interrupted)
signal.setitimer(signal.ITIMER_REAL, 0.001)
for _ in range(20_000):
    call()
signal.signal(signal.SIGALRM, signal.SIG_IGN)
found += log.take()[0]
called = sum(one.calls if isinstance(one, Bundle) else 1 for one in found)
print(called == begun or (called, begun))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout == "True\n"
