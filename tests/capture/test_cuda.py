"""Where spans lie on a simulated CUDA device, whose stream is a list of work and whose clock is moved by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from energyprof.capture.cuda import STALE_NS, Mark, Marker, device_stretch, device_stretches, on_host_clock
from energyprof.capture.spans import Active, OpenSpan, SpanLog, begin, finish

MS = 1_000_000


class Event:
    """Passed once the device has done what was queued before it."""

    def __init__(self, cuda: SimulatedCuda) -> None:
        self._cuda = cuda
        self.at_ms = float("inf")

    def record(self) -> None:
        self._cuda.fail()
        self.at_ms = self._cuda.queued_until_ms = max(self._cuda.queued_until_ms, self._cuda.now_ms)

    def query(self) -> bool:
        self._cuda.fail()
        return self.at_ms <= self._cuda.now_ms

    def synchronize(self) -> None:
        self._cuda.fail()
        self._cuda.now_ms = max(self._cuda.now_ms, self.at_ms)

    def elapsed_time(self, later: Event) -> float:
        return later.at_ms - self.at_ms


class SimulatedCuda(ModuleType):
    """What energyprof asks of `torch.cuda`."""

    def __init__(self) -> None:
        super().__init__("torch.cuda")
        self._initialized = True
        self.now_ms = 0.0
        self.queued_until_ms = 0.0
        self.waits = 0
        self.capturing = False
        self.failed = False

    def fail(self) -> None:
        """An error of the device is raised by every later call, whatever it is."""
        if self.failed:
            raise RuntimeError("CUDA error: device-side assert triggered")

    def kernel(self, duration_ms: float) -> None:
        """Queues work without waiting for it."""
        self.queued_until_ms = max(self.queued_until_ms, self.now_ms) + duration_ms

    def Event(self, enable_timing: bool = False) -> Event:
        assert enable_timing
        return Event(self)

    def is_current_stream_capturing(self) -> bool:
        self.fail()
        return self.capturing

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def synchronize(self, device: int) -> None:
        self.fail()
        self.waits += 1
        self.now_ms = max(self.now_ms, self.queued_until_ms)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> SimulatedCuda:
    simulated = SimulatedCuda()
    monkeypatch.setitem(sys.modules, "torch.cuda", simulated)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(_C=SimpleNamespace()))  # type: ignore[misc]
    monkeypatch.setattr("energyprof.capture.spans._marker._anchors", {})
    return simulated


@pytest.fixture
def log(cuda: SimulatedCuda) -> Iterator[SpanLog]:
    log = SpanLog(cuda="events")
    log.activate()
    yield log
    log.deactivate()


def call(cuda: SimulatedCuda, name: str, kernel_ms: float) -> OpenSpan:
    span = begin(name)
    with Active(span):
        cuda.kernel(kernel_ms)
    finish(span)
    return span


def test_an_event_lies_so_much_later_than_its_anchor() -> None:
    assert on_host_clock(5_000 * MS, 12.5) == 5_012_500_000


def test_queued_work_is_charged_from_when_the_device_began_with_it() -> None:
    assert device_stretch((10 * MS, 11 * MS), (100 * MS, 180 * MS)) == (100 * MS, 180 * MS)
    assert device_stretch((10 * MS, 50 * MS), (9 * MS, 30 * MS)) == (10 * MS, 50 * MS)


def test_a_span_without_device_work_stays_where_the_host_saw_it() -> None:
    assert device_stretch((10 * MS, 15 * MS), (100 * MS, 100 * MS + 500)) == (10 * MS, 15 * MS)


def test_stretches_that_the_device_runs_into_each_other_are_one(cuda: SimulatedCuda) -> None:
    anchor = cuda.Event(enable_timing=True)
    anchor.record()
    marks = {}
    for number in range(3):
        first, last = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        first.record()
        cuda.kernel(10)
        last.record()
        marks[number] = Mark(first, anchor, 0), Mark(last, anchor, 0)
    hosts = [(0, 1), (2, 3), (4, 5)]
    assert device_stretches(hosts, marks) is None
    cuda.now_ms = 30
    assert device_stretches(hosts, marks) == [(0, 30 * MS)]


def test_nothing_is_waited_for_and_what_the_device_is_at_counts_as_open(cuda: SimulatedCuda, log: SpanLog) -> None:
    first = call(cuda, "first", 100_000)
    waits = cuda.waits
    second = call(cuda, "second", 50_000)
    assert cuda.waits == waits == 1  # once, to learn the device's clock
    assert log.take() == ([], [first, second])
    cuda.now_ms = 100_000
    assert log.take() == ([first], [second])
    cuda.now_ms = 150_000
    assert log.take() == ([second], [])
    [(first_start, first_end)], [(second_start, second_end)] = first.segments, second.segments
    assert first_end - first_start == pytest.approx(100_000 * MS, rel=0.1)
    assert second_start == first_end
    assert second_end - second_start == 50_000 * MS


def test_by_default_both_edges_wait(cuda: SimulatedCuda) -> None:
    log = SpanLog()
    log.activate()
    span = call(cuda, "x", 100)
    log.deactivate()
    assert cuda.waits == 2
    assert (span.marks, cuda.now_ms) == (None, 100)


def test_a_call_on_a_device_is_not_bundled(cuda: SimulatedCuda, log: SpanLog) -> None:
    span = call(cuda, "x", 5)
    log.bundle()
    cuda.now_ms = 5
    assert log.take() == ([span], [])


def test_each_stretch_keeps_its_own_marks_also_where_the_first_has_none(cuda: SimulatedCuda, log: SpanLog) -> None:
    call(cuda, "warm-up", 0)
    span = begin("stream")
    cuda.capturing = True
    with Active(span):
        pass
    cuda.capturing = False
    for _ in range(2):
        with Active(span):
            cuda.kernel(100_000)
    finish(span)
    [captured, *_] = hosts = span.segments
    cuda.now_ms = 200_000
    assert span in log.take()[0]
    assert (len(hosts), span.segments[0]) == (3, captured)
    assert sum(end - start for start, end in span.segments[1:]) == pytest.approx(200_000 * MS, rel=0.1)


def test_a_capture_that_goes_on_at_the_end_of_a_span_leaves_it_where_the_host_saw_it(
    cuda: SimulatedCuda, log: SpanLog
) -> None:
    span = begin("x")
    with Active(span):
        cuda.kernel(100_000)
        cuda.capturing = True
    finish(span)
    hosts = span.segments
    assert log.take() == ([span], [])
    assert span.segments == hosts


def test_an_error_of_the_device_neither_replaces_the_users_nor_loses_a_span(cuda: SimulatedCuda, log: SpanLog) -> None:
    before = call(cuda, "before", 100_000)
    span = begin("x")
    with pytest.raises(KeyError, match="mine"), Active(span):
        cuda.failed = True
        raise KeyError("mine")
    finish(span)
    after = call(cuda, "after", 1)
    hosts = [each.segments for each in (before, span, after)]
    assert log.take() == ([before, span, after], [])
    assert [each.segments for each in (before, span, after)] == hosts


def test_a_host_stretch_after_one_that_the_device_began_late_stays_in_order(cuda: SimulatedCuda) -> None:
    anchor, first, last = (cuda.Event(enable_timing=True) for _ in range(3))
    anchor.record()
    cuda.kernel(100)
    first.record()
    cuda.kernel(80)
    last.record()
    cuda.now_ms = 180
    marks = {0: (Mark(first, anchor, 0), Mark(last, anchor, 0))}
    placed = device_stretches([(10 * MS, 11 * MS), (12 * MS, 15 * MS)], marks)
    assert placed == [(12 * MS, 15 * MS), (100 * MS, 180 * MS)]


def test_the_clock_of_a_device_that_is_never_idle_is_read_again_after_minutes(cuda: SimulatedCuda) -> None:
    marker = Marker()
    first = marker.mark(cuda)
    assert first is not None
    aged_ns = first.anchor_ns - STALE_NS
    marker._anchors[0] = first.anchor, aged_ns + STALE_NS // 2
    cuda.kernel(100_000)
    young = marker.mark(cuda)
    assert young is not None
    assert (young.anchor, cuda.waits) == (first.anchor, 1)
    marker._anchors[0] = first.anchor, aged_ns
    renewed, later = marker.mark(cuda), marker.mark(cuda)
    assert renewed is not None
    assert later is not None
    assert renewed.anchor is later.anchor is renewed.event
    assert (cuda.waits, renewed.passed_ns()) == (2, renewed.anchor_ns)
