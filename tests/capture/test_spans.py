"""What a profiler sees of the spans of other threads while these begin, go on and end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from energyprof.capture.spans import OpenSpan, SpanLog, Stretch, begin, finish

RACED_S = 0.5


@pytest.fixture
def log() -> Iterator[SpanLog]:
    log = SpanLog()
    log.activate()
    yield log
    log.deactivate()


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
        with Stretch(span):
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
