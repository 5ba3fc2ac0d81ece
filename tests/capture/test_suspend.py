"""A machine that sleeps while it is measured: the clocks that tell are injected."""

from __future__ import annotations

import time
from pathlib import Path

from energyprof.capture.collected import Collected
from energyprof.capture.counter_watch import SUSPENDED
from energyprof.capture.polling import Surroundings, poll_until_stopped
from energyprof.capture.ring import Ring
from energyprof.capture.suspension import slept_ns
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.timeline import Timeline
from energyprof.profiler.gaps import gap_warnings

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0", joules_per_count=1e-3, max_power_w=1e6)
MODEL = Domain("cpu", "cpu", "cpu-model", "CPU", joules_per_count=1e-9, model=PowerModel((1, 1, 1), (1, 1, 1), "test"))
SLEEP_COUNTS = 5_000_000


class Counters:
    """Moves by 100 at each reading; before one of them the machine sleeps, and it moves by what was drawn then too."""

    def __init__(self, slept_at: int, domains: list[Domain]) -> None:
        self.name = "simulated"
        self.own_period_s: float | None = None
        self.domains = domains
        self.read_times = 0
        self.asleep_ns = 0
        self._slept_at = slept_at

    def read(self) -> list[int | str]:
        self.read_times += 1
        if self.read_times == self._slept_at:
            self.asleep_ns = 3_000_000_000
        return [100 * self.read_times + (SLEEP_COUNTS if self.asleep_ns else 0) for _ in self.domains]

    def close(self) -> None:
        """Nothing is held."""


def polled(tmp_path: Path, counters: Counters, readings: int) -> list[Timeline]:
    ring = Ring.create(tmp_path / "x.ring", 0.002)
    around = Surroundings(lambda: counters.read_times < readings, lambda: 0, lambda: counters.asleep_ns)
    poll_until_stopped([counters], ring, 0.002, around)
    collected = Collected(counters.domains)
    collected.take(ring)
    return collected.timelines(ring.polled_s)


def test_what_was_drawn_in_sleep_is_not_counted_and_the_gap_is_named(tmp_path: Path) -> None:
    [timeline] = polled(tmp_path, Counters(50, [GPU]), 100)
    moved = timeline.counts[-1] - timeline.counts[0]
    assert 98 * 100 <= moved < SLEEP_COUNTS / 10
    [gap] = timeline.gaps
    assert gap.reason == f"{SUSPENDED} for 3.0 s, and what was drawn meanwhile is not counted"
    assert gap.energy_known
    assert gap_warnings([timeline]) == [
        "The machine was suspended for 3.0 s, and what was drawn meanwhile is not counted: it is neither in a call's "
        "joules nor in the total."
    ]


def test_a_model_of_cpu_time_has_no_gap(tmp_path: Path) -> None:
    [timeline] = polled(tmp_path, Counters(30, [MODEL]), 60)
    assert timeline.gaps == []


def test_a_machine_that_does_not_sleep_gains_no_time() -> None:
    before_ns = slept_ns()
    time.sleep(0.01)
    assert abs(slept_ns() - before_ns) < 10_000_000
