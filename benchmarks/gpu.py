"""What the energy counter of this machine's GPU does, and how well short calls agree with a long steady run.

    python benchmarks/gpu.py [--quick]

For a real NVIDIA GPU with PyTorch: the counter's period, resolution, read latency and lag; idle power; bursts of matrix
products from 10 ms to 5 s, each alone, against the joules per product of a steady run; eight concurrent streams. Writes
the evidence to benchmarks/<GPU>/gpu.json and the page docs/gpu.md. Exit status 3 where there is no such GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpu_course import QUICK, Load, Plan, measure
from gpu_page import page

from energyprof import EnergyprofError
from energyprof.sensors.cuda_visible import visible_gpus

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gpu.md"
NOT_MEASURABLE_EXIT = 3


class MatrixProducts:
    """Square products in half precision, on the first GPU that CUDA shows."""

    def __init__(self, torch: Any, size: int = 4096) -> None:
        self.name = f"torch {size} x {size} float16 matrix product"
        self._torch = torch
        self._matrix = torch.randn(size, size, device="cuda", dtype=torch.float16) / size**0.5

    def run(self, iterations: int) -> None:
        for _ in range(iterations):
            self._torch.mm(self._matrix, self._matrix)
        self._torch.cuda.synchronize()

    def run_in_stream(self, iterations: int) -> None:
        stream = self._torch.cuda.Stream()
        with self._torch.cuda.stream(stream):
            for _ in range(iterations):
                self._torch.mm(self._matrix, self._matrix)
        stream.synchronize()


Here = tuple[Load, Callable[[], int], str, dict[str, str]]
"""A load, one reading of the counter in mJ, the GPU's name, and versions."""


def found_here() -> Here | str:
    """The GPU of this machine, ready to be measured, or a sentence that says what is missing."""
    try:
        import pynvml
    except ImportError:
        return "the NVML bindings are not installed: pip install nvidia-ml-py"
    try:
        pynvml.nvmlInit()
        handle = only_gpu(pynvml)
        if handle is None:
            return "CUDA_VISIBLE_DEVICES shows CUDA no GPU: unset CUDA_VISIBLE_DEVICES"
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        gpu, driver = pynvml.nvmlDeviceGetName(handle), pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        return f"NVML finds no GPU with an energy counter: {error}; `nvidia-smi` should list one"
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed, so there is no load: pip install torch"
    if not torch.cuda.is_available():
        return "PyTorch sees no CUDA device: install a build with CUDA, and unset CUDA_VISIBLE_DEVICES"

    def read_mj() -> int:
        return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

    return MatrixProducts(torch), read_mj, gpu, {"driver": driver, "torch": torch.__version__}


def only_gpu(nvml: Any) -> Any | None:
    """The first GPU that CUDA may use; from now on it is the only one, so that no other one's joules are counted."""
    handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    uuids = [nvml.nvmlDeviceGetUUID(handle) for handle in handles]
    chosen = visible_gpus(os.environ.get("CUDA_VISIBLE_DEVICES"), uuids, lambda mig: None)
    if not chosen:
        return None
    os.environ["CUDA_VISIBLE_DEVICES"] = uuids[chosen[0]]
    return handles[chosen[0]]


def slug(gpu: str) -> str:
    """A folder's name: "NVIDIA H200" becomes "h200"."""
    return re.sub(r"[^a-z0-9]+", "-", gpu.lower().removeprefix("nvidia ")).strip("-")


def main(arguments: Sequence[str] | None = None, look: Callable[[], Here | str] = found_here) -> int:
    """Measures, writes and prints; returns the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--quick", action="store_true", help="half a minute, to see that everything works; writes nothing"
    )
    quick = options.parse_args(arguments).quick
    found = look()
    if isinstance(found, str):
        print(f"Nothing was measured: {found}.", file=sys.stderr)
        return NOT_MEASURABLE_EXIT
    load, read, gpu, versions = found
    try:
        evidence = measure(load, read, QUICK if quick else Plan(), gpu, versions)
    except EnergyprofError as error:
        print(f"Nothing was measured: {error}", file=sys.stderr)
        return NOT_MEASURABLE_EXIT
    print(page(evidence), end="")
    if not quick:
        folder = ROOT / "benchmarks" / slug(gpu)
        folder.mkdir(exist_ok=True)
        (folder / "gpu.json").write_text(json.dumps(asdict(evidence), indent=1) + "\n")
        PAGE.write_text(page(evidence))
    return 0


if __name__ == "__main__":
    sys.exit(main())
