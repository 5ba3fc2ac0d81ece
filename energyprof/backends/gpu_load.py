"""Load for every GPU that PyTorch sees: matrix products one after another."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from energyprof.model.errors import NotMeasurable

SIDE = 4096
"""A product of two such half-precision matrices takes about a millisecond on a large GPU, and keeps all of it busy."""


class GpuLoad:
    """Matrix products on all GPUs, from a thread for each."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._devices: list[str] = []

    def __call__(self, on: bool) -> float:
        if on:
            self._stop.clear()
            self._threads = [threading.Thread(target=self._multiply, args=(device,)) for device in self._devices]
            start_s = time.monotonic()
            for thread in self._threads:
                thread.start()
            return start_s
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
        return time.monotonic()

    def __enter__(self) -> GpuLoad:
        """Makes the matrices and multiplies once, so that the first edge holds no loading.

        Raises:
            NotMeasurable: PyTorch is not installed, or sees no GPU.
        """
        try:
            import torch
        except ImportError as error:
            raise NotMeasurable(
                "PyTorch is not installed, so no GPU can be given load. Install it: pip install 'energyprof[torch]'."
            ) from error
        if not torch.cuda.is_available():
            raise NotMeasurable(
                "PyTorch sees no GPU here, so none can be given load and calibrated. Install its CUDA build where "
                "there is an NVIDIA GPU, or calibrate the processor: --device cpu."
            )
        self._devices = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
        self._matrices = {
            device: torch.randn(SIDE, SIDE, device=device, dtype=torch.float16) for device in self._devices
        }
        for matrix in self._matrices.values():
            torch.mm(matrix, matrix)
        for device in self._devices:
            torch.cuda.synchronize(device)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self(False)
        self._matrices = {}

    def _multiply(self, device: str) -> None:
        """One product at a time is waited for, so that the load ends within one of them."""
        import torch

        matrix = self._matrices[device]
        result = torch.empty_like(matrix)
        while not self._stop.is_set():
            torch.mm(matrix, matrix, out=result)
            torch.cuda.synchronize(device)
