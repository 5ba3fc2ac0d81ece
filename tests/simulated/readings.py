"""Timelines of a simulated counter, without waiting: what a poller would have seen of a known course of power."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from energyprof.capture.pace import spacings
from energyprof.model.domain import Domain
from energyprof.model.timeline import Timeline

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0", joules_per_count=1e-3)


@dataclass
class Course:
    """Piecewise constant power from second 0 on."""

    idle_w: float = 70.0
    times_s: list[float] = field(default_factory=lambda: [0.0])
    powers_w: list[float] = field(default_factory=list)
    _before_j: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.powers_w = [self.idle_w]

    def pulse(self, start_s: float, duration_s: float, power_w: float) -> None:
        """Draws `power_w` for a while and idles after it; pulses come in order."""
        self.times_s += [start_s, start_s + duration_s]
        self.powers_w += [power_w, self.idle_w]

    def until_j(self, t_s: float) -> float:
        """Joules since second 0."""
        last = bisect_right(self.times_s, t_s) - 1
        for i in range(len(self._before_j) - 1, last):
            self._before_j.append(self._before_j[i] + (self.times_s[i + 1] - self.times_s[i]) * self.powers_w[i])
        return self._before_j[last] + (t_s - self.times_s[last]) * self.powers_w[last]

    def energy_j(self, start_s: float, end_s: float) -> float:
        """Joules between two instants, in closed form."""
        return self.until_j(end_s) - self.until_j(start_s)


def polled(
    course: Course,
    end_s: float,
    *,
    period_s: float = 0.1,
    phase_s: float = 0.03,
    poll_s: float = 0.02,
    noise: float = 0.0,
    seed: int = 0,
    duty: float = 1.0,
    domain: Domain = GPU,
    away: Sequence[tuple[float, float]] = (),
    amid: bool = False,
) -> Timeline:
    """What polling the course's counter from second 0.005 on would have given.

    Args:
        period_s, phase_s: the counter moves at phase_s + k period_s.
        duty: share of each period, its last, that the meter sees and takes for the whole.
        noise: relative standard deviation of the energy counted in each period.
        away: stretches in which the poller was not let run. amid: each began when it had read the counter, but not yet
            the clock.
    """
    generator = random.Random(seed)
    ticks = int((end_s - phase_s) / period_s) + 1
    counted_j, values = 0.0, []
    for k in range(ticks):
        start_s, stop_s = max(phase_s + (k - duty) * period_s, 0.0), max(phase_s + k * period_s, 0.0)
        counted_j += course.energy_j(start_s, stop_s) / duty * (1 + noise * generator.gauss(0, 1))
        values.append(round(counted_j / domain.joules_per_count))
    after_s, seen_s, counts = [], [], []
    waits_ns = spacings(round(poll_s * 1e9))
    before_s, last, now_s = 0.0, None, 0.005
    while now_s < end_s:
        back_s = next((until_s for from_s, until_s in away if from_s <= now_s < until_s), now_s)
        began_s, now_s = now_s if amid else back_s, back_s
        tick = int((began_s - phase_s) // period_s)
        count = values[tick] if 0 <= tick < ticks else 0
        if count != last:
            after_s.append(now_s if last is None else before_s)
            seen_s.append(now_s)
            counts.append(count)
        before_s, last = began_s, count
        now_s += next(waits_ns) / 1e9 + generator.random() * 5e-4
    return Timeline(domain, after_s, seen_s, counts, before_s)
