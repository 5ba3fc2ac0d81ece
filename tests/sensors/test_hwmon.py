"""hwmon on simulated trees: what each driver's channels mean, and that none is counted twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from simulated.clock import Clock
from simulated.hwmon import battery, chip, write

from energyprof.model.domain import Domain, outermost
from energyprof.model.quantity import Basis
from energyprof.sensors.hwmon import Channel, HwmonSensor, find
from energyprof.sensors.sensor import Sensor


def opened(sysfs: Path, clock: Clock) -> Sensor:
    finding = find(sysfs, clock_ns=clock)
    assert finding.sensor is not None, finding.reason
    return finding.sensor


def by_id(sensor: Sensor) -> dict[str, Domain]:
    return {domain.id: domain for domain in sensor.domains}


def drawn_j(sensor: Sensor, clock: Clock, seconds: float) -> dict[str, float]:
    before = sensor.read()
    clock.now_s += seconds
    after = sensor.read()
    return {
        domain.id: (int(end) - int(start)) * domain.joules_per_count
        for domain, start, end in zip(sensor.domains, before, after, strict=True)
    }


def test_an_energy_file_is_a_counter_in_microjoules(sysfs: Path, clock: Clock) -> None:
    card = chip(sysfs, 0, "i915", "0000:03:00.0", energy1_input=5_000_000)
    sensor = opened(sysfs, clock)
    [before] = sensor.read()
    write(card, energy1_input=12_000_000)
    [after] = sensor.read()
    [domain] = sensor.domains
    assert (int(after) - int(before)) * domain.joules_per_count == pytest.approx(7)
    assert (domain.id, domain.kind, domain.basis) == ("gpu:i915-0000:03:00.0-channel-1", "gpu", "measured")


@pytest.mark.parametrize("file", ["power1_input", "power1_average"])
def test_power_is_integrated(sysfs: Path, clock: Clock, file: str) -> None:
    card = chip(
        sysfs, 3, "amdgpu", "0000:03:00.0", power1_label="PPT", power1_cap_max=300_000_000, **{file: 100_000_000}
    )
    sensor = opened(sysfs, clock)
    assert drawn_j(sensor, clock, 2) == pytest.approx({"gpu:amdgpu-0000:03:00.0-PPT": 200})
    sensor.read()
    write(card, **{file: 300_000_000})
    clock.now_s += 1
    [count] = sensor.read()
    assert isinstance(count, int)
    [domain] = sensor.domains
    assert (domain.basis, domain.max_power_w, domain.apart) == ("derived", 300, None)


def test_a_rail_is_its_voltage_times_its_current(sysfs: Path, clock: Clock) -> None:
    chip(sysfs, 0, "lm99", "9-004f", in2_label="core", in2_input=900, curr2_label="core", curr2_input=10_000)
    assert drawn_j(opened(sysfs, clock), clock, 10) == pytest.approx({"board:lm99-9-004f-core": 90})


def test_a_voltage_and_a_current_that_share_only_a_number_are_no_rail(sysfs: Path, clock: Clock) -> None:
    chip(sysfs, 0, "nct6798", in1_input=900, curr1_input=10_000)
    assert find(sysfs, clock_ns=clock).sensor is None


def test_of_a_jetson_module_only_the_input_is_added(sysfs: Path, clock: Clock) -> None:
    rails = {"VDD_IN": (5000, 3000), "VDD_CPU_GPU_CV": (5000, 1200), "VDD_SOC": (5000, 800)}
    files = {}
    for number, (label, (millivolts, milliamperes)) in enumerate(rails.items(), 1):
        files |= {f"in{number}_label": label, f"in{number}_input": millivolts, f"curr{number}_input": milliamperes}
    chip(sysfs, 1, "ina3221", "1-0040", **files, in4_input=3, curr4_input=5000)
    sensor = opened(sysfs, clock)
    assert drawn_j(sensor, clock, 2) == pytest.approx(
        {
            "module:ina3221-1-0040-VDD_IN": 30,
            "module:ina3221-1-0040-VDD_CPU_GPU_CV": 12,
            "board:ina3221-1-0040-VDD_SOC": 8,
        }
    )
    assert [domain.id for domain in outermost(sensor.domains)] == ["module:ina3221-1-0040-VDD_IN"]


def test_of_a_jetson_board_without_an_input_the_rails_that_are_known_are_added(sysfs: Path, clock: Clock) -> None:
    files = {}
    for number, label in enumerate(("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"), 1):
        files |= {f"in{number}_label": label, f"in{number}_input": 5000, f"curr{number}_input": 1000}
    chip(sysfs, 1, "ina3221", "1-0040", **files)
    assert [domain.kind for domain in outermost(opened(sysfs, clock).domains)] == ["gpu", "cpu"]


def test_what_an_unknown_board_meters_is_in_no_total(sysfs: Path, clock: Clock) -> None:
    chip(sysfs, 0, "ina226", "2-0041", power1_input=20_000_000)
    sensor = opened(sysfs, clock)
    assert drawn_j(sensor, clock, 1) == pytest.approx({"board:ina226-2-0041-channel-1": 20})
    assert "not known" in str(sensor.domains[0].apart)
    assert outermost(sensor.domains) == []


def test_the_cores_that_a_socket_contains_are_left_out(sysfs: Path, clock: Clock) -> None:
    files = {"energy1_label": "Ecore000", "energy2_label": "Ecore001", "energy3_label": "Esocket0"}
    chip(sysfs, 0, "amd_energy", "amd_energy.0", **files, energy1_input=1, energy2_input=2, energy3_input=5)
    [domain] = opened(sysfs, clock).domains
    assert (domain.id, domain.kind) == ("cpu:amd_energy-amd_energy.0-Esocket0", "cpu")


def test_an_intel_card_holds_its_package(sysfs: Path, clock: Clock) -> None:
    chip(sysfs, 0, "xe", "0000:03:00.0", energy1_label="card", energy1_input=9, energy2_label="pkg", energy2_input=5)
    sensor = opened(sysfs, clock)
    assert len(sensor.domains) == 2
    assert [domain.id for domain in outermost(sensor.domains)] == ["gpu:xe-0000:03:00.0-card"]


def test_a_processor_with_graphics_reports_its_whole_chip(sysfs: Path, clock: Clock) -> None:
    chip(sysfs, 0, "amdgpu", "0000:05:00.0", power1_input=15_000_000, in1_label="vddnb", in1_input=700)
    [domain] = opened(sysfs, clock).domains
    assert (domain.kind, "whole chip" in str(domain.apart)) == ("module", True)


def test_an_mi300a_is_known_by_its_pci_device_since_it_shows_no_northbridge(sysfs: Path, clock: Clock) -> None:
    folder = chip(sysfs, 0, "amdgpu", "0000:05:00.0", power1_input=300_000_000)
    write(folder / "device", device="0x74a0")
    [domain] = opened(sysfs, clock).domains
    assert (domain.kind, "whole chip" in str(domain.apart)) == ("module", True)


def test_a_batterys_second_appearance_is_left_out(sysfs: Path, clock: Clock) -> None:
    folder = battery(sysfs, power_now=12_000_000)
    hwmon = chip(sysfs, 0, "BAT0", power1_input=12_000_000)
    (hwmon / "device").symlink_to(folder)
    assert find(sysfs, clock_ns=clock).sensor is None


def test_a_reading_that_fails_is_a_sentence_and_then_a_new_segment(sysfs: Path, clock: Clock) -> None:
    card = chip(sysfs, 0, "amdgpu", power1_input=100_000_000)
    sensor = opened(sysfs, clock)
    clock.now_s = 5
    [before] = sensor.read()
    (card / "power1_input").write_text("")
    assert sensor.read() == ["hwmon0/power1_input: no number in it"]
    write(card, power1_input=100_000_000)
    [after] = sensor.read()
    assert int(after) < int(before)


def test_what_may_not_be_read_is_named_with_the_command_that_permits_it(sysfs: Path, clock: Clock) -> None:
    card = chip(sysfs, 0, "amd_energy", energy1_label="Esocket0")
    (card / "energy1_input").symlink_to("/proc/sys/vm/drop_caches")  # not even root may read it
    broken = chip(sysfs, 1, "ina226", power1_input="")
    finding = find(sysfs, clock_ns=clock)
    assert finding.sensor is None
    assert finding.reason == (
        "Cannot be read: hwmon0/energy1_input: Permission denied, hwmon1/power1_input: no number in it."
    )
    assert finding.remedy == f"sudo chmod a+r {card}/energy1_input   (until the next start)"
    (card / "energy1_input").unlink()
    remedy = find(sysfs, clock_ns=clock).remedy
    assert remedy == f"grep -H . {broken}/power1_input   (until it shows a number)", "no permission would help"


class Metered:
    """A meter that always says the same."""

    basis: Basis = "measured"

    def read(self) -> int:
        return 7

    def close(self) -> None:
        pass


def costing(*costs_s: float) -> HwmonSensor:
    return HwmonSensor(
        [
            Channel(Domain(f"board:{number}", "board", "hwmon", "x"), Metered(), cost_s)
            for number, cost_s in enumerate(costs_s)
        ]
    )


@pytest.mark.parametrize(
    ("costs_s", "parts"),
    [
        ((10e-6, 20e-6), [(["board:0", "board:1"], None)]),
        ((10e-3, 20e-6, 20e-6), [(["board:1", "board:2"], None), (["board:0"], 0.2)]),
        ((10e-3, 30e-3), [(["board:0", "board:1"], 0.8)]),
        ((0.6e-3, 0.5e-3, 0.2e-3), [(["board:1", "board:2"], None), (["board:0"], 0.05)]),
    ],
)
def test_a_chip_on_a_slow_bus_slows_no_other_one(
    costs_s: tuple[float, ...], parts: list[tuple[list[str], float | None]]
) -> None:
    sensors = costing(*costs_s).by_pace()
    assert [([domain.id for domain in sensor.domains], sensor.own_period_s) for sensor in sensors] == [
        (ids, None if period_s is None else pytest.approx(period_s)) for ids, period_s in parts
    ]
    assert [len(sensor.read()) for sensor in sensors] == [len(ids) for ids, _ in parts]


def test_one_reading_that_was_interrupted_does_not_make_a_chip_slow(sysfs: Path) -> None:
    chip(sysfs, 0, "i915", energy1_input=5)
    instants_ns = iter([0, 50_000_000, 0, 4_000, 0, 60_000_000])
    sensor = find(sysfs, clock_ns=lambda: next(instants_ns)).sensor
    assert isinstance(sensor, HwmonSensor)
    assert [part.own_period_s for part in sensor.by_pace()] == [None]


def test_what_was_settled_of_a_domain_stays_with_its_part() -> None:
    sensor = costing(10e-3, 20e-6)
    sensor.domains = [replace(domain, apart=f"why {domain.id}") for domain in sensor.domains]
    assert [part.domains[0].apart for part in sensor.by_pace()] == ["why board:1", "why board:0"]
