"""Open and closed spans of this process, kept cheaply: two clock reads and an append for a call.

The current span is a context variable, so that threads and asyncio tasks each see their own. Every log that is
active when a span closes receives it.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic_ns
from types import ModuleType

CURRENT: ContextVar[OpenSpan | None] = ContextVar("energyprof_span", default=None)
_ids = itertools.count(1)


class OpenSpan:
    """A span while it lives, and until its joules are worked out.

    Attributes:
        segments: (start_ns, end_ns) of each active stretch that has ended.
        active_ns: start of the stretch that is going on; None while suspended or after the end.
        primary: the innermost log that was active when it began.
        uncounted: for each work unit that could not be counted, why.
    """

    __slots__ = ("active_ns", "closed", "error", "id", "name", "parent", "primary", "segments", "uncounted", "units")

    def __init__(self, name: str, parent: OpenSpan | None) -> None:
        self.id = next(_ids)
        self.name = name
        self.parent = parent
        self.segments: list[tuple[int, int]] = []
        self.active_ns: int | None = None
        self.closed = False
        self.units: dict[str, float] | None = None
        self.error: str | None = None
        self.uncounted: dict[str, str] | None = None
        self.primary = _active[-1] if _active else None


class SpanLog:
    """Receives the spans that close while it is active."""

    def __init__(self) -> None:
        self.closed: deque[OpenSpan] = deque()
        self._open_at_end: list[OpenSpan] | None = None

    def activate(self) -> None:
        """Receives spans from now on."""
        global _active
        _active = (*_active, self)

    def deactivate(self) -> None:
        """Receives no more spans; those that are open now stay its own, whenever they end."""
        global _active
        if self in _active:
            self._open_at_end = open_spans()
        _active = tuple(log for log in _active if log is not self)

    def take(self) -> tuple[list[OpenSpan], list[OpenSpan]]:
        """The spans that closed since the last time, and those that are open.

        The open ones are looked up first, so that a span that ends in between is seen twice, and given as a closed
        one, rather than not at all.
        """
        running = open_spans() if self._open_at_end is None else self._open_at_end
        closed = [self.closed.popleft() for _ in range(len(self.closed))]
        ended = set(closed)
        return closed, [span for span in running if span not in ended]


_active: tuple[SpanLog, ...] = ()
_open: dict[int, OpenSpan] = {}
_start_fallback: Callable[[], None] | None = None


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


def open_spans() -> list[OpenSpan]:
    """The spans that have begun and not ended, in any thread."""
    return list(_open.values())


class Stretch:
    """One active stretch of a span, as a context manager that swallows nothing.

    It may be left in another context than it was entered in, as around a `yield`: that context keeps its own span.
    """

    __slots__ = ("_before", "_span")

    def __init__(self, span: OpenSpan) -> None:
        self._span = span

    def __enter__(self) -> None:
        synchronise_devices()
        self._before = CURRENT.get()
        CURRENT.set(self._span)
        self._span.active_ns = monotonic_ns()

    def __exit__(self, *_: object) -> None:
        try:
            synchronise_devices()
        finally:  # the wait may be interrupted
            self._end()

    def _end(self) -> None:
        span = self._span
        assert span.active_ns is not None
        span.segments.append((span.active_ns, monotonic_ns()))
        span.active_ns = None  # after the segment is there, so that another thread sees the stretch at every instant
        if CURRENT.get() is span:
            CURRENT.set(self._before)


def synchronise_devices() -> None:
    """Waits for the CUDA work of this process on all its devices, so that it lies in its span; free where none is used.

    While a CUDA graph is captured nothing runs, so there is nothing to wait for, and waiting would break the capture.
    """
    cuda = sys.modules.get("torch.cuda")
    if cuda is None or not getattr(cuda, "_initialized", False):
        return
    with suppress(RuntimeError):  # of the user's own work: CUDA raises it again at the next call, where it is awaited
        if not cuda.is_current_stream_capturing():
            for device in _devices_in_use(cuda):
                cuda.synchronize(device)


def _devices_in_use(cuda: ModuleType) -> list[int]:
    """Those on which this process has a context: waiting for another one would make one there, of hundreds of MiB.

    PyTorch has no public name for the question; where a version lacks the private one, only the current device counts.
    """
    has_context = getattr(sys.modules["torch"]._C, "_cuda_hasPrimaryContext", None)
    if has_context is None:
        return [cuda.current_device()]
    return [device for device in range(cuda.device_count()) if has_context(device)]


def _forget_after_fork() -> None:
    global _active
    _active = ()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
