"""Energy from power readings, for a device that has no energy counter."""

from __future__ import annotations

import time
from collections.abc import Callable

SEGMENT_START_UJ = 1 << 40
"""Where integrated energy starts counting; far above 0 so that every later segment can start below it."""


class PowerIntegral:
    """Energy in uJ from power readings, by the trapezoidal rule between two of them.

    After a reading that failed, what was drawn in between is unknown. The count then starts again below where
    it last started, so that whoever reads it sees a reset and not a stretch without power.
    """

    def __init__(self, power_w: Callable[[], float], clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._power_w = power_w
        self._clock_ns = clock_ns
        self._start_uj = SEGMENT_START_UJ
        self._drawn_uj = 0.0
        self._last: tuple[int, float] | None = None

    def read(self) -> int:
        """The count in uJ after one more reading; what reading the power raises is raised."""
        last, self._last = self._last, None
        power_w = self._power_w()
        self._last = now_ns, power_w = self._clock_ns(), power_w
        if last is None:
            self._start_uj -= 1
            self._drawn_uj = 0.0
        else:
            self._drawn_uj += (last[1] + power_w) / 2 * (now_ns - last[0]) / 1000
        return self._start_uj + int(self._drawn_uj)
