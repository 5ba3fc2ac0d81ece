"""Chips and batteries of the kernel's tree through the public profiler."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from simulated.hwmon import battery, chip, write

from energyprof import Profiler
from energyprof.capture.sampler import Sampler


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(tmp_path))
    return tmp_path


def test_a_module_that_shows_its_rails_is_measured_by_its_input(sysfs: Path) -> None:
    rails = {"in1_label": "VDD_IN", "in1_input": 5000, "curr1_input": 2000}
    chip(sysfs, 0, "ina3221", "1-0040", **rails, in2_label="VDD_SOC", in2_input=5000, curr2_input=500)
    with Profiler(["hwmon"]) as profiler:
        start_s = time.monotonic()
        time.sleep(2.5)
        lasted_s = time.monotonic() - start_s
    assert profiler.result.total.value == pytest.approx(10 * lasted_s, rel=0.15)
    [measured] = profiler.result.coverage.measured
    assert measured.startswith("ina3221 VDD_IN (1-0040): hwmon power readings, integrated; the whole module")


def test_a_charger_plugged_in_during_a_run_is_a_gap_of_unknown_energy(sysfs: Path) -> None:
    folder = battery(sysfs, power_now=15_000_000)
    with Sampler(["battery"]) as sampler:
        sampler.wait_past(time.monotonic() + 1)
        write(folder, status="Charging")
        sampler.wait_past(time.monotonic() + 1.5)
        write(folder, status="Discharging")
        sampler.wait_past(time.monotonic() + 1.5)
        [timeline] = sampler.timelines()
    [gap] = timeline.gaps
    assert gap.reason == "BAT0 is charging: what the machine draws comes from the charger; unplug it"
    assert not gap.energy_known
    assert timeline.domain.apart is None


def test_a_battery_beside_a_modelled_cpu_is_a_reference(sysfs: Path) -> None:
    battery(sysfs, power_now=15_000_000)
    with Profiler() as profiler:
        start_s = time.monotonic()
        time.sleep(2.5)
        lasted_s = time.monotonic() - start_s
    [sentence] = profiler.result.coverage.references
    assert sentence.startswith("Battery (BAT0), in no total (a reference: the battery feeds the whole machine): ")
    assert float(sentence.split("): ")[1].split(" J (±")[0]) == pytest.approx(15 * lasted_s, rel=0.25)
    assert profiler.result.total.basis == "estimated"
