"""A sensor that takes long is read beside the others, and its readings keep their own instants."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu
from simulated.plug import SimulatedPlug
from simulated.truth import Edges

from energyprof.capture.collected import Collected
from energyprof.capture.first_look_file import read_first_look
from energyprof.capture.polling import Surroundings, poll_until_stopped
from energyprof.capture.ring import Ring
from energyprof.capture.sampler import Sampler
from energyprof.capture.slow_reader import Reading, SlowReader
from energyprof.model.domain import Domain

DOMAIN = Domain("wall:plug", "wall", "plug", "Wall plug")


class Gate:
    """A sensor whose readings end when the test says so."""

    name = "gate"
    own_period_s = 0.0

    def __init__(self) -> None:
        self.domains = [DOMAIN]
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.error: Exception | None = None

    def read(self) -> list[int | str]:
        self.begun.release()
        self.may_end.acquire(timeout=30)
        if self.error is not None:
            raise self.error
        return [7]

    def close(self) -> None:
        pass


def polled(reader: SlowReader) -> Reading:
    """Polls until a reading has come in."""
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        if (reading := reader.poll()) is not None:
            return reading
        time.sleep(0.001)
    raise AssertionError("no reading came in")


def test_a_poll_never_waits_and_readings_never_overlap() -> None:
    gate = Gate()
    reader = SlowReader(gate, 0.0)
    assert [reader.poll() for _ in range(5)] == [None] * 5
    gate.begun.acquire(timeout=30)
    assert not gate.begun.acquire(blocking=False)
    gate.may_end.release()
    reading = polled(reader)
    assert reading.values == [7]
    assert 0 < reading.before_ns <= reading.seen_ns == reader.seen_ns
    gate.may_end.release()
    reader.close()


def test_what_a_reading_raises_is_a_fault_of_its_own_domains() -> None:
    gate = Gate()
    gate.error = RuntimeError("a defect of the sensor")
    reader = SlowReader(gate, 0.0)
    gate.may_end.release()
    assert polled(reader).values == ["gate: its reading failed (RuntimeError: a defect of the sensor)"]
    gate.error = None
    gate.may_end.release()
    assert polled(reader).values == [7], "it is read again after that"
    reader.close()


def test_a_reading_that_is_overdue_is_a_fault_and_is_dropped_when_it_comes() -> None:
    gate = Gate()
    reader = SlowReader(gate, 0.0)
    began_ns = time.monotonic_ns()
    assert reader.poll(began_ns) is None
    gate.begun.acquire(timeout=30)
    assert reader.poll(began_ns + 2_000_000_000) is None
    late_ns = began_ns + 4_000_000_000
    assert reader.poll(late_ns) == (late_ns, ["gate: no answer within 3 s"], late_ns)
    assert reader.seen_ns == late_ns, "it holds the others up no longer"
    gate.may_end.release()
    while not gate.begun.acquire(timeout=0.01):
        assert reader.poll(late_ns) in (None, (late_ns, ["gate: no answer within 3 s"], late_ns))
    gate.may_end.release()
    assert polled(reader).values == [7]
    reader.close()


def test_a_reading_that_never_ends_keeps_no_program_from_ending() -> None:
    script = (
        "import threading\n"
        "from types import SimpleNamespace\n"
        "from energyprof.capture.slow_reader import SlowReader\n"
        "reader = SlowReader(SimpleNamespace(name='gate', domains=[], read=threading.Event().wait), 0.5)\n"
        "reader.poll()\n"
        "reader.close()\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


class Silent:
    """A sensor whose second reading does not end."""

    name = "silent"
    own_period_s = 0.05

    def __init__(self) -> None:
        self.domains = [DOMAIN]
        self.readings = 0
        self.ended = threading.Event()

    def read(self) -> list[int | str]:
        self.readings += 1
        if self.readings > 1:
            self.ended.wait(30)
        return [self.readings]

    def close(self) -> None:
        pass


class Counting(Silent):
    """A sensor that is read with all others."""

    name = "counting"
    own_period_s = None  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.domains = [Domain("cpu:0", "cpu", "counting", "CPU")]

    def read(self) -> list[int | str]:
        self.readings += 1
        return [self.readings]


def test_one_that_hangs_ends_no_timeline_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energyprof.capture.slow_reader.OVERDUE_S", 0.3)
    ring = Ring.create(tmp_path / "samples.ring", 0.02)
    counting, silent = Counting(), Silent()
    since_ns = time.monotonic_ns()
    surroundings = Surroundings(alive=lambda: ring.polled_s is None or ring.polled_s < since_ns / 1e9 + 1.5)
    poll_until_stopped([counting, silent], ring, 0.02, surroundings)
    silent.ended.set()
    collected = Collected([*counting.domains, *silent.domains])
    collected.take(ring)
    quick, slow = collected.timelines(ring.polled_s)
    ring.close()
    assert quick.end_s - quick.seen_s[0] > 1, "it was read on"
    assert quick.gaps == []
    [gap] = slow.gaps
    assert (gap.reason, gap.energy_known) == ("silent: no answer within 0.3 s", False)
    assert gap.end_s == slow.end_s > gap.start_s + 0.3


class Flickering(Silent):
    """A sensor of which three readings in five fail, and take long for that."""

    name = "flickering"
    own_period_s = 0.02

    def read(self) -> list[int | str]:
        self.readings += 1
        if self.readings % 5 > 1:
            time.sleep(0.02)
            return ["no answer"]
        return [1000 * self.readings]


def test_what_is_seen_of_its_meter_is_without_the_readings_that_failed(tmp_path: Path) -> None:
    ring = Ring.create(tmp_path / "samples.ring", 0.005)
    flickering = Flickering()
    poll_until_stopped([flickering], ring, 0.005, Surroundings(alive=lambda: flickering.readings < 120))
    look = read_first_look(ring.path)
    ring.close()
    assert look is not None
    [meter] = look.meters
    assert meter.step_j is not None, "its ticks were seen"
    assert meter.latency_s is not None
    assert meter.latency_s < 0.02


@pytest.mark.usefixtures("gpu_library")
def test_a_plug_that_answers_slowly_does_not_slow_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gpu").mkdir()
    gpu = SimulatedGpu(tmp_path / "gpu", idle_w=70, period_s=0.1, phase_s=0.02)
    for key, value in gpu.env.items():
        monkeypatch.setenv(key, value)
    edges = Edges(tmp_path / "wall.edges")
    edges.append(time.monotonic() - 100, 500)
    with SimulatedPlug(edges, delay_s=0.3).serving() as plug:
        monkeypatch.setenv("ENERGYPROF_PLUG", plug.address)
        with Sampler(["plug", "nvml"]) as sampler:
            sampler.wait_past(time.monotonic() + 3)
            metered, wall = sampler.timelines()
    assert [metered.domain.id, wall.domain.id] == ["gpu:0", "wall:plug"]
    waits_s = [seen_s - after_s for after_s, seen_s in zip(metered.after_s[1:], metered.seen_s[1:], strict=True)]
    assert statistics.median(waits_s) < 0.1, "the GPU is polled every 20 ms and not every 300"
    for after_s, seen_s, joules in list(zip(wall.after_s, wall.seen_s, wall.energy_j(), strict=True))[1:]:
        truth_j = edges.energy_j(0, seen_s) - edges.energy_j(0, wall.seen_s[0])
        assert abs(joules - truth_j) <= 500 * (seen_s - after_s) + 500 * 0.4 + 2 * 3.6


def test_a_reading_that_was_under_way_while_the_machine_slept_is_dropped() -> None:
    gate = Gate()
    reader = SlowReader(gate, 0.0)
    reader.poll()
    assert gate.begun.acquire(timeout=30)
    reader.forget()
    gate.may_end.release()
    while not gate.begun.acquire(blocking=False):  # the next one begins only after the first has come in
        assert reader.poll() is None
        time.sleep(0.001)
    gate.may_end.release()
    assert polled(reader).values == [7]
    reader.close()
