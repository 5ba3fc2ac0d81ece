"""What is used, what is not, and what would change that."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated.gpu import GpuSpec, SimulatedGpus
from simulated.powercap import SimulatedPowercap

from energyprof.model.domain import outermost
from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.run import SensorRecord
from energyprof.sensors.discovery import NAMES, Discovery, discover

Machine = Callable[..., SimulatedGpus]


@pytest.fixture
def tree(tmp_path: Path) -> SimulatedPowercap:
    return SimulatedPowercap(tmp_path)


def found(tree: SimulatedPowercap, *names: str) -> Discovery:
    return discover(names or None, root_pid=os.getpid(), sysfs=tree.sysfs)


def record(discovery: Discovery, name: str) -> SensorRecord:
    return next(record for record in discovery.records if record.name == name)


def test_every_known_sensor_is_accounted_for_and_an_unavailable_one_has_a_remedy(tree: SimulatedPowercap) -> None:
    discovery = found(tree)
    assert [record.name for record in discovery.records] == list(NAMES)
    for unavailable in (record(discovery, name) for name in NAMES if name != "cpu-model"):
        assert unavailable.status == "unavailable"
        assert unavailable.reason
        assert unavailable.remedy
    assert record(discovery, "cpu-model").status == "used"


def test_with_a_package_meter_the_cpu_is_not_modelled(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0")
    discovery = found(tree)
    assert [sensor.name for sensor in discovery.sensors] == ["rapl"]
    assert record(discovery, "cpu-model").status == "unused"
    assert record(discovery, "cpu-model").reason == "Not used: cpu:package-0 measures the CPU."


def test_a_measured_gpu_and_an_estimated_cpu_go_together(tree: SimulatedPowercap, machine: Machine) -> None:
    machine(GpuSpec())
    domains = [domain for sensor in found(tree).sensors for domain in sensor.domains]
    assert {domain.id: domain.basis for domain in domains} == {"gpu:0": "measured", "cpu:model": "estimated"}


def test_a_grace_hopper_module_holds_its_cpu(tree: SimulatedPowercap, machine: Machine) -> None:
    machine(GpuSpec(name="NVIDIA GH200 480GB"))
    assert [sensor.name for sensor in found(tree).sensors] == ["nvml"]


def test_a_cpu_both_measured_and_modelled_is_added_once(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0")
    domains = [domain for sensor in found(tree, "rapl", "cpu-model").sensors for domain in sensor.domains]
    assert [domain.id for domain in domains] == ["cpu:package-0", "cpu:model"]
    assert [domain.id for domain in outermost(domains)] == ["cpu:package-0"]


def test_a_named_sensor_is_used_alone(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0")
    discovery = found(tree, "cpu-model")
    assert [sensor.name for sensor in discovery.sensors] == ["cpu-model"]
    assert discovery.sensors[0].domains[0].parent is None
    assert record(discovery, "rapl").status == "unused"
    assert record(discovery, "rapl").reason == "Not used: it was not asked for."


def test_an_unknown_name_is_refused_with_the_nearest(tree: SimulatedPowercap) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'rapl'"):
        found(tree, "raple")


def test_a_named_sensor_that_does_not_work_is_refused_with_reason_and_remedy(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0").break_with_eio()
    with pytest.raises(NotMeasurable, match=r"package-0 \(intel-rapl:0/energy_uj: Input/output error\)") as error:
        found(tree, "rapl")
    assert "udevadm" in str(error.value)


def test_a_missing_package_shows_in_the_record(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "package-1").break_with_eio()
    rapl = record(found(tree), "rapl")
    assert (rapl.status, rapl.domains) == ("used", ["cpu:package-0"])
    assert "package-1" in str(rapl.reason)
    assert rapl.remedy


def test_nothing_to_measure_with_is_an_error_that_lists_every_remedy(tree: SimulatedPowercap) -> None:
    with pytest.raises(NotMeasurable, match=r"nvml: .* rapl: .* cpu-model: There is no process"):
        discover(None, root_pid=2**30, sysfs=tree.sysfs)


def test_the_environment_names_another_tree(tree: SimulatedPowercap, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.zone("intel-rapl:0", "package-7")
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(tree.sysfs))
    [sensor] = discover(["rapl"], root_pid=os.getpid()).sensors
    assert [domain.id for domain in sensor.domains] == ["cpu:package-7"]
