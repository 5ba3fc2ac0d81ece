"""Open and closed spans of this process, kept cheaply: two clock reads and an append for a call.

The current span is a context variable, so that threads and asyncio tasks each see their own. Every log that is
active when a span closes receives it.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic_ns
from typing import NamedTuple

from energyprof.capture.bundle import Bundle, bundled, keep
from energyprof.capture.cuda import CudaMode, Marker, Marks, device_stretches, initialised_cuda, synchronise_devices

CURRENT: ContextVar[OpenSpan | None] = ContextVar("energyprof_span", default=None)
FULL = 2048
"""Spans that a log keeps one by one; when there are more, the short ones among them are bundled: some 1.5 MB."""

OVERFULL = 4 * FULL
"""Spans from which on a call waits for whoever takes some: a hot loop would make tens of thousands meanwhile."""

LONGEST_WAIT_S = 0.1
"""The taker wants the interpreter for less; it may be held up by something that this very call has to end first."""

CROWDED = 16384
"""Spans too long to be bundled after which a log asks to be taken from: some 5 MB."""

CROWDED_STRETCHES = 40_000
"""The same for stretches of bundles, some 5 MB: four paths fill ten seconds. Taken from oftener than every three, a
counter of 100 ms would show too few ticks at a time to tell the power of several functions apart."""

_ids = itertools.count(1)
_modules = sys.modules


class OpenSpan:
    """A span while it lives, and until its joules are worked out.

    Attributes:
        start_ns, end_ns: the first active stretch that has ended; both 0 before.
        later: (start_ns, end_ns) of the others; None where there is none, as in most calls.
        active_ns: start of the stretch that is going on; None while suspended or after the end.
        primary: the innermost log that was active when it began.
        uncounted: for each work unit that could not be counted, why.
        kept: whether something refers to it, so that it cannot be bundled; then its parent is kept as well.
        marks: of active stretches in the stream of a CUDA device; None where there are none, and once they are read.
    """

    __slots__ = (
        "active_ns",
        "closed",
        "end_ns",
        "error",
        "id",
        "kept",
        "later",
        "marks",
        "name",
        "parent",
        "primary",
        "start_ns",
        "uncounted",
        "units",
    )

    def __init__(self, name: str, parent: OpenSpan | None) -> None:
        self.id = next(_ids)
        self.name = name
        self.parent = parent
        self.start_ns = 0
        self.end_ns = 0
        self.later: list[tuple[int, int]] | None = None
        self.active_ns: int | None = None
        self.closed = False
        self.units: dict[str, float] | None = None
        self.error: str | None = None
        self.uncounted: dict[str, str] | None = None
        self.primary = _active[-1] if _active else None
        self.kept = False
        self.marks: Marks | None = None

    @property
    def segments(self) -> list[tuple[int, int]]:
        """(start_ns, end_ns) of each active stretch that has ended."""
        if not self.end_ns:
            return []
        return [(self.start_ns, self.end_ns), *(self.later or ())]

    @segments.setter
    def segments(self, stretches: list[tuple[int, int]]) -> None:
        (self.start_ns, self.end_ns), *later = stretches
        self.later = later or None


Finished = OpenSpan | Bundle


class _Held(NamedTuple):
    """What a log keeps of the spans that have closed: replaced as a whole, so that whoever interrupts sees all of it.

    Attributes:
        waiting: taken from the queue, and not looked at yet. kept: looked at, and not bundled.
        stretches: of the bundles.
    """

    waiting: list[OpenSpan]
    kept: list[OpenSpan]
    bundles: list[Bundle]
    stretches: int


class SpanLog:
    """Receives the spans that close while it is active.

    A signal handler may call anything here, in the midst of any other call of the same thread.

    Args:
        cuda: whether the edges of spans wait for CUDA devices while this is the innermost log, or leave marks.
        crowded: called, in the thread of whoever finishes a span, when it holds so much that it should be taken from.
    """

    def __init__(self, crowded: Callable[[], None] = lambda: None, cuda: CudaMode = "synchronise") -> None:
        self.closed: deque[OpenSpan] = deque()
        self._held = _Held([], [], [], 0)
        self._crowded = crowded
        self._since_ns = 0
        self._open_at_end: list[OpenSpan] | None = None
        self.cuda = cuda
        self._lock = threading.RLock()
        self._bundling = False
        self._waits_from = OVERFULL

    def activate(self) -> None:
        """Receives spans from now on."""
        global _active
        self._since_ns = monotonic_ns()
        _active = (*_active, self)

    def deactivate(self) -> None:
        """Receives no more spans; those that are open now stay its own, whenever they end."""
        global _active
        if self in _active:
            self._open_at_end = open_spans()
        _active = tuple(log for log in _active if log is not self)

    def bundle(self) -> None:
        """Bundles the short spans among those that have closed, unless somebody is at it or takes them."""
        waits = len(self.closed) >= self._waits_from
        if not self._lock.acquire(timeout=LONGEST_WAIT_S if waits else 0):
            if waits:  # in vain: no call is held up again before there are twice as many
                self._waits_from = 2 * len(self.closed)
            return
        try:
            self._waits_from = OVERFULL
            self._bundle()
        finally:
            self._lock.release()
        if len(self._held.kept) > CROWDED or self._held.stretches > CROWDED_STRETCHES:
            self._crowded()

    def _bundle(self) -> None:
        if self._bundling:  # this very thread, which a signal or the collection of garbage interrupted
            return
        self._bundling = True
        try:
            self._gather()
            held = self._held
            outside = [*open_spans(), *list(self.closed)]  # in this order: a span moves from the first to the second
            keep(span.parent for span in outside)
            bundles, kept = bundled(held.waiting, self._since_ns)
            stretches = held.stretches + sum(len(bundle.segments) for bundle in bundles)
            self._replace(held, _Held([], held.kept + kept, held.bundles + bundles, stretches))
        finally:
            self._bundling = False

    def take(self, most: int = FULL) -> tuple[list[Finished], list[OpenSpan]]:
        """The spans that closed since the last time, and those that are open; of more than `most` short ones bundles.

        Those that a device is still at count as open. The open ones are looked up first, so that a span that ends in
        between is seen twice, and given as a closed one, rather than not at all.
        """
        with self._lock:
            running = open_spans() if self._open_at_end is None else self._open_at_end
            if len(self.closed) > most and not self._bundling:
                self._bundle()  # what closes meanwhile, in a hot loop tens of thousands, is left for the next time
            else:
                self._gather()
            held = self._held
            ended = held.kept + held.waiting
            keep([*running, *(span.parent for span in ended)])  # whoever takes them knows them one by one
            closed = [span for span in ended if _placed(span)]
            on_device = [span for span in ended if span.marks is not None]
            if not self._replace(held, _Held([], on_device, [], 0)):
                return self.take(most)
        known = set(ended)
        return [*held.bundles, *closed], [*(span for span in running if span not in known), *on_device]

    def last_ns(self) -> int:
        """When the last span ended that was not taken yet; 0 where there is none."""
        with self._lock:
            held = self._held
            waiting: list[Finished] = [*held.bundles, *held.kept, *held.waiting, *list(self.closed)]
        return max((span.segments[-1][1] for span in waiting if span.segments), default=0)

    def _gather(self) -> None:
        """Moves the spans that have closed so far; in one call, so that no signal comes while they are nowhere."""
        oldest = map(deque.popleft, itertools.repeat(self.closed, len(self.closed)))
        with suppress(IndexError):  # whoever interrupted has moved them
            self._held.waiting.extend(oldest)

    def _replace(self, held: _Held, new: _Held) -> bool:
        """False where whoever interrupted has taken what was held; no signal comes between the look and the change."""
        self._held, done = (new, True) if self._held is held else (self._held, False)
        return done


_active: tuple[SpanLog, ...] = ()
_open: dict[int, OpenSpan] = {}
_start_fallback: Callable[[], None] | None = None
_marker = Marker()


def active() -> bool:
    """Whether any log receives spans."""
    return bool(_active)


def use_fallback(start: Callable[[], None]) -> None:
    """Names what is called when a span begins and no log is active: it may activate one."""
    global _start_fallback
    _start_fallback = start


def begin(name: str) -> OpenSpan:
    """A new span below the current one, or the nearest around it that is still open; not active yet.

    A task or a callback inherits the current span of whoever started it, and may outlive that span by hours.
    """
    if not _active and _start_fallback is not None:
        _start_fallback()
    parent = CURRENT.get()
    while parent is not None and parent.id not in _open:
        parent = parent.parent
    span = OpenSpan(name, parent)
    _open[span.id] = span
    return span


def finish(span: OpenSpan, error: BaseException | None = None) -> None:
    """Closes a span and hands it to every active log."""
    if error is not None:
        span.error = type(error).__name__
    span.closed = True
    for log in _active:
        log.closed.append(span)
    _open.pop(span.id, None)  # last, so that at every instant it is among the open or the closed ones
    for log in _active:
        if len(log.closed) >= FULL:
            log.bundle()


def open_spans() -> list[OpenSpan]:
    """The spans that have begun and not ended, in any thread."""
    return list(_open.values())


def enter(span: OpenSpan) -> OpenSpan | None:
    """Begins an active stretch of a span; gives what was the current span before."""
    if "torch.cuda" in _modules:
        _begin_on_device(span)
    before = CURRENT.get()
    CURRENT.set(span)
    span.active_ns = monotonic_ns()
    return before


def leave(span: OpenSpan, before: OpenSpan | None) -> None:
    """Ends an active stretch.

    It may be left in another context than it was entered in, as around a `yield`: that context keeps its own span.
    """
    try:
        if "torch.cuda" in _modules:
            _end_on_device(span)
    finally:  # the wait may be interrupted
        if span.end_ns:
            _add(span, monotonic_ns())
        else:
            span.start_ns = span.active_ns  # type: ignore[assignment]
            span.end_ns = monotonic_ns()
        span.active_ns = None  # after the segment is there, so that another thread sees the stretch at every instant
        if CURRENT.get() is span:
            CURRENT.set(before)


def _add(span: OpenSpan, end_ns: int) -> None:
    assert span.active_ns is not None
    if span.later is None:
        span.later = []
    span.later.append((span.active_ns, end_ns))


class Active:
    """One active stretch of a span, as a context manager that swallows nothing."""

    __slots__ = ("_before", "_span")

    def __init__(self, span: OpenSpan) -> None:
        self._span = span

    def __enter__(self) -> None:
        self._before = enter(self._span)

    def __exit__(self, *_: object) -> None:
        leave(self._span, self._before)


def _begin_on_device(span: OpenSpan) -> None:
    if not _marks_wanted():
        synchronise_devices()
    elif (mark := _marker.mark(initialised_cuda())) is not None:
        span.marks = span.marks or {}
        span.marks[_ended_stretches(span)] = (mark, None)


def _end_on_device(span: OpenSpan) -> None:
    number = _ended_stretches(span)
    if span.marks and number in span.marks and (mark := _marker.mark(initialised_cuda())) is not None:
        span.marks[number] = (span.marks[number][0], mark)
    else:
        synchronise_devices()


def _ended_stretches(span: OpenSpan) -> int:
    return bool(span.end_ns) + len(span.later or ())


def _marks_wanted() -> bool:
    return bool(_active) and _active[-1].cuda == "events" and initialised_cuda() is not None


def _placed(span: OpenSpan) -> bool:
    """Puts a span where the device says that it ran; False while the device is still at it."""
    if span.marks is None:
        return True
    stretches = device_stretches(span.segments, span.marks)
    if stretches is None:
        return False
    span.marks = None
    if stretches:
        span.segments = stretches
    return True


def _forget_after_fork() -> None:
    global _active
    _active = ()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
