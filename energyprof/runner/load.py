"""Load that is turned on and off, and a square wave of it whose edges are known."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from energyprof.analysis.square_wave import Wave

Load = Callable[[bool], float]
"""Turns the load on or off, and says when it was: seconds on the monotonic clock."""

NICENESS = 5
"""The load lets the sampler pass."""

SPIN = f"""
import os, select, sys
os.nice({NICENESS})
print("ready", flush=True)
while os.read(0, 1):
    while not select.select([0], [], [], 0)[0]:
        for _ in range(2000):
            pass
    os.read(0, 1)
"""
"""Waits for a byte, is busy until the next one, and ends with its parent."""


class CpuLoad:
    """A busy loop on each CPU that this process may use, in processes of their own."""

    def __init__(self) -> None:
        self._workers: list[subprocess.Popen[bytes]] = []

    def __call__(self, on: bool) -> float:
        before_s = time.monotonic()
        for worker in self._workers:
            assert worker.stdin is not None
            worker.stdin.write(b"x")
            worker.stdin.flush()
        return (before_s + time.monotonic()) / 2

    def __enter__(self) -> CpuLoad:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        command = [sys.executable, "-I", "-S", "-c", SPIN]
        for _ in range(cores):
            worker = subprocess.Popen(  # in a session of its own: Ctrl-C is for the one who started it
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            self._workers.append(worker)
        for worker in self._workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.terminate()
            worker.communicate()


def drive(load: Load, halves_s: Sequence[float], *, sleep: Callable[[float], None] = time.sleep) -> Wave:
    """Turns a load on and off in turn; the first and the last of the times is without it.

    Args:
        halves_s: how long each time lasts; an odd number of them.
    """
    start_s = time.monotonic()
    sleep(halves_s[0])
    stretches = []
    on_s, is_on = 0.0, False
    try:
        for half_s in halves_s[1:]:
            edge_s = load(not is_on)
            is_on = not is_on
            if is_on:
                on_s = edge_s
            else:
                stretches.append((on_s, edge_s))
            sleep(half_s)
    finally:
        if is_on:
            load(False)
    return Wave(start_s, time.monotonic(), tuple(stretches))


def halves(half_s: float, cycles: int) -> list[float]:
    """Times for `drive`, each up to 10 % longer or shorter, so that edges fall anywhere in a counter's period."""
    golden = 0.6180339887498949
    return [half_s * (0.9 + 0.2 * (golden * turn % 1.0)) for turn in range(2 * cycles + 1)]
