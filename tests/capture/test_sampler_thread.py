"""The sampler inside the measured process, where it can have no process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import SimulatedGpu

pytestmark = pytest.mark.usefixtures("gpu_library")

HALF_WIDTHS = 3
"""An interval holds 95 cases in 100, so one case may lie outside it, but not far."""

MEASURED = """
import os, sys, time
from energyprof import Profiler
if sys.argv[1] == "forbidden":
    sys.executable = "/no/such/python"
with Profiler(sensors=["nvml"]) as profiler:
    time.sleep(0.5)
    with profiler.span("busy"):
        end_s = time.monotonic() + float(sys.argv[2])
        while time.monotonic() < end_s:
            sum(range(1000))
    time.sleep(0.5)
busy = profiler.result["busy"].energy
print(profiler._sampler.stop().mode)
print(profiler.result["busy"].duration_s, busy.low, busy.value, busy.high)
print(*profiler.result.warnings, sep="\\n")
"""


@pytest.fixture
def gpu(tmp_path: Path) -> SimulatedGpu:
    return SimulatedGpu(tmp_path, idle_w=70, period_s=0.1, phase_s=0.02)


def ran(gpu: SimulatedGpu, how: str, seconds: float, **environment: str) -> list[str]:
    env = {**os.environ, **gpu.env, **environment}
    command = [sys.executable, "-c", MEASURED, how, str(seconds)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("how", "environment", "why"),
    [
        ("forbidden", {}, "no child process can be started here ([Errno 2]"),
        ("asked", {"ENERGYPROF_SAMPLER": "thread"}, "ENERGYPROF_SAMPLER=thread asks for it"),
    ],
)
def test_a_thread_samples_where_a_child_cannot_and_says_what_it_costs(
    how: str, environment: dict[str, str], why: str, gpu: SimulatedGpu
) -> None:
    mode, figures, *warnings = ran(gpu, how, 2.0, **environment)
    lasted_s, low_j, value_j, high_j = map(float, figures.split())
    assert mode == "thread"
    truth_j = 70 * lasted_s
    assert value_j == pytest.approx(truth_j, rel=0.05)
    assert low_j < value_j < high_j
    assert value_j - HALF_WIDTHS * (value_j - low_j) < truth_j < value_j + HALF_WIDTHS * (high_j - value_j)
    [warning] = warnings
    assert why in warning
    assert "intervals are wider" in warning
    assert "Allow child processes" in warning


def test_a_child_that_can_be_started_is_used_and_nothing_is_said(gpu: SimulatedGpu) -> None:
    mode, _, *warnings = ran(gpu, "free", 0.2)
    assert (mode, warnings) == ("process", [])


def test_an_unknown_sensor_is_refused_by_a_thread_as_by_a_child() -> None:
    program = """
import os, threading, time
os.environ["ENERGYPROF_SAMPLER"] = "thread"
from energyprof import Profiler
from energyprof.model.errors import UnknownName
try:
    Profiler(sensors=["nvlm"]).start()
except UnknownName as error:
    end_s = time.monotonic() + 10
    while threading.active_count() > 1 and time.monotonic() < end_s:
        time.sleep(0.01)
    print(error, threading.active_count())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "nvml" in done.stdout
    assert done.stdout.endswith(" 1\n")


@pytest.mark.parametrize("how", ["process", "thread"])
def test_a_program_that_never_stops_its_profiler_leaves_no_file(how: str, gpu: SimulatedGpu) -> None:
    program = """
from energyprof import Profiler
profiler = Profiler(sensors=["nvml"]).start()
print(profiler._sampler._ring.path.parent)
"""
    env = {**os.environ, **gpu.env, "ENERGYPROF_SAMPLER": how}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    folder, end_s = Path(done.stdout.strip()), time.monotonic() + 30
    while folder.exists() and time.monotonic() < end_s:
        time.sleep(0.02)
    assert not folder.exists()
