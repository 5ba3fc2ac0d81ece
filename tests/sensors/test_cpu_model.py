"""The model that stands in for a CPU meter."""

from __future__ import annotations

import csv
import os
import statistics

import pytest

from energyprof.model.timeline import Timeline
from energyprof.sensors.cpu_model import TABLE, find, power_model, vcpu_power

MILAN = {"vendor_id": "AuthenticAMD", "cpu family": "25", "model": "1", "stepping": "1"}


def test_one_busy_core_of_sixteen_is_seen() -> None:
    model = power_model(MILAN, 16)
    idle_w, active_w = model.idle_w[1], model.active_w_per_core[1]
    assert idle_w == pytest.approx(16 * 0.4556)
    assert active_w == pytest.approx(1.9573 - 0.4556)
    assert active_w / idle_w > 0.2


def test_joules_are_idle_power_and_cpu_time() -> None:
    sensor = find(os.getpid()).sensor
    assert sensor is not None
    [domain] = sensor.domains
    assert domain.model is not None
    timeline = Timeline(domain, [0, 0], [0.0, 10.0], [5_000_000_000, 9_000_000_000], 10.0)
    for bound in range(3):
        expected_j = 10 * domain.model.idle_w[bound] + 4 * domain.model.active_w_per_core[bound]
        first_j, last_j = timeline.energy_j(bound)
        assert last_j - first_j == pytest.approx(expected_j)


@pytest.mark.parametrize(
    ("vendor", "family", "model", "stepping", "name"),
    [
        ("GenuineIntel", 6, 63, 2, "Intel Haswell"),
        ("GenuineIntel", 6, 79, 1, "Intel Broadwell"),
        ("GenuineIntel", 6, 85, 4, "Intel Skylake"),
        ("GenuineIntel", 6, 85, 7, "Intel Cascade Lake"),
        ("GenuineIntel", 6, 106, 6, "Intel Ice Lake"),
        ("GenuineIntel", 6, 143, 8, "Intel Sapphire Rapids"),
        ("GenuineIntel", 6, 207, 2, "Intel Emerald Rapids"),
        ("GenuineIntel", 6, 173, 1, "Intel Granite Rapids"),
        ("AuthenticAMD", 23, 1, 2, "AMD Naples"),
        ("AuthenticAMD", 23, 49, 0, "AMD Rome"),
        ("AuthenticAMD", 25, 1, 1, "AMD Milan"),
        ("AuthenticAMD", 25, 17, 1, "AMD Genoa"),
    ],
)
def test_a_processor_is_known_by_its_numbers(vendor: str, family: int, model: int, stepping: int, name: str) -> None:
    info = {"vendor_id": vendor, "cpu family": str(family), "model": str(model), "stepping": str(stepping)}
    assert f"model: {name}, " in power_model(info, 1).source


@pytest.mark.parametrize(
    "info",
    [
        pytest.param({}, id="no /proc/cpuinfo"),
        pytest.param({"vendor_id": "AuthenticAMD", "cpu family": "26", "model": "2"}, id="newer than the table"),
        pytest.param(
            {"vendor_id": "GenuineIntel", "cpu family": "6", "model": "85", "stepping": "11"}, id="Cooper Lake"
        ),
        pytest.param({"CPU implementer": "0x41"}, id="Arm"),
    ],
)
def test_an_unknown_processor_has_the_range_of_the_whole_table(info: dict[str, str]) -> None:
    model, table = power_model(info, 4), vcpu_power()
    active = [row.active_w for row in table]
    assert model.active_w_per_core == pytest.approx((min(active) / 1.5, statistics.median(active), max(active) * 2))
    assert model.idle_w[1] == pytest.approx(4 * statistics.median(row.idle_w for row in table))
    assert "unknown processor" in model.source


def test_the_range_is_a_factor_and_wider_upwards() -> None:
    low_w, best_w, high_w = power_model(MILAN, 2).idle_w
    assert (best_w / low_w, high_w / best_w) == pytest.approx((1.5, 2))


def test_every_row_of_the_table_is_sourced_and_plausible() -> None:
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert row["url"].startswith("https://")
        assert row["source"]
        assert row["licence"]
        assert 2020 < int(row["year"]) < 2100
        assert 0.3 < float(row["idle_w_per_vcpu"]) < float(row["full_w_per_vcpu"]) < 6
    assert len({cpu for row in vcpu_power() for cpu in row.cpus}) == sum(len(row.cpus) for row in vcpu_power())


def test_a_process_that_does_not_exist_cannot_be_modelled() -> None:
    finding = find(2**30)
    assert finding.sensor is None
    assert finding.reason == f"There is no process {2**30}."


def test_it_is_part_of_a_measured_domain_where_both_are_asked_for() -> None:
    sensor = find(os.getpid(), parent="cpu:package-0").sensor
    assert sensor is not None
    assert sensor.domains[0].parent == "cpu:package-0"


def test_the_counter_moves_with_the_process_and_never_back() -> None:
    sensor = find(os.getpid()).sensor
    assert sensor is not None
    readings = [int(sensor.read()[0]) for _ in range(50)]
    assert readings == sorted(readings)
    assert readings[-1] > readings[0]
    sensor.close()
