"""One counter's readings become ticks, gaps and resets: never a jump that did not happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from simulated.full_disk import full_disk
from simulated.powercap import SimulatedPowercap

from energyprof.capture.collected import NOT_NOTED, Collected, fault_reasons
from energyprof.capture.counter_watch import CounterWatch
from energyprof.capture.fault_names import FaultNames, faults_file
from energyprof.capture.ring import FAULT, FIRST, TICK, UNNAMED, Ring
from energyprof.model.domain import Domain
from energyprof.model.timeline import Timeline
from energyprof.sensors import rapl

S = 1_000_000_000
RAPL = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0", counts_per_wrap=200_000_000, max_power_w=200.0)
NVML = Domain("gpu:0", "gpu", "nvml", "GPU 0", joules_per_count=1e-3)


def watched(tmp_path: Path, domain: Domain, *readings: tuple[float, int | str]) -> Timeline:
    ring = Ring.create(tmp_path / "a.ring", 0.02, capacity=64)
    watch, faults, collected = CounterWatch(domain), FaultNames(tmp_path / "a.faults"), Collected([domain])
    for at_s, reading in readings:
        watch.notice(reading, round(at_s * S), round(at_s * S), ring, 0, faults)
    collected.take(ring)
    [timeline] = collected.timelines(readings[-1][0])
    return timeline


def test_a_reading_that_did_not_change_is_no_tick(tmp_path: Path) -> None:
    timeline = watched(tmp_path, NVML, (1.0, 500), (1.02, 500), (1.04, 900), (1.06, 900))
    assert (timeline.after_s, timeline.seen_s, timeline.counts) == ([1.0, 1.02], [1.0, 1.04], [0, 400])
    assert timeline.end_s == 1.06


def test_a_wrap_adds_what_was_counted_over_it(tmp_path: Path) -> None:
    timeline = watched(tmp_path, RAPL, (1.0, 199_000_000), (1.1, 4_000_000), (1.2, 9_000_000))
    assert timeline.counts == [0, 5_000_000, 10_000_000]
    assert timeline.gaps == []


def test_five_wraps_are_all_counted(tmp_path: Path) -> None:
    readings = [(1 + 0.1 * k, 20_000_000 * k % 200_000_000) for k in range(51)]
    timeline = watched(tmp_path, RAPL, *readings)
    assert timeline.counts[-1] == 50 * 20_000_000


def test_a_pause_in_which_it_may_have_wrapped_any_number_of_times_is_a_gap(tmp_path: Path) -> None:
    timeline = watched(tmp_path, RAPL, (1.0, 10), (1.1, 20), (4.0, 30), (4.1, 40))
    assert timeline.counts == [0, 10, 10, 20]
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.energy_known) == (1.1, 4.0, False)


def test_a_failed_reading_is_a_gap_and_not_a_zero(tmp_path: Path) -> None:
    timeline = watched(tmp_path, RAPL, (1.0, 100), (1.1, 200), (1.2, "EIO"), (1.3, "EIO"), (1.4, 500), (1.5, 600))
    assert timeline.counts == [0, 100, 400, 500]
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.reason, gap.energy_known) == (1.1, 1.4, "EIO", True)


def test_a_fault_that_lasts_is_a_gap_up_to_now(tmp_path: Path) -> None:
    timeline = watched(tmp_path, NVML, (1.0, 100), (1.1, 200), (1.2, "GPU is lost"), (1.3, "GPU is lost"))
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.reason, gap.energy_known) == (1.1, 1.3, "GPU is lost", False)


def test_a_fault_since_the_last_poll_of_a_slower_sensor_is_a_gap_that_ends_no_earlier_than_it_began() -> None:
    collected = Collected([NVML])
    collected.add([(FIRST, 0, S, S, 0), (TICK, 0, S, 2 * S, 50), (FAULT, 0, 10 * S, 11 * S, 0)], 0, ["lost"])
    [timeline] = collected.timelines(9.6)
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.energy_known) == (10.0, 10.0, False)


def test_a_counter_that_fell_back_was_reset_and_goes_on(tmp_path: Path) -> None:
    timeline = watched(tmp_path, NVML, (1.0, 90_000), (1.1, 91_000), (1.2, 50), (1.3, 70))
    assert timeline.counts == [0, 1000, 1000, 1020]
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.energy_known) == (1.1, 1.2, False)


def test_a_counter_that_was_never_readable_has_no_ticks(tmp_path: Path) -> None:
    timeline = watched(tmp_path, NVML, (1.0, "no permission"), (1.1, "no permission"))
    assert timeline.counts == []
    assert [gap.reason for gap in timeline.gaps] == ["no permission"]


def test_old_ticks_are_forgotten_but_for_the_last_few(tmp_path: Path) -> None:
    collected = Collected([NVML])
    ring = Ring.create(tmp_path / "a.ring", 0.02, capacity=64)
    for k in range(1, 31):
        ring.append(0, 0, k * S - 1, k * S, k)
    collected.take(ring)
    collected.forget_before(20.5, keep_ticks=3)
    [timeline] = collected.timelines(30.0)
    assert timeline.counts == list(range(18, 31))
    assert timeline.seen_s[0] == pytest.approx(18.0)


def test_a_fault_right_after_a_restart_does_not_make_the_lost_joules_known() -> None:
    collected = Collected([NVML])
    collected.add([(FIRST, 0, 0, 1 * S, 0), (TICK, 0, 4 * S, 5 * S, 400_000)], 0, [])
    collected.resume()
    collected.add([(FAULT, 0, 14 * S, 14 * S, 0), (FIRST, 0, 15 * S, 15 * S, 0)], 0, ["EIO"])
    [timeline] = collected.timelines(16.0)
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.energy_known) == (5.0, 15.0, False)


@pytest.fixture
def package(tmp_path: Path) -> Domain:
    tree = SimulatedPowercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", power_w=50)
    found = rapl.find(tree.sysfs)
    assert found.sensor is not None
    return found.sensor.domains[0]


def test_a_package_whose_counter_falls_to_0_was_reset_and_did_not_wrap(tmp_path: Path, package: Domain) -> None:
    timeline = watched(tmp_path, package, (1.0, 200_000_000_000), (1.02, 0), (1.04, 1_000_000))
    [gap] = timeline.gaps
    assert not gap.energy_known
    assert timeline.counts[-1] <= 2_000_000


def test_an_hour_in_which_a_package_may_have_wrapped_is_lost(tmp_path: Path, package: Domain) -> None:
    timeline = watched(tmp_path, package, (1.0, 0), (1.02, "EIO"), (3601.0, 75_000_000_000), (3601.02, 75_001_000_000))
    [gap] = timeline.gaps
    assert not gap.energy_known
    assert timeline.counts[-1] == 1_000_000


def test_a_burst_far_above_the_limit_that_the_counter_was_late_to_show_is_believed(tmp_path: Path) -> None:
    timeline = watched(tmp_path, replace(NVML, max_power_w=700.0), (1.0, 0), (1.02, 100_000), (1.04, 170_000))
    assert timeline.gaps == []


def test_a_jump_that_no_power_explains_is_a_reset(tmp_path: Path) -> None:
    timeline = watched(tmp_path, replace(NVML, max_power_w=700.0), (1.0, 0), (1.02, 9_000_000), (1.04, 9_070_000))
    [gap] = timeline.gaps
    assert not gap.energy_known
    assert timeline.counts[-1] == 70_000


def test_a_counter_that_could_first_be_read_late_has_lost_what_came_before(tmp_path: Path) -> None:
    timeline = watched(tmp_path, NVML, (1.0, "busy"), (1.02, "busy"), (13.0, 500), (13.1, 7500), (13.2, 14500))
    [gap] = timeline.gaps
    assert (gap.start_s, gap.end_s, gap.energy_known) == (1.0, 13.0, False)


def test_half_a_reason_of_a_sampler_that_was_killed_on_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    faults_file(tmp_path / "a.ring").write_text('"GPU is lost"\n"no perm')
    assert FaultNames(tmp_path / "a.faults").number("EIO") == UNNAMED
    assert fault_reasons(tmp_path / "a.ring") == ["GPU is lost"]


def test_a_reason_that_the_disk_has_no_room_for_leaves_the_gap(tmp_path: Path) -> None:
    ring = Ring.create(tmp_path / "x.ring", 0.02)
    names = FaultNames(tmp_path / "x.faults")
    with full_disk():
        numbers = [names.number("long " * 1000), names.number("short")]
    assert numbers == [UNNAMED, UNNAMED]
    ring.append(FIRST, 0, 10**9, 10**9, 0)
    ring.append(FAULT, 0, 2 * 10**9, 2 * 10**9, UNNAMED)
    ring.append(FIRST, 0, 3 * 10**9, 3 * 10**9, 5)
    collected = Collected([NVML])
    collected.take(ring)
    [gap] = collected.timelines(4.0)[0].gaps
    assert (gap.start_s, gap.end_s, gap.reason) == (2.0, 3.0, NOT_NOTED)
