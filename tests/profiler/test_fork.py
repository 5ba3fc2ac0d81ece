"""Programs that fork while they are measured: the child takes nothing from its parent and can measure anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from simulated.gpu import SimulatedGpu
from simulated.work import IDLE_W


def test_a_process_that_forks_measures_again_in_its_child() -> None:
    program = """
import os
from energyprof import Profiler, profile
@profile
def work():
    return sum(range(100_000))
with Profiler():
    work()
    pid = os.fork()
    if pid == 0:
        work()
        assert work.energy.calls == 1, work.energy.calls
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert work.energy.calls == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def forked(program: str, *arguments: str) -> str:
    """What a program prints that forks; it would wait for ever on a lock that no thread of the child can give back."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_child_that_leaves_the_block_of_its_parent_takes_nothing_from_it(gpu: SimulatedGpu, tmp_path: Path) -> None:
    program = """
import os, sys, time
from energyprof import Profiler
with Profiler(sensors=["nvml"], out=sys.argv[1]) as profiler:
    time.sleep(0.4)
    pid = os.fork()
    if pid == 0:
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert not os.path.exists(sys.argv[1] + '/profiler.json')
    with profiler.span("x"):
        time.sleep(0.5)
    time.sleep(0.4)
print(profiler.result["x"].energy.value / profiler.result["x"].duration_s)
"""
    assert float(forked(program, str(tmp_path / "record"))) == pytest.approx(IDLE_W, rel=0.05)


def test_a_child_that_ends_takes_nothing_from_the_profiler_of_decorated_functions(gpu: SimulatedGpu) -> None:
    program = """
import os, sys, time
from energyprof import profile
@profile
def work():
    time.sleep(0.5)
work()
pid = os.fork()
if pid == 0:
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
work()
print(work.energy.calls, work.energy.domains["gpu:0"].value / work.energy.duration_s)
"""
    calls, power_w = forked(program).split()
    assert calls == "2"
    assert float(power_w) == pytest.approx(IDLE_W, rel=0.05)


def test_a_child_ends_though_another_thread_was_at_work_in_the_profiler_when_it_was_forked(gpu: SimulatedGpu) -> None:
    program = """
import os, sys, threading, time
from energyprof import Profiler
with Profiler(sensors=["nvml"]) as profiler:
    with profiler.span("x"):
        time.sleep(0.1)
    looking = threading.Thread(target=lambda: profiler.result)
    looking.start()
    time.sleep(0.1)
    pid = os.fork()
    if pid == 0:
        print(*profiler.stop().warnings)
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    looking.join()
"""
    assert "was forked" in forked(program)
