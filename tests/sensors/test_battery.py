"""Batteries on simulated trees: counted while they alone feed the machine, a gap otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated.clock import Clock
from simulated.hwmon import battery, write

from energyprof.sensors.battery import find
from energyprof.sensors.sensor import Sensor


def opened(sysfs: Path, clock: Clock) -> Sensor:
    finding = find(sysfs, clock_ns=clock)
    assert finding.sensor is not None, finding.reason
    return finding.sensor


def joules(sensor: Sensor) -> float:
    [count] = sensor.read()
    return int(count) * sensor.domains[0].joules_per_count


@pytest.mark.parametrize(
    "files",
    [{"power_now": 12_000_000}, {"current_now": 1_000_000, "voltage_now": 12_000_000}, {"power_now": -12_000_000}],
)
def test_power_or_current_times_voltage_is_integrated(sysfs: Path, clock: Clock, files: dict[str, int]) -> None:
    battery(sysfs, **files)
    sensor = opened(sysfs, clock)
    before_j = joules(sensor)
    clock.now_s = 10
    assert joules(sensor) - before_j == pytest.approx(120)
    [domain] = sensor.domains
    assert (domain.id, domain.kind, domain.basis) == ("battery", "battery", "derived")


def test_a_charge_that_falls_is_a_slow_counter(sysfs: Path, clock: Clock) -> None:
    folder = battery(sysfs, energy_now=50_000_000)
    sensor = opened(sysfs, clock)
    before_j = joules(sensor)
    write(folder, energy_now=49_990_000)
    assert joules(sensor) - before_j == pytest.approx(36)
    assert sensor.domains[0].basis == "measured"


def test_two_batteries_of_which_one_rests_are_one(sysfs: Path, clock: Clock) -> None:
    battery(sysfs, "BAT0", power_now=15_000_000)
    battery(sysfs, "BAT1", power_now=0, status="Not charging")
    sensor = opened(sysfs, clock)
    before_j = joules(sensor)
    clock.now_s = 2
    assert joules(sensor) - before_j == pytest.approx(30)
    assert sensor.domains[0].label == "Battery (BAT0 + BAT1)"


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging"])
def test_on_a_charger_it_is_unavailable_until_unplugged(sysfs: Path, clock: Clock, status: str) -> None:
    battery(sysfs, power_now=12_000_000, status=status)
    finding = find(sysfs, clock_ns=clock)
    assert finding.sensor is None
    assert finding.reason == f"BAT0 is {status.lower()}: what the machine draws comes from the charger; unplug it."
    assert str(finding.remedy).startswith("Unplug")


@pytest.mark.parametrize("files", [{"power_now": 12_000_000}, {"energy_now": 50_000_000}])
def test_a_charger_plugged_in_meanwhile_is_a_gap_and_then_a_new_segment(
    sysfs: Path, clock: Clock, files: dict[str, int]
) -> None:
    folder = battery(sysfs, **files)
    sensor = opened(sysfs, clock)
    clock.now_s = 5
    before_j = joules(sensor)
    write(folder, status="Charging")
    [reason] = sensor.read()
    assert "unplug" in str(reason)
    write(folder, status="Discharging")
    assert joules(sensor) < before_j, "what is read after it must be seen as a reset"


def test_a_mouse_is_no_battery_of_the_machine(sysfs: Path, clock: Clock) -> None:
    battery(sysfs, "hidpp_battery_0", power_now=1, scope="Device")
    battery(sysfs, "AC", type="Mains", online=0)
    finding = find(sysfs, clock_ns=clock)
    assert finding.reason == f"There is no battery below {sysfs}/class/power_supply."


def test_a_battery_that_tells_nothing_is_named(sysfs: Path, clock: Clock) -> None:
    battery(sysfs, capacity=80)
    assert "BAT0 shows neither" in str(find(sysfs, clock_ns=clock).reason)


def test_a_file_without_a_number_is_not_the_chargers_fault(sysfs: Path, clock: Clock) -> None:
    folder = battery(sysfs, power_now="")
    finding = find(sysfs, clock_ns=clock)
    assert finding.reason == "BAT0/power_now: no number in it."
    assert finding.remedy == f"grep -H . {folder}/power_now   (until it shows a number)"
