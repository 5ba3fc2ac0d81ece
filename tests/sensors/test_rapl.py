"""RAPL on simulated powercap trees whose true energy is known in closed form."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from simulated.powercap import SimulatedPowercap

from energyprof.model.domain import Domain, outermost
from energyprof.sensors.rapl import find
from energyprof.sensors.sensor import Sensor


@pytest.fixture
def tree(tmp_path: Path) -> SimulatedPowercap:
    return SimulatedPowercap(tmp_path)


def opened(tree: SimulatedPowercap) -> Sensor:
    sensor = find(tree.sysfs).sensor
    assert sensor is not None
    return sensor


def ids(sensor: Sensor) -> list[str]:
    return [domain.id for domain in sensor.domains]


def total_j(tree: SimulatedPowercap, sensor: Sensor, from_s: float, to_s: float) -> float:
    """Joules between two instants, over the domains that a total may add."""
    tree.write(from_s)
    before = sensor.read()
    tree.write(to_s)
    after = sensor.read()
    added = outermost(sensor.domains)
    return sum(
        (int(end) - int(start)) * domain.joules_per_count
        for domain, start, end in zip(sensor.domains, before, after, strict=True)
        if domain in added
    )


def by_id(sensor: Sensor, domain_id: str) -> Domain:
    return next(domain for domain in sensor.domains if domain.id == domain_id)


def test_a_total_is_the_packages_and_their_memory(tree: SimulatedPowercap) -> None:
    for socket, watts in enumerate((100, 80)):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}", power_w=watts)
        tree.zone(f"intel-rapl:{socket}:0", "core", power_w=watts / 2)
        tree.zone(f"intel-rapl:{socket}:1", "uncore", power_w=5)
        tree.zone(f"intel-rapl:{socket}:2", "dram", power_w=10)
    sensor = opened(tree)
    assert set(ids(sensor)) == {
        f"{domain}{socket}" for domain in ("cpu:package-", "cpu:core-", "cpu:uncore-", "dram:") for socket in (0, 1)
    }
    assert by_id(sensor, "cpu:core-1").parent == "cpu:package-1"
    assert by_id(sensor, "dram:1").parent is None
    assert total_j(tree, sensor, 100, 110) == pytest.approx(10 * (100 + 80 + 20))


def test_a_zone_is_what_its_name_says_and_not_its_number(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-1", power_w=80)
    tree.zone("intel-rapl:1", "package-0", power_w=100)
    tree.zone("intel-rapl:1:0", "dram", power_w=7)
    sensor = opened(tree)
    tree.write(1)
    assert dict(zip(ids(sensor), sensor.read(), strict=True)) == {
        "cpu:package-1": 80_000_000,
        "cpu:package-0": 100_000_000,
        "dram:0": 7_000_000,
    }


def test_ten_packages_come_in_the_order_of_their_numbers(tree: SimulatedPowercap) -> None:
    for socket in range(11):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}")
    assert ids(opened(tree)) == [f"cpu:package-{socket}" for socket in range(11)]


def test_the_platform_is_not_added_to_the_packages_it_contains(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl:1", "psys", power_w=150)
    sensor = opened(tree)
    assert ids(sensor) == ["cpu:package-0"]
    assert total_j(tree, sensor, 5, 6) == pytest.approx(100)


def test_the_platform_is_measured_where_no_package_can_be_read(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100).break_with_eio()
    tree.zone("intel-rapl:0:0", "dram", power_w=10)
    tree.zone("intel-rapl:1", "psys", power_w=150)
    finding = find(tree.sysfs)
    assert finding.sensor is not None
    [domain] = finding.sensor.domains
    assert (domain.id, domain.kind) == ("psys", "platform")
    assert "package-0" in str(finding.reason)


def test_the_same_package_through_memory_mapped_registers_is_counted_once(tree: SimulatedPowercap) -> None:
    for control in ("intel-rapl-mmio", "intel-rapl"):
        tree.zone(f"{control}:0", "package-0", power_w=15)
        tree.zone(f"{control}:0:0", "dram", power_w=2)
    sensor = opened(tree)
    assert ids(sensor) == ["cpu:package-0", "dram:0"]
    assert total_j(tree, sensor, 20, 30) == pytest.approx(170)
    assert by_id(sensor, "cpu:package-0").note == "left out as its mirror: intel-rapl-mmio:0 (package-0)"


def test_the_memory_mapped_mirror_stands_in_where_only_it_can_be_read(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=15).break_with_eio()
    tree.zone("intel-rapl-mmio:0", "package-0", power_w=15)
    finding = find(tree.sysfs)
    assert finding.sensor is not None
    assert ids(finding.sensor) == ["cpu:package-0"]
    assert finding.reason is None


def test_dies_that_mirror_their_package_are_counted_once(tree: SimulatedPowercap) -> None:
    for die in range(4):
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", power_w=68)
        tree.zone(f"intel-rapl:{die}:0", "core", power_w=20)
    tree.write(1000)
    sensor = opened(tree)
    assert ids(sensor) == ["cpu:package-0-die-0", "cpu:core-0-die-0"]
    assert total_j(tree, sensor, 1000, 1001) == pytest.approx(68)
    assert "package-0-die-3" in str(by_id(sensor, "cpu:package-0-die-0").note)


def test_dies_with_counters_of_their_own_are_all_counted(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0-die-0", power_w=60)
    tree.zone("intel-rapl:1", "package-0-die-1", power_w=50)
    tree.write(1000)
    sensor = opened(tree)
    assert ids(sensor) == ["cpu:package-0-die-0", "cpu:package-0-die-1"]
    assert total_j(tree, sensor, 1000, 1001) == pytest.approx(110)


def test_two_packages_with_equal_counters_are_two_packages(tree: SimulatedPowercap) -> None:
    for socket in range(2):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}", power_w=50)
    tree.write(1000)
    assert ids(opened(tree)) == ["cpu:package-0", "cpu:package-1"]


def test_a_counter_that_went_round_is_unwound_with_its_range(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100, range_uj=262_143_328, start_uj=250_000_000)
    sensor = opened(tree)
    [domain] = sensor.domains
    assert domain.counts_per_wrap == 262_143_329
    tree.write(0)
    [before] = sensor.read()
    tree.write(1)
    [after] = sensor.read()
    assert int(after) < int(before)
    assert (int(after) - int(before)) % domain.counts_per_wrap == 100_000_000


def test_a_zone_that_does_not_tell_its_range_is_not_assumed_to_wrap(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0")
    (zone.path / "max_energy_range_uj").unlink()
    assert opened(tree).domains[0].counts_per_wrap is None


def test_a_time_without_readings_is_a_sentence_and_the_counter_runs_on(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    zone.unreadable.append((11, 12.5))
    sensor = opened(tree)
    readings = []
    for t_s in (10, 11, 12, 12.5, 14):
        tree.write(t_s)
        readings += sensor.read()
    fault = "intel-rapl:0/energy_uj: no number in it"
    assert readings == [1_000_000_000, fault, fault, 1_250_000_000, 1_400_000_000]


def test_a_counter_that_fails_is_opened_anew(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    sensor = opened(tree)
    zone.break_with_eio()
    assert sensor.read() == ["intel-rapl:0/energy_uj: Input/output error"]
    zone.mend()
    tree.write(3)
    assert sensor.read() == [300_000_000]


def test_one_faulty_package_does_not_hide_the_other(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    zone = tree.zone("intel-rapl:1", "package-1", power_w=80)
    sensor = opened(tree)
    zone.unreadable.append((0, 99))
    tree.write(1)
    assert sensor.read() == [100_000_000, "intel-rapl:1/energy_uj: no number in it"]


def test_an_unreadable_package_is_named_as_missing_from_the_total(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl:1", "package-1", power_w=80).break_with_eio()
    finding = find(tree.sysfs)
    assert finding.sensor is not None
    assert ids(finding.sensor) == ["cpu:package-0"]
    assert finding.reason == (
        "Not in any total, since it cannot be read: package-1 (intel-rapl:1/energy_uj: Input/output error)."
    )
    assert "70-energyprof.rules" in str(finding.remedy)


def test_where_nothing_can_be_read_the_rule_that_opens_it_is_given(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0").break_with_eio()
    finding = find(tree.sysfs)
    assert finding.sensor is None
    assert finding.reason == "No RAPL zone can be read: package-0 (intel-rapl:0/energy_uj: Input/output error)."
    assert 'SUBSYSTEM=="powercap"' in str(finding.remedy)
    assert "groupadd" in str(finding.remedy)


def test_a_machine_without_zones_says_where_it_looked(tmp_path: Path) -> None:
    finding = find(tmp_path)
    assert finding.sensor is None
    assert f"{tmp_path}/class/powercap" in str(finding.reason)
    assert finding.remedy


def test_a_mounted_copy_without_the_class_folder_is_read_as_well(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl:0:0", "dram", power_w=10)
    shutil.rmtree(tree.sysfs / "class")
    assert ids(opened(tree)) == ["cpu:package-0", "dram:0"]


def test_other_powercap_zones_are_not_taken_for_rapl(tree: SimulatedPowercap) -> None:
    tree.zone("dtpm:0", "package-0", power_w=9)
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    assert [zone.note for zone in opened(tree).domains] == [None]


def test_a_tree_that_another_process_moves_follows_the_truth(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    with tree.running():
        sensor = opened(tree)
        early_s = time.monotonic()
        [reading] = sensor.read()
        late_s = time.monotonic()
    behind_uj = (round(zone.edges.energy_j(0, late_s) * 1e6) - int(reading)) % (zone.range_uj + 1)
    assert behind_uj * 1e-6 <= 100 * (late_s - early_s + 5)


def test_the_most_a_package_may_draw_is_its_highest_limit(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=50)
    (zone.path / "constraint_0_max_power_uw").write_text("125000000\n")
    (zone.path / "constraint_1_power_limit_uw").write_text("253000000\n")
    found = find(tree.sysfs)
    assert found.sensor is not None
    assert found.sensor.domains[0].max_power_w == pytest.approx(253)


@pytest.mark.parametrize("limit", [None, "0"])
def test_where_the_kernel_does_not_say_no_package_draws_a_kilowatt(tree: SimulatedPowercap, limit: str | None) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=50)
    if limit is not None:
        (zone.path / "constraint_0_max_power_uw").write_text(limit)
    found = find(tree.sysfs)
    assert found.sensor is not None
    assert found.sensor.domains[0].max_power_w == 1000
