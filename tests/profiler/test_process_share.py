"""What of a CPU package's joules falls to other processes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from simulated.readings import Course, polled

from energyprof.analysis.cpu_use import CpuUse
from energyprof.capture.cpu_use_log import CpuUseLog
from energyprof.capture.spans import OpenSpan, SpanLog
from energyprof.footprint.site import Site
from energyprof.model.domain import Domain
from energyprof.model.session import NamedMeasurement
from energyprof.profiler.fold import Books
from energyprof.profiler.measurement import Measurement
from energyprof.profiler.result import measurement_of
from energyprof.profiler.session import measurement_json

PACKAGE = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0", joules_per_count=1e-6)


def measured(use: CpuUse | None, domain: Domain = PACKAGE) -> Measurement:
    """One span from second 2 to 4 at 100 W on a package that idles at 20 W."""
    course, span = Course(idle_w=20), OpenSpan("work", None)
    course.pulse(2.0, 2.0, 100)
    span.segments, span.closed = [(2_000_000_000, 4_000_000_000)], True
    books = Books(SpanLog(), [domain], 0.5)
    books.close_until(6.0, [span], [], [polled(course, 7.0, domain=domain)], use)
    return measurement_of(books, "work", Site(grid=None))


def used(own_cores: float, other_cores: float) -> CpuUse:
    """Other processes are busy from second 2 to 4 only, and so is this one."""
    times_s = [0.0, 2.0, 3.0, 4.0, 7.0]
    active_s = np.interp(times_s, [2.0, 4.0], [0.0, 2.0])
    return CpuUse(times_s, list(100 + active_s * (own_cores + other_cores)), list(5 + active_s * own_cores))


def test_joules_above_idle_are_shared_by_cpu_time() -> None:
    work = measured(used(own_cores=3, other_cores=1))
    assert work.energy.value == pytest.approx(200, rel=0.002)
    assert work.energy_process.value == pytest.approx(2 * 20 + 2 * 80 * 3 / 4, rel=0.01)
    assert work.energy_process.basis == "derived"
    assert work.energy_process.low is not None
    assert work.energy_process.low == pytest.approx(work.energy_process.value - 20, rel=0.02)
    assert work.contended is True
    assert "other processes used 2" in work.warnings[0]


def test_a_machine_of_its_own_is_not_contended() -> None:
    work = measured(used(own_cores=4, other_cores=0.1))
    assert work.contended is False
    assert work.energy_process.value == pytest.approx(200 - 160 * 0.1 / 4.1, rel=0.003)
    assert work.warnings == []


def test_what_others_used_is_unknown_where_the_kernel_does_not_tell() -> None:
    work = measured(None)
    assert work.contended is None
    assert work.energy_process.value is None
    assert "not recorded" in (work.energy_process.reason or "")


def test_other_processes_do_not_share_in_a_gpu() -> None:
    gpu = Domain("gpu:0", "gpu", "nvml", "GPU 0", joules_per_count=1e-3)
    work = measured(used(1, 7), gpu)
    assert work.energy_process == work.energy
    assert work.contended is False


def test_a_share_is_the_mean_of_what_lies_between_two_instants() -> None:
    use = CpuUse([0.0, 1.0, 2.0], [10.0, 12.0, 13.0], [1.0, 2.0, 3.0])
    assert use.others_share(np.array([0.0, 0.5, 1.5, 2.0])) == pytest.approx([0.5, 0.25, 0.0])
    assert use.others_share(np.array([1.5, 2.5])) == pytest.approx([0.0])


def test_the_log_of_a_busy_process_shows_its_own_time() -> None:
    log = CpuUseLog()
    assert log.read()
    for _ in range(20):
        sum(range(1_000_000))
    log.read()
    times_s, busy_s, own_s = log.columns()
    assert 0.1 < own_s[1] - own_s[0] <= busy_s[1] - busy_s[0] + 0.05
    assert times_s[1] > times_s[0]
    log.forget_before(times_s[1] + 1)
    assert log.columns()[0] == times_s[1:]


def test_a_record_holds_every_figure_that_its_reader_knows() -> None:
    written = measurement_json(measured(used(own_cores=3, other_cores=1)))
    assert set(written) == {field.name for field in fields(NamedMeasurement)}
    assert written["contended"] is True


def test_without_any_idle_time_seen_no_share_is_taken_off() -> None:
    course, span = Course(idle_w=150), OpenSpan("work", None)
    span.segments, span.closed = [(500_000_000, 6_000_000_000)], True
    books = Books(SpanLog(), [PACKAGE], 0.5)
    books.close_until(6.0, [span], [], [polled(course, 7.0, domain=PACKAGE)], used(1, 1))
    work = measurement_of(books, "work", Site(grid=None))
    assert work.energy.value == pytest.approx(150 * 5.5, rel=0.01)
    assert work.energy_process.value is None
    assert "idle power is not known" in (work.energy_process.reason or "")
    assert work.contended is None
