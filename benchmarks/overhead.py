"""What measuring costs: time added to a decorated call, CPU and memory of what is worked out later, and imports.

    python benchmarks/overhead.py [--calls 100000]

Times are medians of repeats in which plain and decorated calls take turns. They hold for the machine they were taken
on; compare them within one run.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from energyprof import Profiler, profile

REPEATS = 7


def nothing() -> None:
    """The cheapest call there is."""


def main() -> None:
    """Prints one line a figure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=100_000)
    calls = options.parse_args().calls
    decorated = profile(name="nothing")(nothing)
    with Profiler(sensors=["cpu-model"]) as profiler:
        pairs_s = [(seconds(decorated, calls), seconds(nothing, calls)) for _ in range(REPEATS)]
        profiler.result  # noqa: B018 - works out what has been recorded
        before_s, before_kb = time.process_time(), resident_kb()
        seconds(decorated, calls)
        recorded_s = time.process_time() - before_s
        profiler.result  # noqa: B018
        folded_s = time.process_time() - before_s - recorded_s
        grown_kb = resident_kb() - before_kb
    added_us = statistics.median(1e6 * (measured_s - bare_s) / calls for measured_s, bare_s in pairs_s)
    ratio = statistics.median(measured_s / bare_s for measured_s, bare_s in pairs_s)
    print(
        f"added to a decorated call: {added_us:.2f} us, {ratio:.0f} x a bare one (median of {REPEATS} x {calls} calls)"
    )
    print(f"working out a call later: {1e6 * folded_s / calls:.1f} us of CPU, beside the caller")
    print(f"memory that {calls} more calls leave behind: {grown_kb / 1024:.1f} MiB")
    print(f"added with ENERGYPROF=off: {inert_us(calls):.2f} us")
    print(f"import energyprof: {1000 * statistics.median(import_s() for _ in range(REPEATS)):.0f} ms")


def seconds(function: Callable[[], object], calls: int) -> float:
    """How long so many calls take."""
    start_s = time.perf_counter()
    for _ in range(calls):
        function()
    return time.perf_counter() - start_s


def resident_kb() -> int:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def inert_us(calls: int) -> float:
    """Microseconds that an inert decorator adds to a call."""
    program = (
        "import sys, statistics; sys.path[:0] = sys.argv[2:];"
        "from overhead import nothing, profile, seconds; calls = int(sys.argv[1]); inert = profile(nothing);"
        "print(statistics.median(seconds(inert, calls) - seconds(nothing, calls) for _ in range(7)) / calls * 1e6)"
    )
    command = [sys.executable, "-c", program, str(calls), os.path.dirname(os.path.abspath(__file__)), *sys.path]
    done = subprocess.run(command, env=os.environ | {"ENERGYPROF": "off"}, check=True, capture_output=True, text=True)
    return float(done.stdout)


def import_s() -> float:
    """Seconds that the import adds to the start of Python."""
    times_s = []
    for program in ("pass", "import energyprof"):
        start_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"], check=True)
        times_s.append(time.perf_counter() - start_s)
    return times_s[1] - times_s[0]


if __name__ == "__main__":
    main()
