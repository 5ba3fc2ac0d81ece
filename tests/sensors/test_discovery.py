"""What is used, what is not, and what would change that."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from simulated import vendor
from simulated.gpu import GpuSpec, SimulatedGpus
from simulated.hwmon import battery, chip, grace
from simulated.perf import SimulatedPerf
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


def test_a_tree_that_is_not_there_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(tmp_path / "none"))
    with pytest.raises(NotMeasurable, match=r"ENERGYPROF_SYSFS=.*none is no folder"):
        discover(None, root_pid=os.getpid())


def counted(discovery: Discovery) -> list[str]:
    return [domain.id for domain in outermost(domain for sensor in discovery.sensors for domain in sensor.domains)]


def test_a_plug_is_never_looked_for(tree: SimulatedPowercap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGYPROF_PLUG", "http://127.0.0.1:9")
    plug = record(found(tree), "plug")
    assert (plug.status, plug.reason) == ("unavailable", "A wall plug is read only when it is asked for by name.")
    with pytest.raises(NotMeasurable, match=r"gives no power: no answer \(Connection refused\)"):
        found(tree, "plug")


def test_a_battery_is_read_beside_the_others_and_counts_only_alone(tree: SimulatedPowercap) -> None:
    battery(tree.sysfs, power_now=20_000_000)
    assert [sensor.name for sensor in found(tree).sensors] == ["cpu-model", "battery"]
    assert counted(found(tree)) == ["cpu:model"]
    assert counted(found(tree, "battery")) == ["battery"]
    tree.zone("intel-rapl:0", "package-0")
    assert counted(found(tree)) == ["cpu:package-0"]
    assert counted(found(tree, "battery", "rapl")) == ["cpu:package-0"]


def test_an_unknown_board_counts_only_where_nothing_else_is_asked_for(tree: SimulatedPowercap) -> None:
    chip(tree.sysfs, 0, "ina226", power1_input=9_000_000)
    assert counted(found(tree)) == ["cpu:model"]
    assert counted(found(tree, "hwmon")) == ["board:ina226-hwmon0-channel-1"]
    battery(tree.sysfs, power_now=20_000_000)
    assert counted(found(tree, "hwmon", "battery")) == ["battery"]


def test_of_the_meters_of_a_grace_module_only_the_widest_counts(tree: SimulatedPowercap) -> None:
    grace(tree.sysfs, Grace=250, CPU=200, SysIO=40)
    assert counted(found(tree, "hwmon")) == ["cpu:power_meter-ACPI000D:00-Grace-Power-Socket-0"]
    grace(tree.sysfs, Module=300)
    assert counted(found(tree, "hwmon")) == ["module:power_meter-ACPI000D:03-Module-Power-Socket-0"]
    grace(tree.sysfs, socket=1, Module=300, Grace=250)
    assert counted(found(tree, "hwmon")) == [
        "module:power_meter-ACPI000D:03-Module-Power-Socket-0",
        "module:power_meter-ACPI000D:04-Module-Power-Socket-1",
    ]
    assert counted(found(tree)) == ["cpu:model"]


def test_a_meter_of_the_whole_machine_counts_without_the_boards_that_it_feeds(tree: SimulatedPowercap) -> None:
    chip(tree.sysfs, 0, "power_meter", power1_average=400_000_000)
    chip(tree.sysfs, 1, "ina226", power1_input=90_000_000)
    assert counted(found(tree, "hwmon")) == ["platform:power_meter-hwmon0-channel-1"]


@pytest.mark.parametrize("driver", ["power_meter", "ina226"])
def test_two_meters_that_may_hold_each_other_are_refused_alone(tree: SimulatedPowercap, driver: str) -> None:
    for number in (0, 1):
        chip(tree.sysfs, number, driver, power1_average=90_000_000)
    with pytest.raises(NotMeasurable, match=rf"{driver}-hwmon0-channel-1, .*{driver}-hwmon1-channel-1 may hold each"):
        found(tree, "hwmon")
    assert counted(found(tree, "hwmon", "cpu-model")) == ["cpu:model"]


def test_a_drivers_view_of_the_rapl_meter_is_not_added_to_it(tree: SimulatedPowercap) -> None:
    chip(tree.sysfs, 0, "amd_energy", energy1_label="Esocket0", energy1_input=5)
    assert counted(found(tree)) == ["cpu:amd_energy-hwmon0-Esocket0"]
    tree.zone("intel-rapl:0", "package-0")
    assert counted(found(tree)) == ["cpu:package-0"]


def test_a_gpus_hwmon_stands_in_where_its_own_library_is_missing(
    tree: SimulatedPowercap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip(tree.sysfs, 0, "amdgpu", "0000:03:00.0", power1_label="PPT", power1_input=90_000_000)
    assert counted(found(tree)) == ["gpu:amdgpu-0000:03:00.0-PPT", "cpu:model"]
    amd_gpus(tmp_path, monkeypatch, "AMD")
    assert counted(found(tree)) == ["gpu:amd-0", "cpu:model"]


def amd_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """GPUs of these names, the first one at 0000:05:00.0."""
    monkeypatch.syspath_prepend(str(Path(vendor.__file__).parent))
    monkeypatch.delitem(sys.modules, "amdsmi", raising=False)
    gpus = [
        {"name": name, "serial": f"0x{number}", "idle_w": 90, "started_s": 0, "bdf": f"0000:{number + 5:02}:00.0"}
        for number, name in enumerate(names)
    ]
    (tmp_path / "amd.json").write_text(json.dumps(gpus))
    monkeypatch.setenv("SIM_AMD", str(tmp_path / "amd.json"))


def test_an_amd_chip_with_graphics_counts_in_place_of_its_cpu(
    tree: SimulatedPowercap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip(tree.sysfs, 0, "amdgpu", "0000:05:00.0", power1_input=15_000_000, in1_label="vddnb", in1_input=700)
    pci = tree.sysfs / "bus" / "pci" / "devices" / "0000:05:00.0" / "hwmon"
    pci.mkdir(parents=True)
    (pci / "hwmon0").symlink_to(tree.sysfs / "class" / "hwmon" / "hwmon0")
    amd_gpus(tmp_path, monkeypatch, "AMD Radeon Graphics", "AMD Radeon RX 7900")
    assert counted(found(tree)) == ["gpu:amd-0", "gpu:amd-1"], "the CPU is in the first one, so it is not modelled"
    tree.zone("intel-rapl:0", "package-0")
    discovery = found(tree)
    assert counted(discovery) == ["gpu:amd-0", "gpu:amd-1"]
    reasons = {domain.id: domain.apart for sensor in discovery.sensors for domain in sensor.domains}
    assert reasons["cpu:package-0"] == "gpu:amd-0 measures the whole chip"
    assert counted(found(tree, "rapl")) == ["cpu:package-0"]


def test_one_chip_of_two_stands_apart_from_the_meters_of_both_cpus(
    tree: SimulatedPowercap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amd_gpus(tmp_path, monkeypatch, "AMD Instinct MI300A", "AMD Instinct MI300A")
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "package-1")
    assert counted(found(tree)) == ["gpu:amd-0", "gpu:amd-1"]
    monkeypatch.setenv("HIP_VISIBLE_DEVICES", "1")
    assert counted(found(tree)) == ["cpu:package-0", "cpu:package-1"]
    assert counted(found(tree, "amd")) == ["gpu:amd-1"]


def test_a_jetson_module_is_measured_and_its_cpu_not_modelled(tree: SimulatedPowercap) -> None:
    chip(tree.sysfs, 0, "ina3221", "1-0040", in1_label="VDD_IN", in1_input=5000, curr1_input=1000)
    assert counted(found(tree)) == ["module:ina3221-1-0040-VDD_IN"]
    assert record(found(tree), "cpu-model").status == "unused"


def test_perf_events_stand_in_for_a_powercap_tree_that_is_not_there(tree: SimulatedPowercap) -> None:
    SimulatedPerf(tree.sysfs, {(0, "energy-pkg"): 1.0}, {0: 0}, kind=2**31 - 1)
    reason = record(found(tree), "rapl").reason
    assert "There is no RAPL zone" in str(reason)
    assert "Nor through perf_event: the kernel refuses perf_event_open for energy-pkg on CPU 0" in str(reason)


def test_sensors_that_take_long_come_last(tree: SimulatedPowercap) -> None:
    battery(tree.sysfs, power_now=20_000_000)
    discovery = found(tree, "battery", "cpu-model")
    assert [sensor.name for sensor in discovery.sensors] == ["cpu-model", "battery"]
