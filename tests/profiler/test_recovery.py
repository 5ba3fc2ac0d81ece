"""What is left of a profiler whose process was killed: all that was read, and what had ended a second before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from simulated.gpu import SimulatedGpu
from simulated.powercap import SimulatedPowercap
from simulated.work import IDLE_W

from energyprof.model.errors import InvalidRun
from energyprof.model.session import loads_session, session_of
from energyprof.profiler.journal import read_journal
from energyprof.profiler.recovery import recovered, unfinished_journal

KILLED = """
import os, signal, sys, time
from energyprof import Profiler, profile

@profile(units={"tokens": lambda result: 4})
def short():
    return sum(range(1000))

profiler = Profiler(sensors=["nvml"], out=sys.argv[1], grid="FRA", factors={"grid.FRA": "40:30:50"}).start()
time.sleep(0.5)
for _ in range(2000):
    short()
with profiler.span("ended"):
    time.sleep(0.5)
time.sleep(0.3)
running = profiler.span("outer")
running.__enter__()
with profiler.span("inner"):
    time.sleep(0.2)
time.sleep(3.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, gpu_library: None) -> Path:
    """The folder of a profiler whose process was killed."""
    gpu = SimulatedGpu(tmp_path_factory.mktemp("gpu"), idle_w=IDLE_W, period_s=0.1, phase_s=0.033)
    folder = tmp_path_factory.mktemp("killed") / "record"
    command, env = [sys.executable, "-c", KILLED, str(folder)], {**os.environ, **gpu.env}
    killed = subprocess.run(command, timeout=120, capture_output=True, text=True, env=env)
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, "")
    return folder


@pytest.fixture
def left_over(killed: Path, tmp_path: Path) -> Path:
    """The journal in a copy of it."""
    journal = unfinished_journal(shutil.copytree(killed, tmp_path / "record"))
    assert journal is not None
    _await_the_last_reading(journal)
    return journal


def _await_the_last_reading(journal: Path) -> None:
    """The sampler looks twice a second whether its parent is still there, and reads on until then."""
    deadline_s = time.monotonic() + 30
    end_s = None
    while end_s != (end_s := recovered(journal)["end_s"]):
        assert time.monotonic() < deadline_s
        time.sleep(1.0)


def test_after_a_kill_everything_up_to_the_last_reading_is_there(left_over: Path) -> None:
    session = session_of(recovered(left_over), "journal")
    [factor] = session.site.factors
    assert (factor.id, factor.low, factor.source) == ("grid.FRA", 30.0, "given by the user (Profiler)")
    found = {measurement.name: measurement for measurement in session.measurements}
    assert not session.complete
    assert (found["short"].calls, found["short"].units) == (2000, {"tokens": 8000})
    assert (found["ended"].calls, found["inner"].calls, found["outer"].calls) == (1, 1, 0)
    assert found["ended"].energy_j.value == pytest.approx(0.5 * IDLE_W, rel=0.1)
    assert found["ended"].co2e_g.value
    outer = found["outer"].energy_j.value
    assert outer is not None
    assert outer > 2.5 * IDLE_W
    assert session.unfinished == {"outer": 1}
    assert session.total_j.value == pytest.approx(IDLE_W * (session.end_s - session.start_s), rel=0.05)
    [warning] = session.warnings
    assert "ended without stopping its profiler" in warning
    assert "1 x outer" in warning


def test_a_line_that_was_cut_off_takes_nothing_else_with_it(left_over: Path) -> None:
    before = recovered(left_over)
    lines = sum(1 for _ in read_journal(left_over))
    with left_over.open("a") as file:
        file.write('["spans",[{"id"')
    assert sum(1 for _ in read_journal(left_over)) == lines
    assert recovered(left_over)["measurements"] == before["measurements"]


def test_a_damaged_ring_is_as_none_and_the_journal_speaks_alone(left_over: Path) -> None:
    [ring] = left_over.parent.glob("*.ring")
    whole = session_of(recovered(left_over), "journal")
    ring.write_bytes(b"")
    ring.with_suffix(".meters").write_text("{")
    session = session_of(recovered(left_over), "journal")
    assert [measurement.calls for measurement in session.measurements] == [
        measurement.calls for measurement in whole.measurements
    ]
    assert session.total_j.value
    assert session.meters == []


@pytest.mark.parametrize(
    "line", [b"\xff\xfe\n", b"5\n", b'["spans",[{"id":1}]]\n', b'["ticks",[[[0,9,0,0,0]],0,0]]\n', b'["open",7]\n']
)
def test_a_journal_with_a_line_that_cannot_be_is_refused_with_what_to_do(left_over: Path, line: bytes) -> None:
    with left_over.open("ab") as file:
        file.write(line)
    with pytest.raises(InvalidRun, match=r"damaged.*measure again"):
        recovered(left_over)


def test_a_profiler_that_was_stopped_leaves_its_record_and_nothing_else(gpu: SimulatedGpu, tmp_path: Path) -> None:
    program = """
import sys, time
from energyprof import Profiler
with Profiler(sensors=["nvml"], out=sys.argv[1]) as profiler:
    for _ in range(3):
        with profiler.span("x", requests=2):
            time.sleep(0.4)
    time.sleep(0.4)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=120)
    assert [path.name for path in tmp_path.glob("*.[jr]*") if path.is_file()] == ["profiler.json"]
    text = (tmp_path / "profiler.json").read_text()
    session = loads_session(text, "profiler.json")
    assert session.complete
    assert session.measurements[0].units == {"requests": 6}
    assert [span["name"] for span in json.loads(text)["spans"]] == ["x"] * 3
    assert unfinished_journal(tmp_path) is None


def test_a_process_that_still_runs_is_told_as_such(gpu: SimulatedGpu, tmp_path: Path) -> None:
    program = """
import sys, time
from energyprof import Profiler
with Profiler(sensors=["nvml"], out=sys.argv[1]) as profiler:
    with profiler.span("x"):
        print("there", flush=True)
        sys.stdin.readline()
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "there\n"
        time.sleep(3.0)
        journal = unfinished_journal(tmp_path)
        assert journal is not None
        [warning] = recovered(journal)["warnings"]
        running.communicate("\n", timeout=60)
    assert "is still running" in warning
    assert "1 x x" in warning


def test_after_a_kill_the_share_of_other_processes_is_known(tmp_path: Path) -> None:
    tree = SimulatedPowercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", power_w=100.0)
    program = """
import os, signal, sys, time
from energyprof import Profiler
profiler = Profiler(["rapl"], out=sys.argv[1]).start()
time.sleep(1.0)
with profiler.span("work"):
    time.sleep(1.0)
time.sleep(2.5)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with tree.running():
        command = [sys.executable, "-c", program, str(tmp_path / "record")]
        killed = subprocess.run(command, timeout=120, env={**os.environ, **tree.env})
    assert killed.returncode == -signal.SIGKILL
    journal = unfinished_journal(tmp_path / "record")
    assert journal is not None
    readings = [content for kind, content in read_journal(journal) if kind == "cpu"]
    assert all(earlier[0] < later[0] for earlier, later in pairwise(readings))
    [work] = session_of(recovered(journal), "journal").measurements
    assert work.energy_process_j.value is not None
    assert work.energy_j.value is not None
    # The package draws the same whoever keeps it busy, so that next to nothing is above idle.
    assert work.energy_process_j.value == pytest.approx(work.energy_j.value, rel=0.1)
