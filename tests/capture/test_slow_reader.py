"""A sensor that takes long is read beside the others, and its readings keep their own instants."""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu
from simulated.plug import SimulatedPlug
from simulated.truth import Edges

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


def test_what_a_reading_raises_comes_out_of_the_poll() -> None:
    gate = Gate()
    gate.error = RuntimeError("a defect of the sensor")
    reader = SlowReader(gate, 0.0)
    gate.may_end.release()
    with pytest.raises(RuntimeError, match="a defect of the sensor"):
        polled(reader)
    reader.close()


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
