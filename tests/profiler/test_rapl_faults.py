"""RAPL that wraps, fails, is mirrored or half hidden, through the public profiler: right, or a gap that is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from simulated.perf import PERF_TYPE_SOFTWARE, SimulatedPerf
from simulated.powercap import SimulatedPowercap

from energyprof import Profiler, Quantity
from energyprof.profiler.result import Result
from energyprof.sensors import perf_event

SOCKET_W = 100.0
FAILS_S = 4.0
"""After the profiler has started, also where that takes seconds; and before the end of a span of 5 s."""

TRIES = 3
"""On a machine that lets nobody poll for a third of a second, wraps cannot be counted, which is said."""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedPowercap:
    tree = SimulatedPowercap(tmp_path)
    monkeypatch.setenv("ENERGYPROF_SYSFS", tree.env["ENERGYPROF_SYSFS"])
    return tree


def profiled(tree: SimulatedPowercap, seconds: float) -> tuple[Result, float]:
    """The result of a span, and how long that was."""
    with tree.running(), Profiler(["rapl"]) as profiler:
        time.sleep(0.2)
        with profiler.span("work"):
            start_s = time.monotonic()
            time.sleep(seconds)
            lasted_s = time.monotonic() - start_s
        time.sleep(0.2)
    return profiler.result, lasted_s


def is_right_or_named(energy: Quantity, truth_j: float) -> bool:
    if energy.value is None:
        return bool(energy.reason)
    return energy.value == pytest.approx(truth_j, rel=0.1)


def test_five_wraps_in_one_span_are_unwound(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=SOCKET_W, range_uj=80_000_000)
    (zone.path / "constraint_0_max_power_uw").write_text("120000000\n")
    for _ in range(TRIES):
        result, lasted_s = profiled(tree, 4.2)
        assert SOCKET_W * lasted_s > 5 * 80
        assert is_right_or_named(result["work"].energy, SOCKET_W * lasted_s)
        if result["work"].energy.value is not None:
            return
    pytest.fail(f"not unwound in {TRIES} tries: {result['work'].energy}")


def test_wraps_too_fast_to_be_counted_are_a_gap_and_no_number(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=2000, range_uj=10_000_000)
    (zone.path / "constraint_0_max_power_uw").write_text("2000000000\n")
    result, _ = profiled(tree, 0.5)
    assert result["work"].energy.value is None
    assert result.total.value is None
    assert any("CPU package 0" in warning or "lost" in warning for warning in result.warnings)


def test_a_counter_that_cannot_be_read_for_a_time_runs_on(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=SOCKET_W)
    now_s = time.monotonic()
    zone.unreadable.append((now_s + FAILS_S, now_s + FAILS_S + 1.2))
    result, lasted_s = profiled(tree, 5.0)
    assert result["work"].energy.value == pytest.approx(SOCKET_W * lasted_s, rel=0.1)
    assert result.total.value is not None
    assert result.total.value > SOCKET_W * lasted_s


def test_a_socket_that_cannot_be_read_is_named_as_missing(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=SOCKET_W)
    broken = tree.zone("intel-rapl:1", "package-1", power_w=SOCKET_W)
    broken.break_with_eio()
    tree.zones.remove(broken)
    result, lasted_s = profiled(tree, 1.0)
    assert result["work"].energy.value == pytest.approx(SOCKET_W * lasted_s, rel=0.2)
    assert any("package-1" in sentence and "Not in any total" in sentence for sentence in result.coverage.not_included)


def test_a_socket_that_fails_meanwhile_leaves_no_half_total(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=SOCKET_W)
    zone = tree.zone("intel-rapl:1", "package-1", power_w=SOCKET_W)
    zone.unreadable.append((time.monotonic() + FAILS_S, time.monotonic() + 1000))
    result, _ = profiled(tree, 5.0)
    for energy in (result["work"].energy, result.total):
        assert energy.value is None
        assert "could not be read" in (energy.reason or "")


def test_mirrors_and_the_platform_are_added_once(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=SOCKET_W)
    tree.zone("intel-rapl-mmio:0", "package-0", power_w=SOCKET_W)
    tree.zone("intel-rapl:1", "psys", power_w=2 * SOCKET_W)
    tree.zone("intel-rapl:0:0", "core", power_w=SOCKET_W / 2)
    tree.zone("intel-rapl:0:1", "dram", power_w=SOCKET_W / 5)
    result, lasted_s = profiled(tree, 1.0)
    assert result["work"].energy.value == pytest.approx(1.2 * SOCKET_W * lasted_s, rel=0.2)
    assert set(result["work"].domains) == {"cpu:package-0", "dram:0"}


def test_the_kernels_cpu_clock_read_as_rapl_through_perf_event_is_one_watt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole chain with the real system call: a count of the CPU clock is declared to be 1 nJ."""
    try:
        perf_event.open_counter(PERF_TYPE_SOFTWARE, 0, 0, "cpu-clock").close()
    except OSError as refused:
        pytest.skip(f"this kernel permits no counter of a whole CPU: {refused}")
    sysfs = tmp_path / "perf"
    SimulatedPerf(sysfs, {(0, "energy-pkg"): 1.0}, {0: 0}, kind=PERF_TYPE_SOFTWARE, joules_per_count=1e-9)
    (sysfs / "bus/event_source/devices/power/events/energy-pkg").write_text("event=0x00\n")
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(sysfs))
    with Profiler(["rapl"]) as profiler:
        start_s = time.monotonic()
        time.sleep(1.5)
        lasted_s = time.monotonic() - start_s
    assert profiler.result.total.value == pytest.approx(lasted_s, rel=0.2)
    assert any("through perf_event" in sentence for sentence in profiler.result.coverage.measured)
