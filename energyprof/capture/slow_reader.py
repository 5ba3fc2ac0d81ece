"""Reads a sensor that may take long from a thread of its own, so that it holds up no other one."""

from __future__ import annotations

import queue
import threading
import time
from typing import NamedTuple

from energyprof.sensors.sensor import Sensor

OVERDUE_S = 3.0
"""A reading that takes longer is a fault: the other sensors' readings are waited for no longer because of it."""

LEAVE_S = 1.5
"""At the end a reading that is under way is waited for so long."""


class Reading(NamedTuple):
    """What a sensor said, and the two instants between which it was read."""

    before_ns: int
    values: list[int | str]
    seen_ns: int


class SlowReader:
    """Begins a reading every `period_s`, never two at a time, and hands each over once it is there.

    Its thread is a daemon: one that never comes back keeps no program from ending.
    """

    def __init__(self, sensor: Sensor, period_s: float) -> None:
        self.sensor = sensor
        self.seen_ns = 0
        self._period_ns = round(period_s * 1e9)
        self._due_ns = 0
        self._begun_ns: int | None = None
        self._overdue = self._stale = False
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._read: queue.SimpleQueue[Reading] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"energyprof-{sensor.name}", daemon=True)
        self._thread.start()

    def poll(self, now_ns: int | None = None) -> Reading | None:
        """The reading that has come in since the last time, if one has; never waits.

        One that is overdue is a fault of all its domains, and is dropped when it comes in after all: what happened
        since it began is not known to within a poll.
        """
        now_ns = time.monotonic_ns() if now_ns is None else now_ns
        reading = self._come_in(now_ns)
        if self._begun_ns is None and now_ns >= self._due_ns:
            self._begun_ns, self._due_ns = now_ns, now_ns + self._period_ns
            self._asked.put(True)
        return reading

    def _come_in(self, now_ns: int) -> Reading | None:
        if self._begun_ns is None:
            return None
        try:
            reading = self._read.get_nowait()
        except queue.Empty:
            self._overdue = now_ns - self._begun_ns > OVERDUE_S * 1e9
            return self._fault(now_ns, f"no answer within {OVERDUE_S:g} s") if self._overdue else None
        late, self._overdue, self._stale, self._begun_ns = self._overdue or self._stale, False, False, None
        if late:
            return None
        self.seen_ns = reading.seen_ns
        return reading

    def forget(self) -> None:
        """Drops the reading that is under way: it may have begun before what its counter missed, and ended after it."""
        self._stale = self._begun_ns is not None

    def _fault(self, now_ns: int, reason: str) -> Reading:
        self.seen_ns = now_ns
        return Reading(now_ns, self._failed(reason), now_ns)

    def close(self) -> None:
        """Waits for the reading that is under way, but not for one that hangs: its sensor may be closed then."""
        self._asked.put(False)
        self._thread.join(LEAVE_S)

    def _serve(self) -> None:
        while self._asked.get():
            before_ns = time.monotonic_ns()
            try:
                values = self.sensor.read()
            except Exception as error:  # the top frame of this thread: a defect of one sensor is a fault of its own
                values = self._failed(f"its reading failed ({type(error).__name__}: {error})")
            self._read.put(Reading(before_ns, values, time.monotonic_ns()))

    def _failed(self, reason: str) -> list[int | str]:
        return [f"{self.sensor.name}: {reason}" for _ in self.sensor.domains]
