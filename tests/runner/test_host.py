"""What is told of the machine, and what its fingerprint depends on."""

from __future__ import annotations

import os

from energyprof.model.domain import Domain
from energyprof.runner.host import available_memory_bytes, describe_host

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0 (NVIDIA H100)")


def test_the_host_is_this_one_and_its_owner_stays_unnamed() -> None:
    host = describe_host([])
    assert host.cores == os.cpu_count()
    assert host.memory_bytes is not None
    assert host.memory_bytes > (available_memory_bytes() or 0) > 0
    assert "numpy" in host.packages
    assert os.uname().nodename not in (host.os, host.cpu, host.fingerprint)


def test_the_fingerprint_is_stable_and_changes_with_a_gpu() -> None:
    assert describe_host([]).fingerprint == describe_host([]).fingerprint
    with_gpu = describe_host([GPU])
    assert with_gpu.gpus == ["GPU 0 (NVIDIA H100)"]
    assert with_gpu.fingerprint != describe_host([]).fingerprint
