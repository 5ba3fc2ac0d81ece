"""The order of trials and the moment at which a variant has had enough. Pure: no clock, no process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

CHECK_GROWTH = 1.5
"""Checks come ever more rarely, since each look at the interval is a chance to stop by luck (simulated: a look after
every trial from 3 on covers 90 % instead of 95 %)."""

STEADY_SLOPE = 0.01
"""Warm-up has ended when a trial differs from the one before by less than this, relative."""

FOREIGN_SHARE = 0.05
"""Of the machine's CPU time during a trial; above it, other processes may have slowed the variant."""


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """When a variant has been measured often enough.

    Attributes:
        min_trials: before the first look. max_trials: after which it ends in any case.
        half_width: of the 95 % interval, relative to the mean, at which it ends.
    """

    min_trials: int
    max_trials: int
    half_width: float

    def checks(self) -> list[int]:
        """The numbers of trials after which the interval is looked at: 10, 15, 23, 35, 53, 60."""
        counts = []
        count = self.min_trials
        while count < self.max_trials:
            counts.append(count)
            count = math.ceil(count * CHECK_GROWTH)
        return [*counts, self.max_trials]

    def is_due(self, before: int, trials: int) -> bool:
        """Whether a check lies between the number of trials at the last look and the number now."""
        return trials >= self.max_trials or any(before < check <= trials for check in self.checks())

    def reason_to_stop(self, trials: int, half_width: float | None) -> str | None:
        """Why no more trials are needed, or None; to be asked when a check is due.

        Args:
            trials: that count so far.
            half_width: achieved, relative; None where there is no interval.
        """
        if half_width is not None and half_width <= self.half_width:
            return f"interval of ±{half_width:.1%} reached after {trials} trials"
        if trials < self.max_trials:
            return None
        achieved = "without an interval" if half_width is None else f"with an interval of ±{half_width:.1%}"
        return f"{trials} trials done, {achieved}"


def block(live: Sequence[str], *, seed: int, index: int) -> list[str]:
    """Every live variant once, in an order drawn from the seed and the block's index."""
    order = sorted(live)
    Random(f"{seed}/block/{index}").shuffle(order)
    return order


def start_phase_s(*, seed: int, trial: int, period_s: float) -> float:
    """A wait between 0 and one counter period, so that trials start anywhere in it."""
    return Random(f"{seed}/phase/{trial}").uniform(0.0, period_s)


def whole_requests(requests: float, batch_size: int) -> int:
    """The number of requests nearest to `requests` that fills whole batches, one at least."""
    return max(1, round(requests / batch_size)) * batch_size


def steady(seconds_per_request: Sequence[float]) -> bool:
    """Whether the last two warm-up trials differ by less than `STEADY_SLOPE`."""
    if len(seconds_per_request) < 2:
        return False
    before, last = seconds_per_request[-2:]
    return abs(last - before) < STEADY_SLOPE * before


def contaminated(foreign_cpu_s: float | None, *, duration_s: float, cores: int, resolution_s: float) -> bool:
    """Whether other processes used more than `FOREIGN_SHARE` of the machine during a trial.

    Args:
        foreign_cpu_s: their CPU seconds; None where unknown, which is not contaminated.
        resolution_s: of the kernel's accounting; as much may be an artefact of its ticks.
    """
    if foreign_cpu_s is None:
        return False
    return foreign_cpu_s > FOREIGN_SHARE * duration_s * cores + resolution_s
