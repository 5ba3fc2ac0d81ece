"""The real sampler process, on a simulated GPU whose energy is known."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu

from energyprof.analysis.curve import curve
from energyprof.capture.ring_folder import memory_folder
from energyprof.capture.sampler import HANDSHAKE_TIMEOUT_S, Sampler
from energyprof.model.errors import NotMeasurable, UnknownName

pytestmark = pytest.mark.usefixtures("gpu_library")


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedGpu:
    simulated = SimulatedGpu(tmp_path, idle_w=70, period_s=0.1, phase_s=0.02)
    for key, value in simulated.env.items():
        monkeypatch.setenv(key, value)
    return simulated


def test_the_childs_ticks_give_the_energy_that_was_drawn(gpu: SimulatedGpu) -> None:
    with Sampler(["nvml"]) as sampler:
        start_s = time.monotonic()
        gpu.edges.pulse(start_s + 0.3, 0.4, 500)
        sampler.wait_past(start_s + 1.5)
        [timeline] = sampler.timelines()
        record = sampler.stop()
    found = curve(timeline)
    assert found is not None
    assert found.period_s == pytest.approx(0.1, rel=0.02)
    first_s, last_s = float(found.times_s[1]), float(found.times_s[-1])
    assert float(found.at(last_s) - found.at(first_s)) == pytest.approx(gpu.edges.energy_j(first_s, last_s), rel=0.02)
    assert record.mode == "process"
    assert record.cpu_s is not None
    assert record.wall_s is not None
    assert 0 < record.cpu_s < record.wall_s


def test_an_unknown_way_to_sample_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGYPROF_SAMPLER", "foo")
    with pytest.raises(UnknownName, match=r"ENERGYPROF_SAMPLER='foo' is no way to sample.* process, thread"):
        Sampler(["cpu-model"]).start()


def test_a_search_that_hangs_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "class" / "power_supply" / "BAT0"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "type")
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(tmp_path))
    monkeypatch.setattr("energyprof.capture.sampler.HANDSHAKE_TIMEOUT_S", 0.5)
    with pytest.raises(
        NotMeasurable, match=r"Looking for the sensors took more than 0\.5 s, so no energy was recorded"
    ):
        Sampler(["battery"]).start()


def test_what_was_measured_can_be_read_after_the_stop(gpu: SimulatedGpu) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.3)
    sampler.stop()
    [timeline] = sampler.timelines()
    assert len(timeline.counts) >= 2
    assert sampler.stop() == sampler.stop()


def test_a_timeline_ends_before_what_came_in_while_it_was_made(gpu: SimulatedGpu) -> None:
    with Sampler(["nvml"], tell=lambda what, told: time.sleep(0.3)) as sampler:
        sampler.wait_past(time.monotonic() + 0.2)
        [early] = sampler.timelines()
        [late] = sampler.timelines()
    assert [seen_s for seen_s in late.seen_s if seen_s <= early.end_s] == early.seen_s


def test_no_file_is_left_behind(gpu: SimulatedGpu) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    assert sampler._ring is not None
    folder = sampler._ring.path.parent
    assert folder.exists()
    sampler.stop()
    assert not folder.exists()


def test_a_folder_that_somebody_removed_does_not_harm_what_was_measured(gpu: SimulatedGpu) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.3)
    assert sampler._ring is not None
    shutil.rmtree(sampler._ring.path.parent)
    sampler.stop()
    [timeline] = sampler.timelines()
    assert len(timeline.counts) >= 2


def test_a_killed_sampler_leaves_what_it_had_measured(gpu: SimulatedGpu) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.4)
    assert sampler._child is not None
    os.kill(sampler._child.pid, signal.SIGKILL)
    sampler._child.wait(30)
    assert not sampler.running
    [timeline] = sampler.timelines()
    assert len(timeline.counts) >= 3
    sampler.stop()


def test_a_killed_sampler_is_started_again_once_and_leaves_a_gap(gpu: SimulatedGpu) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.4)
    killed = sampler._child
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    killed_s = time.monotonic()
    while sampler._child is killed and time.monotonic() < killed_s + 30:
        time.sleep(0.05)
    sampler.wait_past(time.monotonic())
    sampler.wait_past(time.monotonic() + 0.4)
    [timeline] = sampler.timelines()
    sampler.stop()
    [gap] = timeline.gaps
    assert gap.start_s <= killed_s <= gap.end_s
    assert not gap.energy_known
    assert "killed" in gap.reason
    assert timeline.counts == sorted(timeline.counts)
    assert timeline.seen_s[-1] > gap.end_s + 0.2


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="no /proc to look into")
def test_a_library_that_says_much_cannot_hold_up_the_child(gpu: SimulatedGpu) -> None:
    """Nobody reads its standard error meanwhile: where that is full, a line is lost, and no write waits."""
    with Sampler(["nvml"]) as sampler:
        sampler.wait_past(time.monotonic())
        child = sampler._running_child()
        shown = Path(f"/proc/{child.pid}/fdinfo/2").read_text()
    flags = next(int(line.split()[1], 8) for line in shown.splitlines() if line.startswith("flags"))
    assert flags & os.O_NONBLOCK


def test_an_unknown_sensor_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="nvml"):
        Sampler(["nvlm"]).start()


def test_a_gpu_that_is_not_there_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(NotMeasurable):
        Sampler(["nvml"]).start()


def test_a_folder_in_which_no_file_can_be_made_is_not_called_full(tmp_path: Path) -> None:
    with pytest.raises(NotMeasurable, match=r"No such file.*See to it that files can be made in .*nowhere"):
        Sampler(["cpu-model"], folder=tmp_path / "nowhere").start()


def rings() -> set[Path]:
    folder = Path(memory_folder() or tempfile.gettempdir())
    return set(folder.glob(f"energyprof-*/samples-{os.getpid()}-*"))


def children() -> list[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return " ".join(task.read_text() for task in tasks).split()


def descriptors() -> set[str]:
    return {descriptor.name for descriptor in Path("/proc/self/fd").iterdir()}


def test_a_start_that_fails_leaves_no_file_thread_process_or_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    before = rings(), children(), threading.active_count(), len(descriptors())
    with pytest.raises(NotMeasurable):
        Sampler(["nvml"]).start()
    assert (rings(), children(), threading.active_count(), len(descriptors())) == before


def test_reading_before_the_start_is_an_error() -> None:
    with pytest.raises(NotMeasurable, match="not started"):
        Sampler().timelines()


def test_a_sampler_that_finds_another_machine_when_it_starts_again_is_ended(
    gpu: SimulatedGpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.4)
    killed = sampler._child
    assert killed is not None
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    killed_s = time.monotonic()
    while (sampler._child is killed or sampler.running) and time.monotonic() < killed_s + 30:
        time.sleep(0.05)
    [timeline] = sampler.timelines()
    sampler.stop()
    assert timeline.end_s <= killed_s + 0.05


def test_a_sampler_that_hangs_when_it_starts_again_holds_nobody_up(
    gpu: SimulatedGpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energyprof.capture.sampler.STOP_TIMEOUT_S", 1.0)
    sampler = Sampler(["nvml"])
    sampler.start()
    sampler.wait_past(time.monotonic() + 0.4)
    killed = sampler._child
    assert killed is not None
    hangs = tmp_path / "python"
    hangs.write_text("#!/bin/sh\nexec sleep 120\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hangs))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    killed_s = time.monotonic()
    while sampler._child is killed and time.monotonic() < killed_s + 30:
        time.sleep(0.05)
    assert sampler._lock.acquire(timeout=HANDSHAKE_TIMEOUT_S / 2)
    sampler._lock.release()
    [timeline] = sampler.timelines()
    sampler.stop()
    assert len(timeline.counts) >= 3


@pytest.mark.parametrize("wait", [True, False])
def test_a_killed_parent_leaves_no_files_behind_even_where_the_sampler_has_hardly_started(
    wait: bool, gpu: SimulatedGpu
) -> None:
    program = """
import os, signal, sys
from energyprof.capture.sampler import Sampler
sampler = Sampler(["nvml"])
sampler.start(wait=sys.argv[1] == "True")
print(sampler._ring.path.parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program, str(wait)], timeout=60, capture_output=True, text=True)
    folder, killed_s = Path(killed.stdout.strip()), time.monotonic()
    assert killed.returncode == -signal.SIGKILL
    while folder.exists() and time.monotonic() < killed_s + 30:
        time.sleep(0.02)
    assert not folder.exists()


def test_a_counter_of_20_ms_is_polled_often_enough_to_find_its_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fast").mkdir()
    simulated = SimulatedGpu(tmp_path / "fast", idle_w=70, period_s=0.02, phase_s=0.007)
    for key, value in simulated.env.items():
        monkeypatch.setenv(key, value)
    with Sampler(["nvml"]) as sampler:
        sampler.wait_past(time.monotonic() + 2.5)
        [timeline] = sampler.timelines()
        record = sampler.stop()
    found = curve(timeline)
    assert found is not None
    assert record.period_s == pytest.approx(0.02 / 2.618, rel=0.1)
    assert found.period_s == pytest.approx(0.02, rel=0.01)
