"""RAPL through perf_event: simulated trees and counters, and the real system call on the kernel's own CPU clock."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from simulated.perf import PERF_TYPE_SOFTWARE, SimulatedPerf
from simulated.powercap import SimulatedPowercap

from energyprof.model.domain import outermost
from energyprof.sensors import perf_event, rapl
from energyprof.sensors.rapl_perf import find, instead_of
from energyprof.sensors.sensor import Finding, Sensor

TWO_SOCKETS = {0: 0, 18: 1}


def machine(sysfs: Path, **powers_w: float) -> SimulatedPerf:
    """One package, with an event of these watts for each name."""
    return SimulatedPerf(sysfs, {(0, f"energy-{name}"): watts for name, watts in powers_w.items()}, {0: 0})


def opened(finding: Finding) -> Sensor:
    assert finding.sensor is not None, finding.reason
    return finding.sensor


def drawn_j(perf: SimulatedPerf, sensor: Sensor, seconds: float) -> dict[str, float]:
    before = sensor.read()
    perf.now_s += seconds
    after = sensor.read()
    return {
        domain.id: (int(end) - int(start)) * domain.joules_per_count
        for domain, start, end in zip(sensor.domains, before, after, strict=True)
    }


def test_each_package_and_its_parts_are_counted_at_the_kernels_scale(sysfs: Path) -> None:
    powers_w = {
        (cpu, f"energy-{name}"): watts + cpu
        for cpu in TWO_SOCKETS
        for name, watts in (("pkg", 100), ("ram", 10), ("cores", 60))
    }
    perf = SimulatedPerf(sysfs, powers_w, TWO_SOCKETS)
    sensor = opened(find(sysfs, perf.open_counter))
    assert drawn_j(perf, sensor, 10) == pytest.approx(
        {
            "cpu:package-0": 1000,
            "dram:0": 100,
            "cpu:core-0": 600,
            "cpu:package-1": 1180,
            "dram:1": 280,
            "cpu:core-1": 780,
        }
    )
    assert {domain.id for domain in outermost(sensor.domains)} == {"cpu:package-0", "dram:0", "cpu:package-1", "dram:1"}
    assert all("perf_event" in str(domain.note) for domain in sensor.domains)
    assert all(domain.counts_per_wrap is None for domain in sensor.domains)


def test_the_platform_is_not_added_to_the_packages_it_contains(sysfs: Path) -> None:
    perf = machine(sysfs, pkg=20, psys=35)
    sensor = opened(find(sysfs, perf.open_counter))
    assert drawn_j(perf, sensor, 1) == pytest.approx({"cpu:package-0": 20})
    assert [counter.open for counter in perf.counters] == [True, False]
    sensor.close()
    assert not any(counter.open for counter in perf.counters)


def test_a_package_that_may_not_be_counted_is_named_and_the_platform_stands_in(sysfs: Path) -> None:
    perf = machine(sysfs, pkg=20, psys=35)
    perf.refused = {"energy-pkg"}
    finding = find(sysfs, perf.open_counter)
    assert [domain.id for domain in opened(finding).domains] == ["psys"]
    assert "energy-pkg on CPU 0" in str(finding.reason)


def test_the_permission_sentence_names_the_setting_and_every_way_to_change_it(sysfs: Path) -> None:
    perf = machine(sysfs, pkg=20)
    perf.refused = {"energy-pkg"}
    finding = find(sysfs, perf.open_counter)
    assert finding.sensor is None
    assert "(Permission denied): kernel.perf_event_paranoid is " in str(finding.reason)
    assert "CAP_PERFMON" in str(finding.reason)
    assert "sudo sysctl kernel.perf_event_paranoid=0" in str(finding.remedy)
    assert "setcap cap_perfmon=ep /" in str(finding.remedy)


def test_two_counters_of_one_package_are_refused_rather_than_added(sysfs: Path) -> None:
    perf = SimulatedPerf(sysfs, {(0, "energy-pkg"): 50, (4, "energy-pkg"): 50}, {0: 0, 4: 0})
    finding = find(sysfs, perf.open_counter)
    assert finding.sensor is None
    assert "may or may not be the same meter" in str(finding.reason)


def test_powercap_comes_first_where_it_misses_nothing(sysfs: Path) -> None:
    SimulatedPowercap(sysfs.parent).zone("intel-rapl:0", "package-0")
    perf = machine(sysfs, pkg=20)
    assert opened(instead_of(rapl.find(sysfs), sysfs, perf.open_counter)).domains[0].note is None
    assert perf.counters == []


def test_perf_stands_in_where_powercap_is_absent(sysfs: Path) -> None:
    perf = machine(sysfs, pkg=20)
    finding = instead_of(rapl.find(sysfs), sysfs, perf.open_counter)
    assert drawn_j(perf, opened(finding), 2) == pytest.approx({"cpu:package-0": 40})
    assert finding.reason is None


def test_perf_stands_in_where_powercap_cannot_read_one_of_two_sockets(sysfs: Path) -> None:
    tree = SimulatedPowercap(sysfs.parent)
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "package-1").break_with_eio()
    perf = SimulatedPerf(sysfs, {(0, "energy-pkg"): 30, (18, "energy-pkg"): 40}, TWO_SOCKETS)
    sensor = opened(instead_of(rapl.find(sysfs), sysfs, perf.open_counter))
    assert drawn_j(perf, sensor, 1) == pytest.approx({"cpu:package-0": 30, "cpu:package-1": 40})


def test_a_half_readable_powercap_stays_where_perf_sees_no_more(sysfs: Path) -> None:
    tree = SimulatedPowercap(sysfs.parent)
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "package-1").break_with_eio()
    perf = SimulatedPerf(sysfs, {(0, "energy-pkg"): 30, (18, "energy-pkg"): 40}, TWO_SOCKETS, refused={"energy-pkg"})
    finding = instead_of(rapl.find(sysfs), sysfs, perf.open_counter)
    assert [domain.id for domain in opened(finding).domains] == ["cpu:package-0"]
    assert "package-1 (intel-rapl:1/energy_uj: Input/output error)" in str(finding.reason)
    assert "Nor through perf_event" in str(finding.reason)
    assert "udevadm" in str(finding.remedy)
    assert "perf_event_paranoid=0" in str(finding.remedy)


def test_without_either_the_reason_is_powercaps(sysfs: Path) -> None:
    absent = rapl.find(sysfs)
    assert instead_of(absent, sysfs) == absent


@pytest.fixture
def cpu_clock(sysfs: Path) -> SimulatedPerf:
    """A tree that says that the CPU clock is package energy of 1 nJ a count: 1 W, known without any meter."""
    (sysfs / "bus").mkdir(parents=True)
    perf = SimulatedPerf(sysfs, {(0, "energy-pkg"): 1.0}, {0: 0}, kind=PERF_TYPE_SOFTWARE, joules_per_count=1e-9)
    (sysfs / "bus/event_source/devices/power/events/energy-pkg").write_text("event=0x00\n")
    try:
        perf_event.open_counter(PERF_TYPE_SOFTWARE, 0, 0, "cpu-clock").close()
    except OSError as refused:
        pytest.skip(f"this kernel permits no counter of a whole CPU: {refused}")
    return perf


@pytest.mark.usefixtures("cpu_clock")
def test_the_real_system_call_counts_the_real_cpu_clock(sysfs: Path) -> None:
    sensor = opened(find(sysfs))
    [domain] = sensor.domains
    outer_s = time.monotonic()
    [before] = sensor.read()
    inner_s = time.monotonic()
    time.sleep(0.2)
    inner_s = time.monotonic() - inner_s
    [after] = sensor.read()
    outer_s = time.monotonic() - outer_s
    sensor.close()
    watts_times_seconds = (int(after) - int(before)) * domain.joules_per_count
    assert 0.99 * inner_s - 0.01 <= watts_times_seconds <= 1.01 * outer_s + 0.01


def test_the_real_system_call_says_why_it_refuses() -> None:
    with pytest.raises(OSError, match=r"No such file|Invalid|denied|not permitted|not implemented"):
        perf_event.open_counter(PERF_TYPE_SOFTWARE, 0xFFFF, 0, "no such event")
