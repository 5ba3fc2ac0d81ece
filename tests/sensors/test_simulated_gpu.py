"""The simulated GPU itself: its readings against the closed form of its power."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pynvml
import pytest
from simulated.gpu import GPU_IS_LOST, NO_PERMISSION, NOT_SUPPORTED, GpuSpec, SimulatedGpus
from simulated.truth import Edges

Machine = Callable[..., SimulatedGpus]


def counted_mj() -> int:
    pynvml.nvmlInit()
    return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(pynvml.nvmlDeviceGetHandleByIndex(0)))


def test_energy_is_the_area_under_the_edges(tmp_path: Path) -> None:
    edges = Edges(tmp_path / "edges")
    edges.append(10, 50)
    edges.pulse(11, 0.5, 400)
    assert edges.energy_j(0, 10) == 0
    assert edges.energy_j(10, 11) == pytest.approx(50)
    assert edges.energy_j(10.5, 11.25) == pytest.approx(25 + 100)
    assert edges.energy_j(11.25, 12) == pytest.approx(100 + 25)
    assert [edges.power_w(t_s) for t_s in (9, 10, 11.2, 11.5)] == [0, 50, 400, 50]


def test_another_view_of_the_same_file_sees_an_edge_at_once(tmp_path: Path) -> None:
    here, there = Edges(tmp_path / "edges"), Edges(tmp_path / "edges")
    here.append(0, 100)
    assert there.energy_j(0, 2) == pytest.approx(200)


def test_an_edge_before_the_last_one_is_refused(tmp_path: Path) -> None:
    edges = Edges(tmp_path / "edges")
    edges.append(2, 1)
    with pytest.raises(ValueError, match="before the last one"):
        edges.append(1, 1)


@pytest.mark.parametrize("period_s", [0.001, 0.02, 0.1])
def test_every_reading_is_the_truth_at_the_last_tick(machine: Machine, period_s: float) -> None:
    gpus = machine(GpuSpec(idle_w=80, period_s=period_s, phase_s=0.0003))
    start_s = time.monotonic()
    gpus.truths[0].pulse(start_s + 0.001, 0.002, 600)
    ticks_s = [0.0003 + k * period_s for k in range(int(start_s / period_s) - 1, int((start_s + 5) / period_s))]
    possible = {int(gpus.truths[0].energy_j(0, tick_s) * 1000 + 1e-6) for tick_s in ticks_s}
    while time.monotonic() < start_s + 0.005:
        assert min(abs(counted_mj() - value) for value in possible) <= 1


def test_a_part_time_meter_counts_only_what_it_looks_at(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    gpus = machine(GpuSpec(idle_w=10, period_s=100, phase_s=tick_s, sampled_s=25, started_s=tick_s - 400))
    gpus.truths[0].pulse(tick_s - 90, 10, 500)  # within the 75 s that it does not see
    gpus.truths[0].pulse(tick_s - 20, 10, 500)  # within the 25 s that it sees, and counts fourfold
    assert counted_mj() == 1000 * (10 * 400 + 490 * 10 * 4)


def test_noise_is_that_of_each_period_and_the_same_for_every_reader(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    machine(GpuSpec(idle_w=100, period_s=10, phase_s=tick_s, noise=0.01, seed=1, started_s=tick_s - 100_000))
    first, true_mj = counted_mj(), 100 * 100_000 * 1000
    assert counted_mj() == first
    # 10,000 periods of 1 %: the standard deviation of their sum is 0.01 %.
    assert 0 < abs(first / true_mj - 1) < 5e-4


def test_power_is_the_mean_over_its_window(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    meter = {"period_s": 1000, "phase_s": tick_s, "power_window_s": 2, "average_window_s": 10}
    gpus = machine(GpuSpec(idle_w=100, started_s=tick_s - 100, **meter))
    gpus.truths[0].append(tick_s - 1, 300)
    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByIndex(0)
    instant = pynvml.nvmlDeviceGetFieldValues(handle, [(pynvml.NVML_FI_DEV_POWER_INSTANT, 0)])[0]
    assert (instant.nvmlReturn, instant.value.uiVal) == (0, 200_000)
    assert pynvml.nvmlDeviceGetPowerUsage(handle) == 120_000


def test_what_lags_shows_the_truth_of_that_much_earlier(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    spec = GpuSpec(idle_w=100, period_s=1000, phase_s=tick_s - 200, lag_s=200, started_s=tick_s - 900)
    gpus = machine(spec)
    gpus.truths[0].append(tick_s - 300, 300)
    gpus.truths[0].append(tick_s - 100, 700)  # it has not seen this yet
    assert counted_mj() == 1000 * (600 * 100 + 100 * 300)


def test_a_reading_takes_as_long_as_its_latency(machine: Machine) -> None:
    machine(GpuSpec(latency_s=0.02))
    start_s = time.monotonic()
    counted_mj()
    assert time.monotonic() - start_s >= 0.02


@pytest.mark.parametrize("code", [NOT_SUPPORTED, NO_PERMISSION, GPU_IS_LOST])
def test_a_fault_lasts_from_its_beginning_to_its_end(machine: Machine, code: int) -> None:
    now_s = time.monotonic()
    gpus = machine(GpuSpec(), GpuSpec())
    gpus.fail(code, now_s - 20, now_s - 10)
    assert counted_mj() == 0
    gpus.fail(code, now_s - 1, now_s + 1000)
    with pytest.raises(pynvml.NVMLError) as raised:
        counted_mj()
    assert raised.value.value == code
    assert pynvml.nvmlDeviceGetTotalEnergyConsumption(pynvml.nvmlDeviceGetHandleByIndex(1)) == 0


def test_eight_gpus_have_eight_truths(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    machine(*(GpuSpec(idle_w=10 * k, period_s=1000, phase_s=tick_s, started_s=tick_s - 100) for k in range(1, 9)))
    pynvml.nvmlInit()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    found = [pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) for handle in handles]
    assert found == [k * 1_000_000 for k in range(1, 9)]


def test_an_architecture_without_a_counter_says_so(machine: Machine) -> None:
    machine(GpuSpec(counter=False))
    with pytest.raises(pynvml.NVMLError_NotSupported):
        counted_mj()


def test_a_reloaded_driver_counts_from_nought(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    gpus = machine(GpuSpec(idle_w=10, period_s=1000, phase_s=tick_s, started_s=tick_s - 500))
    gpus.reset(tick_s - 3)
    assert counted_mj() == 30_000
