"""What the real sampler process sees of a simulated GPU's meter, keeps, and knows at the next start."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu

from energyprof.capture.meter_cache import device_of
from energyprof.capture.pace import DENSE_S
from energyprof.capture.sampler import Sampler
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord
from energyprof.model.timeline import Timeline

pytestmark = pytest.mark.usefixtures("gpu_library")


def simulated(folder: Path, monkeypatch: pytest.MonkeyPatch, **spec: object) -> SimulatedGpu:
    folder.mkdir(exist_ok=True)
    gpu = SimulatedGpu(folder, idle_w=70, phase_s=0.02, **spec)
    for key, value in gpu.env.items():
        if key != "ENERGYPROF_METERS":
            monkeypatch.setenv(key, value)
    return gpu


def sampled(seconds: float) -> tuple[Timeline, MeterRecord, list[str], float]:
    """The timeline, what is known of the meter, the warnings, and the time between polls at the start."""
    with Sampler(["nvml"]) as sampler:
        sampler.wait_past(time.monotonic() + 0.1)
        assert sampler._ring is not None
        period_s = sampler._ring.period_s
        sampler.wait_past(time.monotonic() + seconds)
        [timeline] = sampler.timelines()
        sampler.stop()
        [record] = sampler.meters
        return timeline, record, sampler.warnings, period_s


def test_period_latency_and_idle_power_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = simulated(tmp_path, monkeypatch, period_s=0.1, latency_s=0.001)
    gpu.edges.append(time.monotonic() + 60, 500)
    _, record, warnings, _ = sampled(DENSE_S + 0.5)
    assert record.period_s == pytest.approx(0.1, rel=0.1)
    assert record.idle_w == pytest.approx(70, rel=0.2)
    assert record.latency_s is not None
    assert record.latency_p99_s is not None
    assert 0.001 <= record.latency_s <= record.latency_p99_s
    assert (record.domain, record.driver) == ("gpu:0", "999.00")
    assert warnings == []


def test_a_later_start_polls_at_the_right_pace_and_knows_the_grid_of_three_ticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(tmp_path, monkeypatch, period_s=0.04)
    _, first, _, _ = sampled(DENSE_S + 0.5)
    timeline, again, warnings, period_s = sampled(0.1)
    assert first.period_s is not None
    assert period_s == pytest.approx(first.period_s / 2.618, rel=0.01)
    assert timeline.domain.expected_period_s == first.period_s
    assert (again.period_s, again.measured, warnings) == (first.period_s, first.measured, [])


def test_a_meter_that_moves_otherwise_now_is_looked_at_anew_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(tmp_path / "slow", monkeypatch, period_s=0.1)
    sampled(DENSE_S + 0.5)
    simulated(tmp_path / "fast", monkeypatch, period_s=0.03)
    _, record, warnings, _ = sampled(2 * DENSE_S + 1.0)
    assert record.period_s == pytest.approx(0.03, rel=0.1)
    [warning] = warnings
    told = re.search(r"moves every ([\d.]+) ms now; an earlier start with this driver saw ([\d.]+) ms", warning)
    assert told is not None
    assert [float(period_ms) for period_ms in told.groups()] == pytest.approx([30, 100], rel=0.1)
    _, again, warnings, period_s = sampled(0.1)
    assert (again.period_s, warnings) == (record.period_s, [])
    assert period_s == pytest.approx(0.03 / 2.618, rel=0.1)


def test_a_run_shorter_than_the_look_keeps_nothing_that_it_could_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(tmp_path, monkeypatch, period_s=0.5)
    _, record, _, _ = sampled(0.2)
    assert record.period_s is None
    assert record.latency_s is not None
    assert not (tmp_path / "meters").exists()


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated(tmp_path, monkeypatch, period_s=0.05)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ENERGYPROF_METERS", str(tmp_path / "file" / "below"))
    timeline, record, warnings, _ = sampled(DENSE_S + 0.5)
    assert record.period_s == pytest.approx(0.05, rel=0.1)
    assert len(timeline.counts) > 10
    assert warnings == []


def test_a_stored_gain_is_in_the_joules_with_its_provenance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from energyprof.capture.meter_cache import store_gain

    simulated(tmp_path, monkeypatch, period_s=0.05)
    plain, record, _, _ = sampled(0.3)
    fitted = FittedGain("Plug", "2026-11-28T12:00:00+00:00", 1.25, 0.0125, 30.0, 0.5, 0.01, 0.05, 8)
    assert record.device == device_of(plain.domain)
    store_gain(plain.domain, fitted)
    timeline, record, _, _ = sampled(DENSE_S + 0.5)
    assert record.resolution_j is not None
    assert record.resolution_j / 1e-3 == pytest.approx(round(record.resolution_j / 1e-3))  # the meter's own joules
    assert timeline.domain.fitted == fitted
    assert timeline.domain.joules_per_count == pytest.approx(1.25 * plain.domain.joules_per_count)
    assert timeline.domain.gain < plain.domain.gain
    assert timeline.domain.basis == "measured"
