"""A simulated GPU that this process's profilers measure."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated.fixtures import gpu_library as gpu_library
from simulated.gpu import SimulatedGpu
from simulated.work import IDLE_W, Draw, drawing


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu_library: None) -> SimulatedGpu:
    simulated = SimulatedGpu(tmp_path, idle_w=IDLE_W, period_s=0.1, phase_s=0.033)
    for key, value in simulated.env.items():
        monkeypatch.setenv(key, value)
    return simulated


@pytest.fixture
def draw(gpu: SimulatedGpu) -> Draw:
    return drawing(gpu)
