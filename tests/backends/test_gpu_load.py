"""A load that fails says so; what it does to a GPU can only be seen on one."""

from __future__ import annotations

import pytest

from energyprof.backends.gpu_load import GpuLoad
from energyprof.model.errors import NotMeasurable

torch = pytest.importorskip("torch")


def test_a_gpu_that_fails_while_it_has_load_ends_the_calibration_with_what_to_do() -> None:
    load = GpuLoad()
    load._devices = ["cuda:0"]
    load._matrices = {"cuda:0": torch.zeros(2, 3)}  # cannot be multiplied with itself, wherever it lies
    load(True)
    with pytest.raises(NotMeasurable, match=r"could not be given load .*calibrate again"):
        load(False)
