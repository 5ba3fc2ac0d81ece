"""What may befall a process that is measured: its own results and errors stay, and what was known is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from simulated.full_disk import ROOM_BYTES, full_disk
from simulated.gpu import SimulatedGpu
from simulated.work import IDLE_W, Draw, drawn_j

from energyprof import Profiler, Quantity
from energyprof.capture.sampler_child import SamplerChild
from energyprof.model.errors import NotMeasurable, UnwritableOutput


def value(quantity: Quantity) -> float:
    assert quantity.value is not None, quantity.reason
    return quantity.value


def ran(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, timeout=120, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_programs_that_are_started_meanwhile_get_nothing_of_the_profiler(gpu: SimulatedGpu, tmp_path: Path) -> None:
    program = """
import os, subprocess, sys, time
from energyprof import Profiler
listing = "import os; print(*(os.path.realpath(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')))"
with Profiler(sensors=["nvml"], out=sys.argv[1]) as profiler:
    time.sleep(0.4)
    with profiler.span("x"):
        open_files = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, close_fds=False)
        assert sys.argv[1] not in open_files.stdout, open_files.stdout
        pid = os.fork()
        if pid == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.exit(7)"])
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        time.sleep(0.5)
    time.sleep(0.4)
x = profiler.result["x"]
print(x.calls, x.energy.value / x.duration_s, *profiler.result.warnings)
"""
    calls, power_w = ran(program, str(tmp_path)).split()
    assert calls == "1"
    assert float(power_w) == pytest.approx(IDLE_W, rel=0.05)


WORKERS = """
import multiprocessing, sys, time
from energyprof import Profiler, profile

@profile
def square(number):
    return number * number

def work(number):
    got = square(number)
    return got, square.energy.calls

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with Profiler(sensors=["nvml"]) as profiler:
        assert square(2) == 4
        with context.Pool(2) as pool:
            results = pool.map(work, range(4), chunksize=1)
    print([number for number, _ in results], all(calls >= 1 for _, calls in results), profiler.result["square"].calls)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_measure_themselves(method: str, gpu: SimulatedGpu, tmp_path: Path) -> None:
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    done = subprocess.run([sys.executable, str(script), method], timeout=120, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[0, 1, 4, 9] True 1\n"), done.stderr


def test_a_sampler_that_was_killed_is_told_and_takes_nothing_that_had_ended(draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"]).start()
    time.sleep(0.5)
    with profiler.span("before"):
        draw(0.3, 600)
    time.sleep(0.6)
    killed = profiler._sampler._child
    assert isinstance(killed, SamplerChild)
    os.kill(killed.pid, signal.SIGKILL)
    deadline_s = time.monotonic() + 30
    while (profiler._sampler._child is killed or not profiler._sampler.running) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    time.sleep(0.5)
    with profiler.span("after"):
        draw(0.3, 600)
    time.sleep(0.5)
    result = profiler.stop()
    before = result["before"]
    assert value(before.energy) == pytest.approx(drawn_j(before.duration_s, (0.3, 600)), rel=0.05)
    assert result.total.value is None
    [told] = [warning for warning in result.warnings if "was killed and started again" in warning]
    assert "what had ended before keeps its joules" in told


def test_a_disk_without_room_for_the_samples_is_told_and_decorated_calls_go_on(gpu: SimulatedGpu) -> None:
    with full_disk(), pytest.raises(NotMeasurable, match=r"File too large.*Free some space in "):
        Profiler(sensors=["nvml"]).start()
    program = """
import resource
from energyprof import profile
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

@profile
def work():
    return 7

assert work() == 7
print(work.energy.energy)
"""
    assert "The sampler cannot be started" in ran(program)


def test_a_disk_without_room_for_the_record_is_told_at_the_start(gpu: SimulatedGpu, tmp_path: Path) -> None:
    with full_disk(), pytest.raises(NotMeasurable, match=r"Free some space in .*record"):
        Profiler(sensors=["nvml"], out=tmp_path / "record").start()
    assert list((tmp_path / "record").iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_costs_the_record_and_no_result(draw: Draw, tmp_path: Path) -> None:
    profiler = Profiler(sensors=["nvml"], out=tmp_path).start()
    time.sleep(0.5)
    with profiler.span("x"):
        draw(0.3, 300)
    time.sleep(0.5)
    for number in range(200):
        with profiler.span(f"{'x' * (ROOM_BYTES // 100)}{number}"):
            pass
    with full_disk(), pytest.raises(UnwritableOutput, match=r"record is lost.*Profiler\.result"):
        profiler.stop()
    found = profiler.result["x"]
    assert value(found.energy) == pytest.approx(drawn_j(found.duration_s, (0.3, 300)), rel=0.1)
    [warning] = [warning for warning in profiler.result.warnings if "could not be written on" in warning]
    assert "the figures are not harmed" in warning
    assert list(tmp_path.glob("*.json")) == []
    assert list(tmp_path.glob("*.journal"))


def test_an_error_of_the_block_is_what_its_caller_sees(draw: Draw, tmp_path: Path) -> None:
    profiler = Profiler(sensors=["nvml"], out=tmp_path)
    with pytest.raises(KeyError, match="mine") as raised, profiler:
        (tmp_path / "profiler.json").mkdir()
        raise KeyError("mine")
    assert any("the record is lost" in note for note in raised.value.__notes__)


@pytest.mark.parametrize("python", [sys.executable, "/no/such/python"])
def test_where_there_is_no_thread_to_be_had_decorated_calls_go_on_and_nothing_is_left(
    python: str, gpu: SimulatedGpu
) -> None:
    program = """
import glob, os, sys, threading
from energyprof import profile
sys.executable = sys.argv[1]
threading.stack_size(2**48)  # more than there are addresses, so that no thread can be started
own = f"/dev/shm/energyprof-*/samples-{os.getpid()}-*"
left = glob.glob(own)  # by a process that was killed and had the same number

@profile
def work():
    return 7

assert work() == 7
assert glob.glob(own) == left
assert threading.active_count() == 1
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print(work.energy.energy)
"""
    assert "cannot have a thread of its own (can't start new thread" in ran(program, python)


def test_a_signal_handler_may_call_what_is_decorated_while_the_first_call_starts_a_profiler(gpu: SimulatedGpu) -> None:
    program = """
import signal
from energyprof import profile

@profile
def work():
    return 7

handled = []

def interrupted(*_):
    handled.append(work())
    signal.setitimer(signal.ITIMER_REAL, 0.01)

signal.signal(signal.SIGALRM, interrupted)
signal.setitimer(signal.ITIMER_REAL, 0.001)
assert work() == 7
signal.signal(signal.SIGALRM, signal.SIG_IGN)
print(set(handled), work.energy.calls >= 1)
"""
    assert ran(program) == "{7} True\n"
