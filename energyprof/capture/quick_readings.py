"""The sensors that are read at every poll. Standard library only.

A process that wakes up finds its caches cold: every function that a poll runs through costs microseconds. A sensor that
says what it said before costs no more than asking it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from energyprof.capture.beginning import Beginning
from energyprof.capture.sensor_watch import SensorWatch
from energyprof.capture.suspension import Suspension
from energyprof.sensors.sensor import Sensor


class _Row:
    """A sensor, what it said last, and when the last reading began that said so too; 0 = none did."""

    __slots__ = ("read", "same_ns", "values", "watch")

    def __init__(self, sensor: Sensor, watch: SensorWatch) -> None:
        self.read = sensor.read
        self.watch = watch
        self.values: list[int | str] | None = None
        self.same_ns = 0


class QuickReadings:
    """All of them, in the order of their domains."""

    def __init__(self, watched: Sequence[tuple[Sensor, SensorWatch]], suspension: Suspension) -> None:
        self._rows = [_Row(sensor, watch) for sensor, watch in watched]
        self._suspension = suspension

    def take(self, began_ns: int, beginning: Beginning | None) -> int:
        """Reads each of them and records what is new; returns when the last reading had ended, in ns."""
        before_ns = began_ns
        for row in self._rows:
            values = row.read()
            seen_ns = time.monotonic_ns()
            if values == row.values and beginning is None:
                row.same_ns = before_ns
            else:
                self._notice(row, values, before_ns, seen_ns, beginning)
            before_ns = seen_ns
        return before_ns

    def _notice(
        self, row: _Row, values: list[int | str], before_ns: int, seen_ns: int, beginning: Beginning | None
    ) -> None:
        row.watch.unmoved(row.same_ns)
        slept_s = self._suspension.slept_s()
        if slept_s:
            for each in self._rows:
                each.watch.suspended(slept_s, seen_ns)
                each.values = None
        row.watch.notice(values, before_ns, seen_ns, beginning)
        row.values = values
