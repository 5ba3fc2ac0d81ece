"""What sampling in a thread costs in precision, beside code that never lets go of the interpreter.

    PYTHONPATH=tests python benchmarks/sampler_modes.py

A simulated GPU idles at 70 W and draws 400 W more in each of ten calls of 300 ms, between which Python is as busy as in
them. Printed are the error of the calls' joules, half the width of their interval, and what the sampler used of a core.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulated.gpu import SimulatedGpu
from simulated.truth import Edges

IDLE_W = 70.0
CALLS, CALL_S, CALL_W = 10, 0.3, 400.0
PERIODS_S = (0.1, 0.02)


def main() -> None:
    """Prints one line a counter and mode; each is measured in a process of its own."""
    print("counter  sampler   error   half width  sampler's share of a core")
    for period_s in PERIODS_S:
        for mode in ("process", "thread"):
            with tempfile.TemporaryDirectory() as folder:
                gpu = SimulatedGpu(Path(folder), idle_w=IDLE_W, period_s=period_s, phase_s=0.02)
                environment = {**os.environ, **gpu.env, "ENERGYPROF_SAMPLER": mode}
                command = [sys.executable, __file__, folder]
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            print(
                f"{1000 * period_s:4.0f} ms  {found['mode']:8} {100 * found['error']:6.2f} %  "
                f"{100 * found['half_width']:6.2f} %  {100 * found['share']:10.2f} %"
            )


def measure(folder: Path) -> None:
    """Measures the calls in this process, and prints what came out as JSON."""
    from energyprof import Profiler

    edges = Edges(folder / "gpu-0.edges")
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.5)
        for number in range(CALLS):
            with profiler.span("call"):
                start_s = time.monotonic()
                edges.pulse(start_s, CALL_S, IDLE_W + CALL_W)
                busy_until(start_s + CALL_S)
            busy_until(time.monotonic() + 0.4 + 0.013 * number)
        time.sleep(0.5)
    call, sampler = profiler.result["call"], profiler._sampler.stop()
    drawn_j = CALLS * CALL_S * CALL_W + IDLE_W * call.duration_s
    value_j, low_j, high_j = call.energy.value, call.energy.low, call.energy.high
    assert None not in (value_j, low_j, high_j, sampler.cpu_s, sampler.wall_s)
    print(
        json.dumps(
            {
                "mode": sampler.mode,
                "error": value_j / drawn_j - 1,
                "half_width": (high_j - low_j) / 2 / value_j,
                "share": sampler.cpu_s / sampler.wall_s,
            }
        )
    )


def busy_until(instant_s: float) -> None:
    """Keeps the interpreter busy."""
    while time.monotonic() < instant_s:
        sum(range(300))


if __name__ == "__main__":
    measure(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
