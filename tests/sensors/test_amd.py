"""AMD GPUs through a package that stands in for the vendor's and tells a known truth."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulated import vendor

from energyprof.capture.sampler import Sampler
from energyprof.sensors.amd import find
from energyprof.sensors.sensor import Sensor

Machine = Callable[..., None]


def gpu(**said: Any) -> dict[str, Any]:
    return {"name": "AMD Instinct MI300X", "serial": "0xAB01", "idle_w": 100, "started_s": 0.0, **said}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Writes which GPUs there are; call it again and they change."""
    monkeypatch.syspath_prepend(str(Path(vendor.__file__).parent))
    monkeypatch.delitem(sys.modules, "amdsmi", raising=False)

    def build(*gpus: dict[str, Any]) -> None:
        (tmp_path / "amd.json").write_text(json.dumps(gpus))
        monkeypatch.setenv("SIM_AMD", str(tmp_path / "amd.json"))

    return build


def opened(environ: dict[str, str] | None = None, clock_ns: Callable[[], int] = time.monotonic_ns) -> Sensor:
    sensor = find(environ or {}, clock_ns=clock_ns).sensor
    assert sensor is not None
    return sensor


def test_the_accumulator_counts_in_steps_of_its_resolution(machine: Machine) -> None:
    machine(gpu(idle_w=100))
    sensor = opened()
    [domain] = sensor.domains
    before_s = time.monotonic()
    [count] = sensor.read()
    after_s = time.monotonic()
    assert 100 * before_s - 0.001 <= int(count) * domain.joules_per_count <= 100 * after_s + 0.001
    assert (domain.id, domain.kind, domain.basis) == ("gpu:amd-0", "gpu", "measured")
    assert domain.label == "AMD GPU 0 (AMD Instinct MI300X)"
    assert domain.max_power_w == 750


def test_a_gpu_is_known_by_its_serial_number_where_it_has_one(machine: Machine) -> None:
    machine(gpu(), gpu(serial="0xAB02"), gpu(serial="0x0"), gpu(serial="N/A"))
    first, second, *nameless = [domain.device for domain in opened().domains]
    assert first is not None
    assert second is not None
    assert first != second
    assert nameless == [None, None]


@pytest.mark.parametrize("field", ["current_socket_power", "average_socket_power", "socket_power"])
def test_without_a_counter_the_socket_power_that_is_given_is_integrated(machine: Machine, field: str) -> None:
    machine(gpu(idle_w=150, counter=False, power=field))
    clock: Iterator[int] = iter([0, 0, 2_000_000_000])
    sensor = opened(clock_ns=clock.__next__)
    [domain] = sensor.domains
    [first], [second] = sensor.read(), sensor.read()
    assert (int(second) - int(first)) * domain.joules_per_count == pytest.approx(300)
    assert domain.basis == "derived"
    assert "integrated" in str(domain.note)


def test_a_gpu_that_gives_neither_is_named_and_the_others_are_measured(machine: Machine) -> None:
    machine(gpu(), gpu(name="AMD Mute", counter=False, power=None))
    finding = find({})
    assert finding.sensor is not None
    assert [domain.id for domain in finding.sensor.domains] == ["gpu:amd-0"]
    assert finding.reason == "GPU 1 (AMD Mute) gives neither energy nor power: no socket power is given."


def test_a_counter_that_says_0_is_none(machine: Machine) -> None:
    machine(gpu(idle_w=0, power=None))
    finding = find({})
    assert finding.sensor is None
    assert "neither energy nor power" in str(finding.reason)


def test_a_failed_reading_is_a_sentence(machine: Machine) -> None:
    machine(gpu())
    sensor = opened()
    machine(gpu(fails_from_s=0.0, fails_to_s=1e12))
    assert sensor.read() == ["AMD SMI: AMDSMI_STATUS_IO - I/O Error"]


@pytest.mark.parametrize(
    ("environ", "ids"),
    [
        ({"HIP_VISIBLE_DEVICES": "2,0"}, ["gpu:amd-2", "gpu:amd-0"]),
        ({"CUDA_VISIBLE_DEVICES": "1"}, ["gpu:amd-1"]),
        ({"HIP_VISIBLE_DEVICES": "0", "CUDA_VISIBLE_DEVICES": "1"}, ["gpu:amd-0"]),
        ({"ROCR_VISIBLE_DEVICES": "GPU-ab02"}, ["gpu:amd-1"]),
        ({"ROCR_VISIBLE_DEVICES": "1,2", "HIP_VISIBLE_DEVICES": "1"}, ["gpu:amd-2"]),
    ],
)
def test_the_gpus_that_hip_would_show(machine: Machine, environ: dict[str, str], ids: list[str]) -> None:
    machine(*(gpu(serial=f"0xAB0{number}") for number in (1, 2, 3)))
    assert [domain.id for domain in opened(environ).domains] == ids


@pytest.mark.parametrize("value", ["", "-1"])
def test_where_hip_sees_no_gpu_none_is_metered(machine: Machine, value: str) -> None:
    machine(gpu())
    finding = find({"HIP_VISIBLE_DEVICES": value})
    assert finding.sensor is None
    assert "unset" in str(finding.remedy)


def test_no_driver_is_a_reason_with_a_remedy(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine()
    monkeypatch.delenv("SIM_AMD")
    finding = find({})
    assert finding.reason == "AMD SMI does not start: AMDSMI_STATUS_DRIVER_NOT_LOADED - Driver not loaded."
    assert "amd-smi list" in str(finding.remedy)


def test_a_package_without_its_library_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "amdsmi.py").write_text('print("Unable to find libamd_smi.so")\n{}["libamd_smi.so"]\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "amdsmi", raising=False)
    finding = find({})
    assert "libamd_smi.so" in str(finding.reason)
    assert capsys.readouterr().out == ""


def test_the_samplers_process_finds_the_package_that_this_one_would(machine: Machine) -> None:
    machine(gpu(idle_w=200))
    with Sampler(["amd"]) as sampler:
        sampler.wait_past(time.monotonic() + 0.3)
        [timeline] = sampler.timelines()
    seconds = timeline.seen_s[-1] - timeline.seen_s[0]
    joules = timeline.energy_j()
    assert joules[-1] - joules[0] == pytest.approx(200 * seconds, rel=0.2)
