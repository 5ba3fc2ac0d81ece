"""Work that draws a known power on a simulated GPU, in the process that is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulated.gpu import SimulatedGpu

IDLE_W = 70.0
Draw = Callable[[float, float], None]
"""draw(duration_s, power_w)"""


def drawing(gpu: SimulatedGpu) -> Draw:
    """A function that keeps the GPU at a power for exactly that while, however late a busy machine wakes it up."""

    def draw(duration_s: float, power_w: float) -> None:
        gpu.edges.pulse(time.monotonic(), duration_s, power_w)
        time.sleep(duration_s)

    return draw


def drawn_j(lasted_s: float, *pulses: tuple[float, float]) -> float:
    """Joules of a time with such (duration_s, power_w) in it; a busy machine wakes up late, and idles until then."""
    return sum(pulse_s * power_w for pulse_s, power_w in pulses) + IDLE_W * (lasted_s - sum(s for s, _ in pulses))
