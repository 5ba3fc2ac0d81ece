"""CPU seconds of the whole machine and of chosen processes: their difference is what others used."""

from __future__ import annotations

import os
from collections.abc import Collection

from energyprof.sensors.procfs import PROC, cpu_ns, descendants, process

BUSY = ("user", "nice", "system", "irq", "softirq")
"""Guests are counted within user and nice already; iowait is idle; steal ran somewhere else."""

FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def busy_cpu_s() -> float | None:
    """CPU seconds that all processors together were busy since boot; None where the kernel does not say.

    It moves in steps of 10 ms.
    """
    times = _machine_cpu_s()
    return None if times is None else sum(times[name] for name in BUSY)


def steal_cpu_s() -> float | None:
    """CPU seconds since boot in which this virtual machine wanted to run and its host ran others; None = unknown."""
    times = _machine_cpu_s()
    return None if times is None else times["steal"]


def tree_cpu_s(pids: Collection[int]) -> float:
    """CPU seconds of processes and their living descendants, with what each has reaped of ended children.

    A process that is gone adds nothing, so that two values compare only while all of `pids` live.
    """
    total_ns = 0
    for pid in descendants(pids):
        found = process(pid)
        total_ns += (cpu_ns(pid) or 0) + (0 if found is None else found.reaped_ns)
    return total_ns / 1e9


def _machine_cpu_s() -> dict[str, float] | None:
    try:
        with (PROC / "stat").open() as file:
            first = file.readline().split()
    except OSError:
        return None
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    return {name: int(value) / ticks_per_s for name, value in zip(FIELDS, first[1:], strict=False)}
