"""Notices that the machine was suspended, by the clock that counts on in sleep. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable

SUSPENDED_S = 0.05
"""Time that the clock which counts on in sleep gained on the other: no scheduling does that."""

CLOCK_TRIES = 5


class Suspension:
    """Tells how long the machine slept since it was asked last.

    Args:
        slept_ns: how long it has slept since it was started.
    """

    def __init__(self, slept_ns: Callable[[], int]) -> None:
        self._slept_ns = slept_ns
        self._known_ns = slept_ns()

    def slept_s(self) -> float:
        """Seconds; 0 where it did not sleep."""
        known_ns, self._known_ns = self._known_ns, self._slept_ns()
        slept_s = (self._known_ns - known_ns) / 1e9
        return slept_s if slept_s > SUSPENDED_S else 0.0


def slept_ns() -> int:
    """How long this machine has been suspended since it was started; only differences mean something."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    before_ns = after_ns = asleep_ns = 0
    for _ in range(CLOCK_TRIES):  # until nothing else came in between, which would look like sleep
        before_ns = time.monotonic_ns()
        asleep_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before_ns
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < SUSPENDED_S * 1e9 / 10:
            break
    return asleep_ns
