"""What other processes used of the CPU while a trial ran: all that was busy, less this process and its descendants."""

from __future__ import annotations

import os

from energyprof.sensors.busy import busy_cpu_s, tree_cpu_s

RESOLUTION_S = 0.03
"""The kernel counts busy time in steps of 10 ms, at both edges and in user and system time each."""


class OtherProcesses:
    """CPU seconds of all other processes from here on."""

    def __init__(self) -> None:
        self._busy_s = busy_cpu_s()
        self._own_s = tree_cpu_s([os.getpid()])

    def cpu_s(self) -> float | None:
        """Seconds so far, never below 0; None where the kernel does not say."""
        busy_s, own_s = busy_cpu_s(), tree_cpu_s([os.getpid()])
        if busy_s is None or self._busy_s is None:
            return None
        return max(0.0, (busy_s - self._busy_s) - (own_s - self._own_s))
