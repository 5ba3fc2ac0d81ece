"""A simulated GPU that this process's profilers measure, and work that draws a known power on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu

IDLE_W = 70.0
Draw = Callable[[float, float], None]


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu_library: None) -> SimulatedGpu:  # noqa: F811
    simulated = SimulatedGpu(tmp_path, idle_w=IDLE_W, period_s=0.1, phase_s=0.033)
    for key, value in simulated.env.items():
        monkeypatch.setenv(key, value)
    return simulated


@pytest.fixture
def draw(gpu: SimulatedGpu) -> Draw:
    """draw(duration_s, power_w): keeps the GPU at a power for a while, in the caller."""

    def busy(duration_s: float, power_w: float) -> None:
        gpu.edges.now(power_w)
        time.sleep(duration_s)
        gpu.edges.now(IDLE_W)

    return busy
