"""Turns the readings of one sensor into the ticks of its domains. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.capture.beginning import Beginning
from energyprof.capture.counter_watch import CounterWatch
from energyprof.capture.fault_names import FaultNames
from energyprof.capture.ring import Ring
from energyprof.model.domain import Domain


class SensorWatch:
    """The counters of one sensor.

    Args:
        first: the index of its first domain among all domains; the others follow.
    """

    def __init__(self, domains: Sequence[Domain], first: int, ring: Ring, faults: FaultNames) -> None:
        self._watches = [CounterWatch(domain) for domain in domains]
        self._first = first
        self._ring = ring
        self._faults = faults

    def notice(
        self, values: Sequence[int | str], before_ns: int, seen_ns: int, beginning: Beginning | None = None
    ) -> None:
        """Records what a reading adds to what was known; it was taken between the two instants."""
        for index, (watch, value) in enumerate(zip(self._watches, values, strict=True), self._first):
            moved = watch.notice(value, before_ns, seen_ns, self._ring, index, self._faults)
            if beginning is not None and not isinstance(value, str):
                beginning.read(index, before_ns / 1e9, seen_ns / 1e9)
                if moved:
                    beginning.ticked(index, seen_ns / 1e9, watch.count)

    def unmoved(self, before_ns: int) -> None:
        """The last reading was the same once more, taken after that instant."""
        for watch in self._watches:
            watch.unmoved(before_ns)

    def suspended(self, slept_s: float, seen_ns: int) -> None:
        """The machine slept since the last reading."""
        for index, watch in enumerate(self._watches, self._first):
            watch.suspended(slept_s, seen_ns, self._ring, index, self._faults)
