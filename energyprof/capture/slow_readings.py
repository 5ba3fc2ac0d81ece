"""The sensors that have threads of their own, since a reading may take long. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Sequence

from energyprof.capture.beginning import Beginning
from energyprof.capture.sensor_watch import SensorWatch
from energyprof.capture.slow_reader import SlowReader
from energyprof.capture.suspension import Suspension
from energyprof.sensors.sensor import Sensor


class SlowReadings:
    """All of them, in the order of their domains."""

    def __init__(self, watched: Sequence[tuple[Sensor, SensorWatch]], suspension: Suspension) -> None:
        self._suspension = suspension
        self._rows = [
            (SlowReader(sensor, sensor.own_period_s), watch)
            for sensor, watch in watched
            if sensor.own_period_s is not None
        ]

    def take(self, beginning: Beginning | None) -> int:
        """Records what has come in.

        Returns:
            Up to when all of these sensors have been read, or were overdue, in ns; 0 = not yet.
        """
        slept_s = self._suspension.slept_s()
        if slept_s:
            self._suspended(slept_s, time.monotonic_ns())
        for reader, watch in self._rows:
            reading = reader.poll()
            if reading is not None:
                watch.notice(reading.values, reading.before_ns, reading.seen_ns, beginning)
        return min(reader.seen_ns for reader, _ in self._rows)

    def _suspended(self, slept_s: float, seen_ns: int) -> None:
        for reader, watch in self._rows:
            reader.forget()
            watch.suspended(slept_s, seen_ns)

    def close(self) -> None:
        """Ends the threads."""
        for reader, _ in self._rows:
            reader.close()
