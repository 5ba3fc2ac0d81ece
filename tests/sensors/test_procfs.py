"""CPU time of process trees, against what the processes say of themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from energyprof.sensors.busy import busy_cpu_s, steal_cpu_s, tree_cpu_s
from energyprof.sensors.procfs import ProcessTree, children, cpu_ns, cpuinfo, process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

BURN = """
import sys, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def wait():
    print(time.process_time_ns(), flush=True)
    sys.stdin.readline()
"""


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def program(code: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code`, ended with the block at the latest."""
    running = subprocess.Popen(
        [sys.executable, "-c", BURN + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def said_ns(running: subprocess.Popen[str]) -> int:
    assert running.stdout is not None
    return int(running.stdout.readline())


def go_on(running: subprocess.Popen[str]) -> None:
    assert running.stdin is not None
    running.stdin.write("\n")
    running.stdin.flush()


def test_the_cpu_time_of_another_process_is_read_to_the_nanosecond() -> None:
    with program("burn(0.05); wait()") as other:
        own_ns = said_ns(other)
        read_ns = cpu_ns(other.pid)
    assert read_ns is not None
    assert 50_000_000 <= own_ns <= read_ns < own_ns + 50_000_000
    assert read_ns % 1_000_000 != 0


def test_a_process_that_is_gone_has_no_cpu_time() -> None:
    with program("") as other:
        other.wait()
    assert cpu_ns(other.pid) is None
    assert process(other.pid) is None
    assert children(other.pid) == []


def test_a_name_with_spaces_and_brackets_does_not_shift_the_fields() -> None:
    with program("open('/proc/self/comm', 'w').write('a) b (c'); wait()") as other:
        said_ns(other)
        found = process(other.pid)
    assert found is not None
    assert 0 < found.started < time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK") + 1


def test_a_tree_counts_a_process_and_its_children() -> None:
    clock = Clock()
    code = f"import subprocess; subprocess.Popen([sys.executable, '-c', {BURN + 'burn(0.1); wait()'!r}]).wait()"
    with program(code) as parent:
        tree = ProcessTree(parent.pid, clock_s=clock)
        child_ns = said_ns(parent)
        clock.now_s += 1
        assert tree.cpu_ns() >= child_ns >= 100_000_000


def test_an_ended_child_keeps_its_cpu_time_and_nothing_is_counted_twice() -> None:
    clock = Clock()
    code = f"""
import resource, subprocess
child = subprocess.Popen([sys.executable, '-c', {BURN + "burn(0.2); wait()"!r}], stdin=subprocess.PIPE, text=True)
sys.stdin.readline()
child.communicate("\\n")
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int((used.ru_utime + used.ru_stime) * 1e9) + time.process_time_ns(), flush=True)
sys.stdin.readline()
"""
    with program(code) as parent:
        tree = ProcessTree(parent.pid, clock_s=clock)
        said_ns(parent)
        clock.now_s += 1
        while_alive_ns = tree.cpu_ns()
        go_on(parent)
        all_ns = said_ns(parent)
        for _ in range(3):
            clock.now_s += 1
            after_ns = tree.cpu_ns()
    assert while_alive_ns >= 200_000_000
    assert while_alive_ns <= after_ns
    assert after_ns == pytest.approx(all_ns, rel=0.1, abs=25_000_000)


def test_children_too_short_lived_to_be_seen_are_counted_when_they_are_reaped() -> None:
    clock = Clock()
    code = f"""
import resource, subprocess
wait()
for _ in range(3):
    subprocess.run([sys.executable, '-c', {BURN + "burn(0.05)"!r}])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int((used.ru_utime + used.ru_stime) * 1e9), flush=True)
sys.stdin.readline()
"""
    with program(code) as parent:
        said_ns(parent)
        tree = ProcessTree(parent.pid, clock_s=clock)
        before_ns = tree.cpu_ns()
        go_on(parent)
        children_ns = said_ns(parent)
        clock.now_s += 1
        grown_ns = tree.cpu_ns() - before_ns
    assert children_ns >= 150_000_000
    assert grown_ns >= children_ns - 30_000_000


def test_a_child_whose_parent_ended_is_still_counted() -> None:
    clock = Clock()
    grandchild = BURN + "burn(0.1); wait()"
    middle = f"""
import os, subprocess, sys, time
print(os.getpid(), flush=True)
subprocess.Popen([sys.executable, '-c', {grandchild!r}])
time.sleep(60)
"""
    code = f"""
import subprocess
subprocess.run([sys.executable, '-c', {middle!r}])
print(0, flush=True)
time.sleep(60)
"""
    with program(code) as parent:
        tree = ProcessTree(parent.pid, clock_s=clock)
        middle_pid, grandchild_ns = said_ns(parent), said_ns(parent)
        clock.now_s += 1
        before_ns = tree.cpu_ns()
        os.kill(middle_pid, signal.SIGTERM)
        assert said_ns(parent) == 0, "the process in the middle has ended and was waited for"
        clock.now_s += 1
        assert tree.cpu_ns() >= before_ns >= grandchild_ns
        go_on(parent)  # the grandchild holds its standard input and ends


def test_the_reading_process_is_left_out() -> None:
    with program("burn(0.1); wait()") as other:
        said_ns(other)
        assert ProcessTree(other.pid, exclude=[other.pid]).cpu_ns() == 0
        whole, without = ProcessTree(os.getpid()), ProcessTree(os.getpid(), exclude=[other.pid])
        assert whole.cpu_ns() - without.cpu_ns() >= 90_000_000


def test_a_tree_whose_root_is_gone_stands_still() -> None:
    clock = Clock()
    with program("burn(0.05); wait()") as other:
        said_ns(other)
        tree = ProcessTree(other.pid, clock_s=clock)
        before_ns = tree.cpu_ns()
    clock.now_s += 1
    after_ns = tree.cpu_ns()
    clock.now_s += 1
    assert tree.cpu_ns() == after_ns >= before_ns > 0


def test_the_machine_was_busy_for_at_least_what_a_process_burned() -> None:
    before_s = busy_cpu_s()
    with program("burn(0.3); wait()") as other:
        said_ns(other)
        after_s, tree_s = busy_cpu_s(), tree_cpu_s([other.pid])
    assert before_s is not None
    assert after_s is not None
    assert after_s - before_s > 0.2
    assert 0.3 <= tree_s < 1
    assert steal_cpu_s() is not None


def test_a_tree_of_processes_that_are_gone_used_nothing() -> None:
    with program("") as other:
        other.wait()
    assert tree_cpu_s([other.pid]) == 0


def test_cpuinfo_holds_the_first_processor() -> None:
    assert cpuinfo()["processor"] == "0"
