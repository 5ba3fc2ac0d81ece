"""Isolated calls on a simulated GPU with a 100 ms energy counter: measured joules against the joules truly drawn.

    PYTHONPATH=tests python benchmarks/isolated_calls.py [--calls 100]

The GPU is simulated and its energy is known in closed form; the sampler, the profiler and NVML's Python binding are
the real ones. For each duration it prints the mean error of single calls, the share of calls whose 95 % interval held
the truth, the median half-width of that interval, and what the counter's difference at the edges would have given.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

from simulated.gpu import SimulatedGpu
from simulated.work import IDLE_W, drawing

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.ledger import apportion
from energyprof.analysis.statistics import Z95
from energyprof.capture.sampler import Sampler

DURATIONS_S = (0.01, 0.05, 0.1, 0.5)
POWER_W = 600.0
QUIET_S = 0.45


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=100)
    calls = options.parse_args().calls
    print(f"{'call':>8}  {'error':>8}  {'held':>6}  {'half-width':>10}  {'counter difference':>18}")
    with tempfile.TemporaryDirectory() as folder:
        gpu = SimulatedGpu(Path(folder), idle_w=IDLE_W, period_s=0.1, phase_s=0.02)
        os.environ.update(gpu.env)
        for duration_s in DURATIONS_S:
            print(row(gpu, duration_s, calls), flush=True)


def row(gpu: SimulatedGpu, duration_s: float, calls: int) -> str:
    """One line of the table."""
    generator = random.Random(1)
    draw, spans = drawing(gpu), []
    with Sampler(["nvml"]) as sampler:
        time.sleep(QUIET_S)
        for _ in range(calls):
            start_s = time.monotonic()
            draw(duration_s, POWER_W)
            spans.append((start_s, time.monotonic()))
            time.sleep(QUIET_S + generator.uniform(0, 0.1))
        [timeline] = sampler.timelines()
    found = curve(timeline)
    assert found is not None
    errors, held, widths, naive = [], [], [], []
    for start_s, end_s in spans:
        truth_j = gpu.edges.energy_j(start_s, end_s)
        ledger = apportion(found, [(0, start_s, end_s)], 1, start_s - QUIET_S / 2, end_s + QUIET_S - 0.05)
        half_width_j = Z95 * ledger.doubts[0].uncertainty_j
        errors.append(float(ledger.energy_j[0]) / truth_j - 1)
        held.append(abs(float(ledger.energy_j[0]) - truth_j) <= half_width_j)
        widths.append(half_width_j / truth_j)
        naive.append((_shown(found, end_s) - _shown(found, start_s)) / truth_j - 1)
    return (
        f"{duration_s * 1000:6.0f}ms  {statistics.mean(errors):+8.2%}  {statistics.mean(held):6.0%}  "
        f"{statistics.median(widths):10.2%}  {statistics.mean(naive):+18.0%}"
    )


def _shown(found: Curve, instant_s: float) -> float:
    """What the counter shows at an instant: its value at the last tick."""
    place = int(found.times_s.searchsorted(instant_s, side="right")) - 1
    return float(found.energy_j[place])


if __name__ == "__main__":
    main()
