"""Work that draws a known power on a simulated GPU, in the process that is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulated.gpu import SimulatedGpu

IDLE_W = 70.0
Draw = Callable[[float, float], None]
"""draw(duration_s, power_w)"""


def drawing(gpu: SimulatedGpu) -> Draw:
    """A function that keeps the GPU at a power for a while and then lets it idle."""

    def draw(duration_s: float, power_w: float) -> None:
        gpu.edges.now(power_w)
        time.sleep(duration_s)
        gpu.edges.now(IDLE_W)

    return draw
