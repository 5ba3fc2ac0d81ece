"""Load for every GPU that PyTorch sees: matrix products one after another."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from energyprof.model.errors import NotMeasurable

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 4096
"""A product of two such half-precision matrices takes about a millisecond on a large GPU, and keeps all of it busy."""

PRODUCTS = 8
"""So many are waited for together: the load ends within them, and the thread that waits is seldom awake."""


class GpuLoad:
    """Matrix products on all GPUs, from a thread for each, which sleeps meanwhile: a plug sees no busy core beside."""

    def __init__(self) -> None:
        self._failure: RuntimeError | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._devices: list[str] = []
        self._matrices: dict[str, Tensor] = {}

    def __call__(self, on: bool) -> float:
        """Turns the load on or off.

        Raises:
            NotMeasurable: when turned off: a GPU has failed meanwhile, so that there was no load.
        """
        if on:
            self._stop.clear()
            self._threads = [threading.Thread(target=self._multiply, args=(device,)) for device in self._devices]
            start_s = time.monotonic()
            for thread in self._threads:
                thread.start()
            return start_s
        self._end()
        if self._failure is not None:
            raise _without_load(self._failure) from self._failure
        return time.monotonic()

    def __enter__(self) -> GpuLoad:
        """Makes the matrices and multiplies once, so that the first edge holds no loading.

        Raises:
            NotMeasurable: PyTorch is not installed, sees no GPU, or cannot use one.
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
        try:
            for device in self._devices:
                matrix = torch.randn(SIDE, SIDE, device=device, dtype=torch.float16)
                torch.mm(matrix, matrix)
                torch.cuda.synchronize(device)
                self._matrices[device] = matrix
        except RuntimeError as error:
            self._matrices = {}
            raise _without_load(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._matrices = {}

    def _end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _multiply(self, device: str) -> None:
        import torch

        matrix = self._matrices[device]
        try:
            result = torch.empty_like(matrix)
            with torch.cuda.device(device):
                done = torch.cuda.Event(blocking=True)
                while not self._stop.is_set():
                    for _ in range(PRODUCTS):
                        torch.mm(matrix, matrix, out=result)
                    done.record()
                    done.synchronize()
        except RuntimeError as error:
            self._failure = error


def _without_load(error: RuntimeError) -> NotMeasurable:
    """What a user is told of a GPU on which PyTorch failed, such as one whose memory is taken."""
    first_line = (str(error).splitlines() or [type(error).__name__])[0]
    return NotMeasurable(
        f"A GPU could not be given load ({first_line}), so nothing was calibrated. End what else uses the "
        "GPUs, or name those to be given load in CUDA_VISIBLE_DEVICES, and calibrate again."
    )
