"""CPU time of processes and of all that descend from them. Standard library only: it runs beside every tool."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path


def share_of_core(roots: Iterable[int], work: Callable[[], object], lasting_s: float) -> float:
    """What these processes, with all that descend from them, use of a core while the work goes on for so long."""
    before_s, start_s = tree_cpu_s(roots), time.monotonic()
    while time.monotonic() < start_s + lasting_s:
        work()
    return (tree_cpu_s(roots) - before_s) / (time.monotonic() - start_s)


def tree(root: int) -> dict[int, float]:
    """The CPU seconds of a process and of all that descend from it and still run, by PID."""
    parents, own_s = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        parents[int(folder.name)] = int(fields[1])
        own_s[int(folder.name)] = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    found = {root}
    for _ in range(5):
        found |= {pid for pid, parent in parents.items() if parent in found}
    return {pid: own_s[pid] for pid in found if pid in own_s}


def tree_cpu_s(roots: Iterable[int]) -> float:
    """CPU time of these processes and all that descend from them and still run."""
    used = dict[int, float]()
    for root in roots:
        used |= tree(root)
    return sum(used.values())
