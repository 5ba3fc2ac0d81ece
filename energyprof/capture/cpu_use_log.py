"""Reads now and then how busy the machine's processors are, and how much of that is this process's."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable

from energyprof.capture.background import start_thread
from energyprof.sensors.busy import busy_cpu_s, tree_cpu_s

PERIOD_S = 0.5
"""The kernel's steps are 10 ms, so that shorter times would say little; a reading takes well under a millisecond."""


class CpuUseLog:
    """CPU seconds of all processors and of this process's tree, from `start` to `stop`.

    Args:
        tell: called with each reading: when, busy and own seconds.

    Attributes:
        times_s, busy_s, own_s: a column each, in step; empty where the kernel does not tell.
    """

    def __init__(self, tell: Callable[[tuple[float, float, float]], None] = lambda _: None) -> None:
        self._tell = tell
        self.times_s: list[float] = []
        self.busy_s: list[float] = []
        self.own_s: list[float] = []
        self._lock = threading.RLock()
        self._ended = threading.Event()

    def start(self) -> None:
        """Reads once, and then in a thread of its own, if there is anything to read.

        Raises:
            NotMeasurable: there is no thread to be had.
        """
        if self.read():
            start_thread(self._read_on, "cpu-use")

    def read(self) -> bool:
        """Reads once more; False where the kernel does not tell."""
        with self._lock:
            busy_s = busy_cpu_s()
            if busy_s is None:
                return False
            self.own_s.append(tree_cpu_s([os.getpid()]))
            self.busy_s.append(busy_s)
            self.times_s.append(time.monotonic())
            self._tell((self.times_s[-1], busy_s, self.own_s[-1]))
            return True

    def forget_before(self, instant_s: float) -> None:
        """Drops what only earlier times need."""
        with self._lock:
            drop = max(bisect_left(self.times_s, instant_s) - 1, 0)
            del self.times_s[:drop], self.busy_s[:drop], self.own_s[:drop]

    def columns(self) -> tuple[list[float], list[float], list[float]]:
        """Copies of the three columns, in step."""
        with self._lock:
            return list(self.times_s), list(self.busy_s), list(self.own_s)

    def stop(self) -> None:
        """Reads no more."""
        self._ended.set()

    def _read_on(self) -> None:
        while not self._ended.wait(PERIOD_S):
            self.read()
