"""Turns the readings of one counter into ticks, in the sampler's own process. Standard library only."""

from __future__ import annotations

from energyprof.capture.fault_names import FaultNames
from energyprof.capture.ring import FAULT, FIRST, RESET, TICK, Ring
from energyprof.model.domain import Domain

UNWRAP_LIMIT = 0.5
"""A counter that wraps is believed only if it moved less than this share of its range between two polls, and could
not have gone round at the domain's greatest power: more than that may have been any number of wraps."""

PLAUSIBLE = 1.5
LATEST_S = 1.0
"""A counter may have gained as much as this many times the greatest power would have drawn since the last poll, and
in the second before it, whose joules it may have been late to count; more than that was a reset."""

SUSPENDED = "the machine was suspended"


class CounterWatch:
    """Turns the readings of one counter into ticks: unwraps it, and notices faults and resets."""

    def __init__(self, domain: Domain) -> None:
        self._wrap = domain.counts_per_wrap
        self._counts_per_s = (domain.max_power_w or 0.0) / domain.joules_per_count
        self._raw: int | None = None
        self._count = 0
        self._last_ns = 0
        self._fresh = True
        self._failing = False
        self._modelled = domain.model is not None
        self._ticked_ns = 0
        self._counts_per_ns = 0.0

    def suspended(self, slept_s: float, seen_ns: int, ring: Ring, index: int, faults: FaultNames) -> None:
        """The machine slept since the last reading: what a counter gained meanwhile is nobody's work.

        The next reading is where it goes on from. What it had not shown yet of the time before is taken to have been
        drawn at the power seen last. A model counts CPU time, of which there is none in sleep.
        """
        if self._modelled or self._raw is None:
            return
        reason = f"{SUSPENDED} for {slept_s:.1f} s, and what was drawn meanwhile is not counted"
        ring.append(FAULT, index, self._last_ns, seen_ns, faults.number(reason))
        self._count += round(self._counts_per_ns * max(seen_ns - self._ticked_ns, 0)) if self._ticked_ns else 0
        self._raw, self._fresh, self._failing = None, True, True

    @property
    def count(self) -> int:
        """Counts since the first reading, unwrapped."""
        return self._count

    def unmoved(self, before_ns: int) -> None:
        """The last reading was the same once more, taken after that instant; where it failed that says nothing."""
        if not self._failing:
            self._last_ns = max(self._last_ns, before_ns)

    def notice(
        self, reading: int | str, before_ns: int, seen_ns: int, ring: Ring, index: int, faults: FaultNames
    ) -> bool:
        """Records what this reading adds to what was known; the value was taken between the two instants.

        Returns:
            Whether the counter moved.
        """
        if isinstance(reading, str):
            self._fault(reading, seen_ns, ring, index, faults)
            return False
        moved: int | None = None
        if self._raw is None:
            kind = FIRST
        elif (moved := self._moved(reading, before_ns)) is None:
            kind = RESET
        else:
            self._count += moved
            kind = FIRST if self._fresh else TICK
        moved_on = reading != self._raw
        if moved_on or kind != TICK:
            self._keep_pace(kind, seen_ns, moved)
        if kind != TICK or moved_on:
            ring.append(kind, index, seen_ns if kind != TICK else self._last_ns, seen_ns, self._count)
        self._raw, self._last_ns, self._fresh, self._failing = reading, before_ns, False, False
        return kind == TICK and moved_on

    def _keep_pace(self, kind: int, seen_ns: int, moved: int | None) -> None:
        if kind == TICK and moved is not None and self._ticked_ns:
            self._counts_per_ns = moved / max(seen_ns - self._ticked_ns, 1)
        self._ticked_ns = seen_ns

    def _moved(self, reading: int, before_ns: int) -> int | None:
        """Counts since the last reading; None where that cannot be known."""
        assert self._raw is not None
        elapsed_s = (before_ns - self._last_ns) / 1e9
        moved = reading - self._raw
        if self._wrap is not None:
            moved %= self._wrap
            if max(moved, self._counts_per_s * elapsed_s) > UNWRAP_LIMIT * self._wrap:
                return None
        most = PLAUSIBLE * self._counts_per_s * (elapsed_s + LATEST_S)
        return None if moved < 0 or (most and moved > most) else moved

    def _fault(self, reason: str, seen_ns: int, ring: Ring, index: int, faults: FaultNames) -> None:
        if not self._failing:
            ring.append(FAULT, index, self._last_ns or seen_ns, seen_ns, faults.number(reason))
        self._fresh = self._failing = True
