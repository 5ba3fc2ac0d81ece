"""GPUs that this very process sees, an empty place for a machine's files, and a clock that a test sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from simulated.clock import Clock
from simulated.fixtures import gpu_library as gpu_library
from simulated.gpu import GpuSpec, SimulatedGpus


@pytest.fixture
def machine(tmp_path: Path, gpu_library: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SimulatedGpus]:
    """Builds a machine with these GPUs and makes NVML in this process see it."""

    def build(*specs: GpuSpec) -> SimulatedGpus:
        gpus = SimulatedGpus(tmp_path, *specs)
        monkeypatch.setenv("SIM_GPU", gpus.env["SIM_GPU"])
        gpus.load()
        return gpus

    return build


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    return tmp_path / "sys"


@pytest.fixture
def clock() -> Clock:
    return Clock()
