"""The two phases of a stream of tokens, each a span below the stream's own: until the first item, and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from energyprof.capture.spans import OpenSpan, begin, enter, finish, leave

PREFILL, DECODE = "prefill", "decode"


class Phases:
    """The phase spans of one call; entered, as a context manager, whenever its stream is at work.

    Args:
        name: of the stream's span; the phases are called NAME.prefill and NAME.decode.
        count: counts the work units of an item for the phase that made it.
    """

    __slots__ = ("_before", "_count", "_name", "_phase", "_span")

    def __init__(self, name: str, count: Callable[[OpenSpan, Any], None] | None) -> None:
        self._name = name
        self._count = count
        self._phase = PREFILL
        self._span: OpenSpan | None = None

    def __enter__(self) -> None:
        if self._span is None:
            self._span = begin(f"{self._name}.{self._phase}")
        self._before = enter(self._span)

    def __exit__(self, *_: object) -> None:
        assert self._span is not None
        leave(self._span, self._before)

    def made(self, item: object) -> None:
        """Counts an item; the first one ends the prefill."""
        assert self._span is not None
        if self._count is not None:
            self._count(self._span, item)
        if self._phase == PREFILL:
            finish(self._span)
            self._phase, self._span = DECODE, None

    def end(self, error: BaseException | None = None) -> None:
        """Closes the phase that is open."""
        if self._span is not None:
            finish(self._span, error)
            self._span = None


class Undivided:
    """A stream whose phases nobody asked for: does nothing."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def made(self, item: object) -> None:
        """Counts nothing."""

    def end(self, error: BaseException | None = None) -> None:
        """Closes nothing."""
