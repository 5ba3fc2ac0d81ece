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
