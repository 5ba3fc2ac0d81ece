"""A square wave of load on simulated devices, each of which follows it late and slowly as it is told to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType

from simulated.truth import Edges

RAMP_STEPS = 40


@dataclass(frozen=True)
class Follower:
    """A device: its power without and with load, how late it follows, and for how long it moves."""

    edges: Edges
    low_w: float
    high_w: float
    lag_s: float = 0.0
    ramp_s: float = 0.0


class SimulatedLoad:
    """Turned on or off, it writes what each device will draw from now on. Power is `low_w` before it is first used."""

    def __init__(self, *followers: Follower) -> None:
        self._followers = followers

    def __call__(self, on: bool) -> float:
        now_s = time.monotonic()
        for follower in self._followers:
            for at_s, power_w in steps(follower, on):
                follower.edges.append(now_s + at_s, power_w)
        return now_s

    def __enter__(self) -> SimulatedLoad:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""


def steps(follower: Follower, on: bool) -> list[tuple[float, float]]:
    """(seconds after an edge of load, power from then on): one step, or a staircase along the ramp."""
    before_w, after_w = (follower.low_w, follower.high_w) if on else (follower.high_w, follower.low_w)
    count = RAMP_STEPS if follower.ramp_s else 1
    return [
        (
            follower.lag_s + follower.ramp_s * (step + 0.5) / count if count > 1 else follower.lag_s,
            before_w + (after_w - before_w) * (step + 1) / count,
        )
        for step in range(count)
    ]
