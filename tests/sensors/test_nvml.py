"""NVML against simulated GPUs whose true energy is known in closed form."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pynvml
import pytest
from simulated.gpu import GPU_IS_LOST, NO_PERMISSION, NOT_SUPPORTED, GpuSpec, SimulatedGpus

from energyprof.model.domain import Domain
from energyprof.sensors.nvml import find
from energyprof.sensors.power_integral import SEGMENT_START_UJ
from energyprof.sensors.sensor import Sensor

Machine = Callable[..., SimulatedGpus]
ROOT = Path(__file__).parents[2]


def opened(environ: dict[str, str] | None = None, clock_ns: Callable[[], int] = time.monotonic_ns) -> Sensor:
    sensor = find(environ or {}, clock_ns=clock_ns).sensor
    assert sensor is not None
    return sensor


def only_domain(environ: dict[str, str] | None = None) -> Domain:
    [domain] = opened(environ).domains
    return domain


def stood_still(spec: GpuSpec, *, tick_s: float) -> GpuSpec:
    """The meter's last tick was at `tick_s`; the next one comes long after the test."""
    return replace(spec, period_s=10_000, phase_s=tick_s, started_s=tick_s - 9_000)


def test_the_counter_says_what_was_drawn_until_its_last_tick(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    gpus = machine(stood_still(GpuSpec(idle_w=50), tick_s=tick_s))
    gpus.truths[0].pulse(tick_s - 100, 30, 400)
    gpus.truths[0].append(tick_s + 0.5, 700)  # after the tick: not counted yet
    sensor = opened()
    [domain], [raw] = sensor.domains, sensor.read()
    assert isinstance(raw, int)
    assert raw * domain.joules_per_count == pytest.approx(50 * 9_000 + 350 * 30, abs=1e-3)
    assert (domain.id, domain.kind, domain.basis, domain.label) == (
        "gpu:0",
        "gpu",
        "measured",
        "GPU 0 (NVIDIA Simulated)",
    )
    assert (domain.max_power_w, domain.counts_per_wrap, domain.note) == (700, None, None)


def test_each_gpu_has_its_own_counter(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    machine(*(stood_still(GpuSpec(idle_w=watts), tick_s=tick_s) for watts in (10, 20, 30)))
    sensor = opened({"CUDA_VISIBLE_DEVICES": "2,0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert [domain.id for domain in sensor.domains] == ["gpu:2", "gpu:0"]
    assert sensor.read() == [30 * 9_000_000, 10 * 9_000_000]
    assert {domain.note for domain in sensor.domains} == {None}


def test_a_gpu_without_a_counter_has_its_instant_power_integrated(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    machine(stood_still(GpuSpec(idle_w=200, counter=False), tick_s=tick_s))
    clock: Iterator[int] = iter([0, 0, 1_500_000_000, 2_000_000_000])
    sensor = opened(clock_ns=clock.__next__)
    [domain] = sensor.domains
    assert (domain.basis, domain.joules_per_count) == ("derived", 1e-6)
    assert "integrated" in str(domain.note)
    [first], [second], [third] = sensor.read(), sensor.read(), sensor.read()
    assert (int(second) - int(first), int(third) - int(second)) == (300_000_000, 100_000_000)


def test_the_trapezoid_between_two_powers(machine: Machine) -> None:
    now_s = time.monotonic()
    gpus = machine(GpuSpec(idle_w=100, counter=False, period_s=1e-3, power_window_s=1e-3, started_s=now_s - 10))
    clock: Iterator[int] = iter([0, 0, 2_000_000_000])
    sensor = opened(clock_ns=clock.__next__)
    [before] = sensor.read()
    gpus.truths[0].append(now_s - 0.5, 300)
    [after] = sensor.read()
    assert int(after) - int(before) == 400_000_000


def test_integrated_power_starts_a_new_segment_after_a_fault(machine: Machine) -> None:
    gpus = machine(GpuSpec(idle_w=200, counter=False, started_s=time.monotonic() - 10))
    sensor = opened()
    readings = sensor.read()
    for _ in range(2):
        from_s = time.monotonic()
        gpus.fail(GPU_IS_LOST, from_s, to_s := from_s + 0.005)
        readings += sensor.read()
        while time.monotonic() < to_s:
            pass
        readings += sensor.read()
    good = [reading for reading in readings if isinstance(reading, int)]
    assert readings.count("NVML: GPU is lost") == 2
    assert good == sorted(good, reverse=True), "each restart is seen as a reset, even straight after another"
    assert len(set(good)) == 3
    assert min(good) > 0 < SEGMENT_START_UJ


def test_without_instant_power_the_one_second_mean_is_integrated_and_said_so(machine: Machine) -> None:
    machine(GpuSpec(idle_w=200, counter=False, instant=False, started_s=time.monotonic() - 10))
    domain = only_domain()
    assert domain.basis == "derived"
    assert "mean over 1 s" in str(domain.note)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(GPU_IS_LOST, "GPU is lost"), (NOT_SUPPORTED, "Not Supported"), (NO_PERMISSION, "Insufficient Permissions")],
)
def test_a_failed_reading_is_a_sentence_and_never_zero(machine: Machine, code: int, sentence: str) -> None:
    now_s = time.monotonic()
    gpus = machine(*(stood_still(GpuSpec(idle_w=10), tick_s=now_s - 1) for _ in range(2)))
    sensor = opened()
    gpus.fail(code, now_s - 1, now_s + 1000, gpu=1)
    assert sensor.read() == [90_000_000, f"NVML: {sentence}"]


def test_a_reloaded_driver_is_passed_on_as_a_smaller_counter(machine: Machine) -> None:
    tick_s = time.monotonic() - 1
    gpus = machine(stood_still(GpuSpec(idle_w=10), tick_s=tick_s))
    sensor = opened()
    [before] = sensor.read()
    gpus.reset(tick_s - 5)
    assert (before, sensor.read()) == (90_000_000, [50_000])


def test_under_mig_the_whole_gpu_is_metered_and_said_so(machine: Machine) -> None:
    gpus = machine(GpuSpec(mig=False), GpuSpec(mig=True))
    by_uuid = only_domain({"CUDA_VISIBLE_DEVICES": gpus.mig_uuids[1], "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    by_path = only_domain({"CUDA_VISIBLE_DEVICES": f"MIG-{gpus.uuids[1]}/1/0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert by_uuid == by_path
    assert by_uuid.id == "gpu:1"
    assert by_uuid.note == "whole GPU, MIG is on: no instance is metered alone"


@pytest.mark.parametrize("value", ["", "-1"])
def test_where_cuda_sees_no_gpu_none_is_metered(machine: Machine, value: str) -> None:
    machine(GpuSpec())
    finding = find({"CUDA_VISIBLE_DEVICES": value})
    assert finding.sensor is None
    assert finding.reason == f"CUDA_VISIBLE_DEVICES={value!r} shows CUDA no GPU."
    assert finding.remedy == "unset CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize("order", [{}, {"CUDA_DEVICE_ORDER": "FASTEST_FIRST"}])
def test_cudas_own_order_of_several_gpus_is_warned_of(machine: Machine, order: dict[str, str]) -> None:
    machine(GpuSpec(), GpuSpec())
    assert all("CUDA_DEVICE_ORDER=PCI_BUS_ID" in str(domain.note) for domain in opened(order).domains)


@pytest.mark.parametrize(
    ("name", "part_time"),
    [
        ("NVIDIA A100-SXM4-80GB", True),
        ("NVIDIA H100 80GB HBM3", True),
        ("NVIDIA H200", True),
        ("NVIDIA GH200 480GB", True),
        ("NVIDIA A30", True),
        ("NVIDIA RTX A3000", False),
        ("NVIDIA A10", False),
        ("NVIDIA GeForce RTX 4090", False),
    ],
)
def test_gpus_whose_power_sensor_looks_a_quarter_of_the_time(machine: Machine, name: str, part_time: bool) -> None:
    machine(GpuSpec(name=name))
    assert ("25 %" in str(only_domain().note)) is part_time


def test_grace_hopper_counts_a_whole_module(machine: Machine) -> None:
    machine(GpuSpec(name="NVIDIA GH200 480GB"))
    domain = only_domain()
    assert domain.kind == "module"
    assert "CPU and memory" in str(domain.note)


def test_a_gpu_that_gives_nothing_is_named_and_the_others_are_measured(machine: Machine) -> None:
    now_s = time.monotonic()
    gpus = machine(GpuSpec(), GpuSpec(name="NVIDIA Mute"))
    gpus.fail(NOT_SUPPORTED, now_s - 1, now_s + 1000, gpu=1)
    finding = find({})
    assert finding.sensor is not None
    assert [domain.id for domain in finding.sensor.domains] == ["gpu:0"]
    assert finding.reason == "GPU 1 (NVIDIA Mute) gives neither energy nor power: Not Supported."


def test_a_gpu_without_power_limit_has_no_plausible_maximum(machine: Machine) -> None:
    machine(GpuSpec(limit_w=None))
    assert only_domain().max_power_w is None


def test_no_driver_is_a_reason_with_a_remedy(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(GpuSpec())
    monkeypatch.delenv("SIM_GPU")
    finding = find({})
    assert (finding.sensor, finding.reason) == (None, "NVML does not start: Driver Not Loaded.")
    assert "nvidia-smi" in str(finding.remedy)


CHILD = """
import json, sys
sys.path[:0] = [{root!r}, {site!r}]
from energyprof.sensors.nvml import find
finding = find({{}})
print(json.dumps([finding.reason, finding.sensor and finding.sensor.read()]))
"""


def child(env: dict[str, str]) -> list[object]:
    """As the sampler runs it: isolated, without site-packages."""
    code = CHILD.format(root=str(ROOT), site=str(Path(pynvml.__file__).parent))
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=env, capture_output=True, text=True, check=True
    )
    answer: list[object] = json.loads(result.stdout)
    return answer


def test_an_unmodified_client_in_another_process_reads_the_simulated_gpu(machine: Machine) -> None:
    gpus = machine(stood_still(GpuSpec(idle_w=10), tick_s=time.monotonic() - 1))
    assert child(gpus.env) == [None, [90_000_000]]


def test_a_machine_without_the_library_says_so() -> None:
    reason, sensor = child({})
    assert reason == "NVML does not start: NVML Shared Library Not Found."
    assert sensor is None
