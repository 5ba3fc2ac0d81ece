"""The arithmetic of the benchmark for real GPUs, on a simulated one with known joules."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import gpu as bench
import gpu_course
import gpu_page
import pynvml
import pytest
from simulated.fixtures import gpu_library as gpu_library
from simulated.gpu import GpuSpec, SimulatedGpu, SimulatedGpus
from simulated.readings import Course, polled

from energyprof.analysis.curve import curve

STEP_S = 0.01
IDLE_W, BUSY_W = 70.0, 600.0


class Drawn:
    """A load whose every step draws the same joules."""

    name = "600 W for 10 ms a step"

    def __init__(self, gpu: SimulatedGpu) -> None:
        self._edges, self._lock, self._active = gpu.edges, threading.Lock(), 0

    def run(self, iterations: int) -> None:
        self._edges.pulse(time.monotonic(), iterations * STEP_S, BUSY_W)
        time.sleep(iterations * STEP_S)

    def run_in_stream(self, iterations: int) -> None:
        self._change(+1)
        time.sleep(iterations * STEP_S)
        self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            self._active += by
            self._edges.now(IDLE_W + 40 * self._active)


@pytest.mark.parametrize("lag_s", [0.0, 0.04, 0.15])
def test_the_lag_is_where_the_lines_of_idle_and_load_meet(lag_s: float) -> None:
    course, bursts_s = Course(), []
    for number in range(6):
        start_s = 2 + 2.037 * number
        course.pulse(start_s + lag_s, 1, BUSY_W)
        bursts_s.append((start_s, start_s + 1))
    found = curve(polled(course, 15))
    assert found is not None
    assert gpu_course.lag(found.times_s.tolist(), found.energy_j.tolist(), bursts_s) == pytest.approx(lag_s, abs=0.006)


def test_without_ticks_on_both_sides_the_lag_is_not_known() -> None:
    assert gpu_course.lag([0.0, 0.1, 5.0], [0.0, 1.0, 9.0], [(1.0, 2.0)]) is None


@pytest.mark.parametrize(("counts", "step"), [([7, 10, 16, 19], 3), ([0, 1000, 1500], 500), ([5, 6, 9], 1)])
def test_the_resolution_divides_every_step(counts: list[int], step: int) -> None:
    assert gpu_course.resolution(counts) == step


@pytest.mark.parametrize(
    ("name", "folder"),
    [("NVIDIA H200", "h200"), ("NVIDIA A100-SXM4-80GB", "a100-sxm4-80gb"), ("Tesla V100", "tesla-v100")],
)
def test_a_gpu_has_a_folder_of_its_own(name: str, folder: str) -> None:
    assert bench.slug(name) == folder


def test_a_machine_without_a_gpu_is_told_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main([], look=lambda: "PyTorch is not installed: pip install torch") == 3
    assert capsys.readouterr().err == "Nothing was measured: PyTorch is not installed: pip install torch.\n"


def test_of_several_gpus_only_the_first_that_cuda_shows_is_measured(
    tmp_path: Path, gpu_library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = SimulatedGpus(tmp_path, GpuSpec(), GpuSpec(), GpuSpec())
    monkeypatch.setenv("SIM_GPU", gpus.env["SIM_GPU"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    gpus.load()
    pynvml.nvmlInit()
    assert pynvml.nvmlDeviceGetUUID(bench.only_gpu(pynvml)) == gpus.uuids[2] == os.environ["CUDA_VISIBLE_DEVICES"]


def test_on_a_simulated_gpu_everything_comes_out_as_it_was_drawn(
    tmp_path: Path, gpu_library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = SimulatedGpu(tmp_path, idle_w=IDLE_W, period_s=0.1, phase_s=0.02)
    for name, value in gpu.env.items():
        monkeypatch.setenv(name, value)
    plan = gpu_course.Plan(1.5, 3.0, 0.6, ((0.05, 4), (0.5, 2)), 2, 4, 0.8)
    found = gpu_course.measure(Drawn(gpu), lambda: 0, plan, "NVIDIA Simulated", {"driver": "999.00"})
    assert found.counter.period_s == pytest.approx(0.1, rel=0.02)
    assert found.counter.lag_s == pytest.approx(0.0, abs=0.03)
    assert found.idle_w == pytest.approx(IDLE_W, rel=0.1)
    assert found.j_per_iteration == pytest.approx(BUSY_W * STEP_S, rel=0.1)
    for burst in found.bursts:
        assert burst.found_j is not None
        assert burst.found_j == pytest.approx(burst.windows * burst.iterations * BUSY_W * STEP_S, rel=0.3)
    streams = {name: value for name, value in found.streams.items() if name != "streams"}
    assert None not in streams.values()
    assert streams["streams_j"] + streams["idle_j"] + streams["unattributed_j"] == pytest.approx(streams["total_j"])
    assert "| 50 ms | 4 |" in gpu_page.page(found)
