"""The machine that a run was measured on, told without anything that names its owner."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from energyprof.model.domain import Domain
from energyprof.model.run import Host
from energyprof.sensors import procfs

PACKAGES = ("energyprof", "torch", "transformers", "onnxruntime", "onnxruntime-genai", "onnx", "numpy", "codecarbon")
"""Whose versions can change a result."""

GIBIBYTE = 1 << 30


def describe_host(domains: Iterable[Domain]) -> Host:
    """What this machine is; the GPUs are the metered ones.

    The fingerprint covers what decides speed and power: processor, cores, memory in whole GiB and GPUs. Two runs with
    the same fingerprint come from machines of the same build.
    """
    cpuinfo = procfs.cpuinfo()
    cpu = cpuinfo.get("model name") or platform.processor() or platform.machine()
    cores, memory_bytes = os.cpu_count() or 1, _memory_bytes()
    gpus = [domain.label for domain in domains if domain.kind == "gpu" and domain.apart is None]
    build = (platform.system(), platform.machine(), cpu, cores, round((memory_bytes or 0) / GIBIBYTE), gpus)
    return Host(
        os=f"{platform.system()} {platform.release()}",
        cpu=cpu,
        cores=cores,
        memory_bytes=memory_bytes,
        python=platform.python_version(),
        gpus=gpus,
        virtual="hypervisor" in cpuinfo["flags"].split() if "flags" in cpuinfo else None,
        packages=_versions(),
        fingerprint=hashlib.sha256(repr(build).encode()).hexdigest()[:16],
    )


def available_memory_bytes() -> int | None:
    """Bytes that can be used without swapping; None where the kernel does not say."""
    return _kernel_bytes("MemAvailable")


def _memory_bytes() -> int | None:
    return _kernel_bytes("MemTotal")


def _kernel_bytes(name: str) -> int | None:
    path = Path("/proc/meminfo")
    if not path.exists():
        return None
    fields = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    return int(fields[name].split()[0]) * 1024 if name in fields else None


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
