"""CPU time of processes, and what processor this is, as the Linux kernel tells it."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

REFRESH_S = 0.1
"""A new child is noticed so much later at most, unless looking for children is slow."""

REFRESH_SHARE = 1 / 400
"""The largest share of a core that looking for children may take."""

CPUCLOCK_SCHED = 2


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc/<pid>/stat.

    Attributes:
        started: clock ticks since boot; with the pid it names one process for good.
        own_ns: CPU time of its threads. reaped_ns: of its children that have ended and were waited for, and theirs.
            Both in whole clock ticks (10 ms).
    """

    started: int
    own_ns: int
    reaped_ns: int


def available() -> bool:
    """Whether this kernel tells the CPU time of other processes."""
    return sys.platform == "linux" and (PROC / "self" / "stat").exists()


def lists_children() -> bool:
    """Whether the children of a process can be found (CONFIG_PROC_CHILDREN of the kernel)."""
    pid = str(os.getpid())
    return (PROC / pid / "task" / pid / "children").exists()


def process(pid: int) -> Process | None:
    """What the kernel says of a process; None where it is gone."""
    try:
        line = _contents(f"/proc/{pid}/stat")
    except OSError:
        return None
    fields = line[line.rindex(b")") + 2 :].split()  # the name before it may hold anything
    user, system, reaped_user, reaped_system = map(int, fields[11:15])
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return Process(int(fields[19]), (user + system) * tick_ns, (reaped_user + reaped_system) * tick_ns)


def cpu_ns(pid: int) -> int | None:
    """CPU time of all threads of a process, to the nanosecond where its clock can be read; None where it is gone."""
    try:
        return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)  # CPUCLOCK_PID of <linux/posix-timers.h>
    except OSError:
        found = process(pid)
        return None if found is None else found.own_ns


def children(pid: int) -> list[int]:
    """Pids of the living children of all threads of a process."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, _contents(f"/proc/{pid}/task/{task}/children").split())
    except OSError:  # it ended while it was looked at
        pass
    return found


def descendants(pids: Collection[int], exclude: Collection[int] = ()) -> list[int]:
    """The processes and all their living descendants; `exclude` is left out with its own."""
    found: dict[int, None] = {}
    waiting = [pid for pid in pids if pid not in exclude]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found[pid] = None
            waiting += [child for child in children(pid) if child not in exclude]
    return list(found)


def _contents(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def cpuinfo() -> dict[str, str]:
    """The fields of the first processor in /proc/cpuinfo; empty where there is none."""
    try:
        with (PROC / "cpuinfo").open() as file:
            lines = list(itertools.takewhile(str.strip, file))  # an empty line ends the first processor
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


class ProcessTree:
    """CPU time of a process, its descendants, and those of them that have ended.

    A process that ends takes its clock with it. Its time is then known in two ways, each at most the truth: what was
    last seen of it, and what its parent has reaped (10 ms steps, but complete, and it holds children too short-lived
    to be seen). The larger of the two sums counts, and the whole never decreases.
    """

    def __init__(
        self, root_pid: int, *, exclude: Collection[int] = (), clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts counting.

        Args:
            exclude: processes to leave out, such as the one that does the reading.
            clock_s: monotonic; decides when to look for new children.
        """
        self._exclude = exclude
        self._clock_s = clock_s
        self._started: dict[int, int] = {}
        self._seen_ns: dict[int, int] = {}
        self._ended_ns = 0
        self._reaped_before_ns: int | None = None
        self._reaped_ns = 0
        self._total_ns = 0
        self._due_s = 0.0
        self._look_for_children([root_pid])

    def cpu_ns(self) -> int:
        """CPU time so far; never less than at the last call."""
        if self._clock_s() >= self._due_s:
            self._look_for_children(list(self._seen_ns))
        for pid in list(self._seen_ns):
            now_ns = cpu_ns(pid)
            if now_ns is None:
                self._forget(pid)
            else:
                self._seen_ns[pid] = max(self._seen_ns[pid], now_ns)
        ended_ns = max(self._ended_ns, self._reaped_ns - (self._reaped_before_ns or 0))
        self._total_ns = max(self._total_ns, sum(self._seen_ns.values()) + ended_ns)
        return self._total_ns

    def _look_for_children(self, pids: list[int]) -> None:
        begun_s = self._clock_s()
        reaped_ns = 0
        for pid in descendants(pids, self._exclude):
            found = process(pid)
            if found is None or self._started.get(pid, found.started) != found.started:
                self._forget(pid)
                continue
            self._started[pid] = found.started
            self._seen_ns.setdefault(pid, 0)
            reaped_ns += found.reaped_ns
        self._reaped_ns = reaped_ns
        if self._reaped_before_ns is None:
            self._reaped_before_ns = reaped_ns
        now_s = self._clock_s()
        self._due_s = now_s + max(REFRESH_S, (now_s - begun_s) / REFRESH_SHARE)

    def _forget(self, pid: int) -> None:
        self._ended_ns += self._seen_ns.pop(pid, 0)
        self._started.pop(pid, None)
