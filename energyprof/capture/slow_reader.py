"""Reads a sensor that may take long from a thread of its own, so that it holds up no other one."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from energyprof.sensors.sensor import Sensor


class Reading(NamedTuple):
    """What a sensor said, and the two instants between which it was read."""

    before_ns: int
    values: list[int | str]
    seen_ns: int


class SlowReader:
    """Begins a reading every `period_s`, never two at a time, and hands each over once it is there."""

    def __init__(self, sensor: Sensor, period_s: float) -> None:
        self.sensor = sensor
        self.seen_ns = 0
        self._period_ns = round(period_s * 1e9)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"energyprof-{sensor.name}")
        self._pending: Future[Reading] | None = None
        self._due_ns = 0

    def poll(self) -> Reading | None:
        """The reading that has come in since the last time, if one has; never waits. What reading raises is raised."""
        reading = None
        if self._pending is not None and self._pending.done():
            reading, self._pending = self._pending.result(), None
            self.seen_ns = reading.seen_ns
        if self._pending is None and time.monotonic_ns() >= self._due_ns:
            self._due_ns = time.monotonic_ns() + self._period_ns
            self._pending = self._thread.submit(self._read)
        return reading

    def close(self) -> None:
        """Waits for the reading that is under way: its sensor may be closed then."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _read(self) -> Reading:
        before_ns = time.monotonic_ns()
        values = self.sensor.read()
        return Reading(before_ns, values, time.monotonic_ns())
