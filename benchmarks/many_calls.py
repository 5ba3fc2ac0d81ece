"""What a hot loop of decorated calls leaves behind: memory, time a call, and whether every call was counted.

    python benchmarks/many_calls.py [--calls 10000000]      one of the rows of `make bench`

Memory is the greatest that the process held during the loop beyond what it held after the first calls, read from the
kernel (VmHWM, which can be set back). The loop is what costs most: calls that do nothing, one after the other.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from energyprof import Profiler, profile

WARM_UP_CALLS = 100_000


@profile
def nothing() -> None:
    """The cheapest call there is."""


def main() -> None:
    """Prints one line a figure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=10_000_000)
    found = memory(options.parse_args().calls)
    print(
        f"{found['calls']} decorated calls: {found['wall_s']:.1f} s, {1e6 * found['cpu_s'] / found['calls']:.2f} us of "
        "CPU a call, its joules included"
    )
    print(f"memory held more than before, at most: {found['held_mb']:.1f} MB")
    print(f"calls counted: {found['counted']}")


def memory(calls: int) -> dict[str, float]:
    """What so many calls cost: seconds, CPU seconds, MB held more than before, and how many were counted."""
    with Profiler(sensors=["cpu-model"]) as profiler:
        call(WARM_UP_CALLS)
        profiler.result  # noqa: B018 - loads what working out a result needs
        before_mb = resident_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        call(calls)
        wall_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        held_mb = resident_mb("VmHWM") - before_mb
    counted = profiler.result[nothing.energy.name].calls - WARM_UP_CALLS
    return {"calls": calls, "wall_s": wall_s, "cpu_s": cpu_s, "held_mb": held_mb, "counted": counted}


def call(times: int) -> None:
    """Calls so often."""
    for _ in range(times):
        nothing()


def resident_mb(key: str) -> float:
    """Memory of this process as the kernel names it, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith(key + ":")]
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
