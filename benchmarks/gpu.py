"""What the energy counter of this machine's GPU does, and how well short calls agree with a long steady run.

    python benchmarks/gpu.py [--quick]

For a real NVIDIA GPU with PyTorch: the counter's period, resolution, read latency and lag; idle power; bursts of matrix
products from 10 ms to 5 s, each alone, against the joules per product of a steady run; eight concurrent streams. Writes
the evidence to benchmarks/<GPU>/gpu.json and the page docs/gpu.md. Exit status 3 where there is no such GPU.

The load is pluggable, so that the same arithmetic is tested on a simulated GPU with known joules.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from energyprof import EnergyprofError, Profiler
from energyprof.analysis.curve import curve
from energyprof.capture.sampler import Sampler
from energyprof.model.errors import NotMeasurable
from energyprof.sensors.cuda_visible import visible_gpus

if TYPE_CHECKING:
    from energyprof.profiler.measurement import Measurement

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gpu.md"
NOT_MEASURABLE_EXIT = 3
SETTLE_S = 0.35
"""After an edge the power is taken to be level: an averaging window and a few ticks have passed."""

READS = 500


class Load(Protocol):
    """Work that keeps a GPU busy; blocking, and done when it returns."""

    name: str

    def run(self, iterations: int) -> None:
        """So many equal steps, one after the other."""

    def run_in_stream(self, iterations: int) -> None:
        """The same from one of several threads, each with a stream of its own."""


@dataclass(frozen=True)
class Plan:
    """How long everything takes.

    Attributes:
        bursts: so many windows for each duration in s.
        lag_bursts: bursts of a second in which the lag is sought.
    """

    idle_s: float = 15.0
    steady_s: float = 60.0
    quiet_s: float = 0.6
    bursts: Sequence[tuple[float, int]] = ((0.01, 60), (0.05, 60), (0.1, 60), (0.5, 30), (5.0, 6))
    lag_bursts: int = 8
    streams: int = 8
    streams_s: float = 3.0


QUICK = Plan(4.0, 8.0, 0.6, ((0.01, 10), (0.1, 10), (0.5, 4)), 3, 8, 1.0)


@dataclass(frozen=True)
class Counter:
    """How the energy counter behaves.

    Attributes:
        period_s: None where the polls could not resolve it, or the ticks are not regular.
        resolution_j: the largest step of which all that it moved are multiples.
        latency_s, latency_p95_s: of one reading. lag_s: how much later than the load its joules show.
    """

    period_s: float | None
    tick_jitter_s: float
    resolution_j: float
    latency_s: float
    latency_p95_s: float
    lag_s: float | None


@dataclass(frozen=True)
class Burst:
    """Isolated bursts of one duration beside what the steady run says of as many iterations, in J."""

    duration_s: float
    windows: int
    iterations: int
    found_j: float | None
    low_j: float | None
    high_j: float | None
    expected_j: float


@dataclass(frozen=True)
class Evidence:
    """All that was measured."""

    gpu: str
    load: str
    date: str
    versions: dict[str, str]
    counter: Counter
    idle_w: float | None
    steady_w: float
    steady_s: float
    j_per_iteration: float
    bursts: list[Burst]
    streams: dict[str, float | None]


def measure(load: Load, read_counts: Callable[[], int], plan: Plan, gpu: str, versions: dict[str, str]) -> Evidence:
    """Runs the whole plan.

    Args:
        read_counts: one reading of the GPU's counter, in mJ.
    """
    load.run(1)
    counter, step_s = watched(load, read_counts, plan)
    idle_w, steady_w, seconds, iterations = steady(load, step_s, plan)
    bursts = [burst(load, step_s, *shape, plan, steady_w * seconds / iterations) for shape in plan.bursts]
    return Evidence(
        gpu=gpu,
        load=load.name,
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        versions=versions,
        counter=counter,
        idle_w=idle_w,
        steady_w=steady_w,
        steady_s=seconds,
        j_per_iteration=steady_w * seconds / iterations,
        bursts=bursts,
        streams=together(load, step_s, plan),
    )


def watched(load: Load, read_counts: Callable[[], int], plan: Plan) -> tuple[Counter, float]:
    """The counter under bursts of a second, and how long one iteration of the load takes, in s."""
    step_s = seconds_per_iteration(load)
    latencies_s = [timed(read_counts) for _ in range(READS)]
    bursts_s = []
    with Sampler(["nvml"]) as sampler:
        time.sleep(2 * plan.quiet_s)
        for _ in range(plan.lag_bursts):
            start_s = time.monotonic()
            load.run(max(round(1.0 / step_s), 1))
            bursts_s.append((start_s, time.monotonic()))
            time.sleep(plan.quiet_s + random.uniform(0, 0.1))
        timeline = sampler.timelines()[0]
    found = curve(timeline)
    if found is None:
        raise NotMeasurable(
            "The GPU's energy counter did not move, so nothing can be measured with it. Look at `energyprof sensors`."
        )
    counter = Counter(
        period_s=found.period_s,
        tick_jitter_s=found.jitter_s,
        resolution_j=resolution(timeline.counts) * timeline.domain.joules_per_count,
        latency_s=statistics.median(latencies_s),
        latency_p95_s=statistics.quantiles(latencies_s, n=20)[-1],
        lag_s=lag(found.times_s.tolist(), found.energy_j.tolist(), bursts_s),
    )
    return counter, step_s


def seconds_per_iteration(load: Load) -> float:
    """How long one iteration takes, in a run of a quarter of a second or more."""
    iterations, taken_s = 1, 0.0
    while taken_s < 0.25:
        iterations *= 2
        start_s = time.perf_counter()
        load.run(iterations)
        taken_s = time.perf_counter() - start_s
    return taken_s / iterations


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start_s = time.perf_counter()
    action()
    return time.perf_counter() - start_s


def resolution(counts: Sequence[int]) -> int:
    """The largest number of which all steps are multiples: what the counter counts in."""
    return math.gcd(*(after - before for before, after in pairwise(counts)))


def lag(times_s: Sequence[float], energy_j: Sequence[float], bursts_s: Sequence[tuple[float, float]]) -> float | None:
    """Median over bursts of how much later than the burst the counter's slope changes.

    The line through the ticks before the burst and the line through those in it, once the power is level, meet where
    the counter took note of the burst. A GPU that takes time to reach its power lags by half of that time too.

    Args:
        bursts_s: (start, end) of each, from idle.

    Returns:
        s; None where no burst had three ticks on either side.
    """
    found_s = []
    for start_s, end_s in bursts_s:
        before = [(t_s, e_j) for t_s, e_j in zip(times_s, energy_j, strict=True) if start_s - 0.5 <= t_s <= start_s]
        inside = [(t_s, e_j) for t_s, e_j in zip(times_s, energy_j, strict=True) if start_s + SETTLE_S <= t_s <= end_s]
        if len(before) >= 3 and len(inside) >= 3:
            (quiet_w, quiet_j), (busy_w, busy_j) = line(before, start_s), line(inside, start_s)
            if busy_w > quiet_w:
                found_s.append((quiet_j - busy_j) / (busy_w - quiet_w))
    return statistics.median(found_s) if found_s else None


def line(points: Sequence[tuple[float, float]], origin_s: float) -> tuple[float, float]:
    """Slope and value at `origin_s` of the least-squares line."""
    fit = statistics.linear_regression([t_s - origin_s for t_s, _ in points], [e_j for _, e_j in points])
    return fit.slope, fit.intercept


def steady(load: Load, step_s: float, plan: Plan) -> tuple[float | None, float, float, int]:
    """Idle power, power of a long run, its seconds and iterations."""
    iterations = max(round(plan.steady_s / step_s), 1)
    with Profiler(sensors=["nvml"]) as profiler:
        idle_s = timed(lambda: time.sleep(plan.idle_s))
        with profiler.span("steady"):
            load.run(iterations)
        idle_s += timed(lambda: time.sleep(plan.quiet_s))
    found = profiler.result["steady"]
    idle_j = profiler.result.idle.value
    idle_w = None if idle_j is None else idle_j / idle_s
    return idle_w, known_j(found) / found.duration_s, found.duration_s, iterations


def burst(load: Load, step_s: float, duration_s: float, windows: int, plan: Plan, j_per_iteration: float) -> Burst:
    """Isolated bursts at random phases of the counter, from idle."""
    iterations = max(round(duration_s / step_s), 1)
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(2 * plan.quiet_s)
        for _ in range(windows):
            with profiler.span("burst"):
                load.run(iterations)
            time.sleep(plan.quiet_s + random.uniform(0, 0.1))
    energy = profiler.result["burst"].energy
    return Burst(
        duration_s, windows, iterations, energy.value, energy.low, energy.high, windows * iterations * j_per_iteration
    )


def together(load: Load, step_s: float, plan: Plan) -> dict[str, float | None]:
    """Streams at the same time: their joules, and what the GPU drew in all, in J."""
    iterations = max(round(plan.streams_s / step_s / plan.streams), 1)

    def one() -> None:
        with profiler.span("stream"):
            load.run_in_stream(iterations)

    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(2 * plan.quiet_s)
        threads = [threading.Thread(target=one) for _ in range(plan.streams)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(plan.quiet_s)
    result = profiler.result
    return {
        "streams": plan.streams,
        "streams_j": result["stream"].energy.value,
        "idle_j": result.idle.value,
        "unattributed_j": result.unattributed.value,
        "total_j": result.total.value,
    }


def known_j(measurement: Measurement) -> float:
    """The joules of a span that is long enough for any counter."""
    if measurement.energy.value is None:
        raise NotMeasurable(
            f"The steady run's joules are {measurement.energy}, so there is nothing to compare with. "
            "Look at `energyprof sensors`, then measure again."
        )
    return measurement.energy.value


class MatrixProducts:
    """Square products in half precision, on the first GPU that CUDA shows."""

    def __init__(self, torch: Any, size: int = 4096) -> None:
        self.name = f"torch {size} x {size} float16 matrix product"
        self._torch = torch
        self._matrix = torch.randn(size, size, device="cuda", dtype=torch.float16) / size**0.5

    def run(self, iterations: int) -> None:
        for _ in range(iterations):
            self._torch.mm(self._matrix, self._matrix)
        self._torch.cuda.synchronize()

    def run_in_stream(self, iterations: int) -> None:
        stream = self._torch.cuda.Stream()
        with self._torch.cuda.stream(stream):
            for _ in range(iterations):
                self._torch.mm(self._matrix, self._matrix)
        stream.synchronize()


def page(evidence: Evidence) -> str:
    """docs/gpu.md for a GPU that was measured."""
    counter, versions = evidence.counter, ", ".join(f"{name} {text}" for name, text in evidence.versions.items())
    streams = evidence.streams
    lines = [
        f"# On a real GPU: {evidence.gpu}",
        "",
        f"Written by `make bench-gpu` on {evidence.date} (UTC); do not edit. Load: {evidence.load}. {versions}.",
        "",
        "| energy counter | |",
        "|---|---|",
        f"| period | {_ms(counter.period_s)} |",
        f"| what the tick times leave open | {_ms(counter.tick_jitter_s)} |",
        f"| resolution | {1000 * counter.resolution_j:g} mJ |",
        f"| one reading, median and 95th percentile | {_ms(counter.latency_s)}, {_ms(counter.latency_p95_s)} |",
        f"| lag behind the load | {_ms(counter.lag_s)} |",
        f"| idle | {_watts(evidence.idle_w)} |",
        f"| steady run of {evidence.steady_s:.0f} s | {_watts(evidence.steady_w)} |",
        "",
        "Isolated bursts, beside the joules that the steady run gives as many iterations. They need not agree: a GPU",
        "takes time to reach its clocks, and is cooler in a short burst. What must hold is that they change smoothly",
        "with the duration.",
        "",
        "| burst | windows | J each | interval | beside the steady run |",
        "|---|---|---|---|---|",
        *(_burst_line(one) for one in evidence.bursts),
        "",
        f"{streams['streams']:.0f} concurrent streams: {_joules(streams['streams_j'])} of "
        f"{_joules(streams['total_j'])} in all, {_joules(streams['idle_j'])} idle, "
        f"{_joules(streams['unattributed_j'])} unattributed.",
    ]
    return "\n".join(lines) + "\n"


def _burst_line(one: Burst) -> str:
    if one.found_j is None or one.low_j is None or one.high_j is None:
        bound = "not known" if one.high_j is None else f"at most {one.high_j / one.windows:.3g}"
        return f"| {_ms(one.duration_s)} | {one.windows} | {bound} | | |"
    each = [joules / one.windows for joules in (one.found_j, one.low_j, one.high_j)]
    return (
        f"| {_ms(one.duration_s)} | {one.windows} | {each[0]:.4g} | {each[1]:.4g} to {each[2]:.4g} "
        f"| {one.found_j / one.expected_j - 1:+.1%} |"
    )


def _ms(seconds: float | None) -> str:
    return "not known" if seconds is None else f"{1000 * seconds:.3g} ms"


def _watts(power_w: float | None) -> str:
    return "not known" if power_w is None else f"{power_w:.1f} W"


def _joules(energy_j: float | None) -> str:
    return "an unknown number of J" if energy_j is None else f"{energy_j:.1f} J"


Here = tuple[Load, Callable[[], int], str, dict[str, str]]
"""A load, one reading of the counter in mJ, the GPU's name, and versions."""


def found_here() -> Here | str:
    """The GPU of this machine, ready to be measured, or a sentence that says what is missing."""
    try:
        import pynvml
    except ImportError:
        return "the NVML bindings are not installed: pip install nvidia-ml-py"
    try:
        pynvml.nvmlInit()
        handle = only_gpu(pynvml)
        if handle is None:
            return "CUDA_VISIBLE_DEVICES shows CUDA no GPU: unset CUDA_VISIBLE_DEVICES"
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        gpu, driver = pynvml.nvmlDeviceGetName(handle), pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        return f"NVML finds no GPU with an energy counter: {error}; `nvidia-smi` should list one"
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed, so there is no load: pip install torch"
    if not torch.cuda.is_available():
        return "PyTorch sees no CUDA device: install a build with CUDA, and unset CUDA_VISIBLE_DEVICES"

    def read_mj() -> int:
        return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

    return MatrixProducts(torch), read_mj, gpu, {"driver": driver, "torch": torch.__version__}


def only_gpu(nvml: Any) -> Any | None:
    """The first GPU that CUDA may use; from now on it is the only one, so that no other one's joules are counted."""
    handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    uuids = [nvml.nvmlDeviceGetUUID(handle) for handle in handles]
    chosen = visible_gpus(os.environ.get("CUDA_VISIBLE_DEVICES"), uuids, lambda mig: None)
    if not chosen:
        return None
    os.environ["CUDA_VISIBLE_DEVICES"] = uuids[chosen[0]]
    return handles[chosen[0]]


def slug(gpu: str) -> str:
    """A folder's name: "NVIDIA H200" becomes "h200"."""
    return re.sub(r"[^a-z0-9]+", "-", gpu.lower().removeprefix("nvidia ")).strip("-")


def main(arguments: Sequence[str] | None = None, look: Callable[[], Here | str] = found_here) -> int:
    """Measures, writes and prints; returns the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--quick", action="store_true", help="half a minute, to see that everything works; writes nothing"
    )
    quick = options.parse_args(arguments).quick
    found = look()
    if isinstance(found, str):
        print(f"Nothing was measured: {found}.", file=sys.stderr)
        return NOT_MEASURABLE_EXIT
    load, read, gpu, versions = found
    try:
        evidence = measure(load, read, QUICK if quick else Plan(), gpu, versions)
    except EnergyprofError as error:
        print(f"Nothing was measured: {error}", file=sys.stderr)
        return NOT_MEASURABLE_EXIT
    print(page(evidence), end="")
    if not quick:
        folder = ROOT / "benchmarks" / slug(gpu)
        folder.mkdir(exist_ok=True)
        (folder / "gpu.json").write_text(json.dumps(asdict(evidence), indent=1) + "\n")
        PAGE.write_text(page(evidence))
    return 0


if __name__ == "__main__":
    sys.exit(main())
