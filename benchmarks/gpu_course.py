"""The course of a measurement of one GPU: its counter, a long steady run, bursts and concurrent streams beside it.

The load is pluggable, so that the same arithmetic is tested on a simulated GPU with known joules.
"""

from __future__ import annotations

import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from energyprof import Profiler
from energyprof.analysis.curve import curve
from energyprof.capture.sampler import Sampler
from energyprof.model.errors import NotMeasurable

if TYPE_CHECKING:
    from energyprof.profiler.measurement import Measurement

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
