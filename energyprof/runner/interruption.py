"""Ctrl-C and SIGTERM, noticed only where the runner waits: what is measured is never left half-written."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Someone asked to stop. No error: what was measured is kept."""


class Interruption:
    """Turns a signal into `Interrupted` at the next wait; a second signal acts as it would without energyprof.

    Outside the main thread no signal arrives, so that it only waits.
    """

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._restore()
        os.close(self._read_fd)
        os.close(self._write_fd)

    def sleep(self, seconds: float) -> None:
        """Sleeps without using the CPU.

        Raises:
            Interrupted: a signal came before or during it.
        """
        self.wait_for([], seconds)

    def wait_for(self, descriptors: Sequence[int], timeout_s: float) -> list[int]:
        """Sleeps until descriptors can be read, and returns those; none where `timeout_s` ended it.

        Raises:
            Interrupted: a signal came before or during it.
        """
        ready, _, _ = select.select([*descriptors, self._read_fd], [], [], timeout_s)
        if self._read_fd in ready:
            raise Interrupted
        return ready

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._restore()
        os.write(self._write_fd, b"x")

    def _restore(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former = {}
