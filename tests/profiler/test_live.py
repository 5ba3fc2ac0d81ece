"""A profiler that asks a service: what it says, what it writes, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from live.recorded import HOUR_S, reading
from simulated.gpu import SimulatedGpu
from simulated.work import IDLE_W, Draw

from energyprof import Profiler
from energyprof.live.catalogue import Wanted
from energyprof.live.intensity import session_live_intensity
from energyprof.live.service import LiveService, wall_s
from energyprof.live.watch import LiveWatch
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.live import LiveAnswer, LiveReading
from energyprof.model.session import loads_session, session_of
from energyprof.profiler.recovery import recovered, unfinished_journal
from energyprof.report.session import session_report
from energyprof.report.session_page import session_html

KILLED = """
import os, signal, sys, time
from energyprof import Profiler

profiler = Profiler(sensors=["nvml"], out=sys.argv[1], grid="GBR", live="neso").start()
time.sleep(1.5)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Steady:
    """A service that tells one value of whatever time it is asked of."""

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        return [reading(start_s - HOUR_S / 2, 321.0, length_s=end_s - start_s + HOUR_S)]


def _watch() -> LiveWatch:
    return LiveWatch(Wanted("neso", "GB"), LiveService(Steady()))


def test_the_intensity_of_a_scope_is_there_with_its_result(draw: Draw) -> None:
    with Profiler(sensors=["nvml"], grid="GBR", live=_watch()) as profiler, profiler.span("work"):
        draw(0.3, IDLE_W + 200)
    found = profiler.live
    assert found is not None
    assert found.live
    assert found.factor is not None
    assert found.factor.value == pytest.approx(321)
    assert found.mean is not None
    assert found.mean.live == pytest.approx(1)
    work = profiler.result["work"]
    assert work.energy.value is not None
    assert work.co2e_g.value == pytest.approx(work.energy.value / 3.6e6 * 321)


def test_the_record_and_its_page_hold_what_was_told(draw: Draw, tmp_path: Path) -> None:
    with Profiler(sensors=["nvml"], grid="GBR", live=_watch(), out=tmp_path) as profiler, profiler.span("work"):
        draw(0.3, IDLE_W + 200)
    session = loads_session((tmp_path / "profiler.json").read_text(), "profiler.json")
    found = session_live_intensity(session)
    assert found is not None
    assert found.factor is not None
    assert found.factor.value == pytest.approx(321)
    assert "energy-weighted 321 g/kWh" in session_html(session_report(session))


def test_nothing_is_asked_unless_it_is_asked_for(draw: Draw, tmp_path: Path) -> None:
    with Profiler(sensors=["nvml"], grid="FRA", out=tmp_path) as profiler, profiler.span("work"):
        draw(0.1, IDLE_W)
    assert profiler.live is None
    assert json.loads((tmp_path / "profiler.json").read_text())["live"] is None


def test_what_cannot_be_asked_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATTTIME_USER", raising=False)
    with pytest.raises(InvalidValue, match="WATTTIME_USER is not set"):
        Profiler(live="watttime:CAISO_NORTH")
    with pytest.raises(UnknownName, match="Did you mean entsoe"):
        Profiler(live="entso:FR")


def test_after_a_kill_the_path_taken_is_still_known(gpu: SimulatedGpu, tmp_path: Path) -> None:
    nobody = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    killed = subprocess.run(command, env={**os.environ, **nobody}, timeout=120, capture_output=True, text=True)
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, "")
    journal = unfinished_journal(tmp_path)
    assert journal is not None
    session = session_of(recovered(journal), "journal")
    assert session.live is not None
    assert session.live.outcome == "fell back"
    found = session_live_intensity(session)
    assert found is not None
    assert found.factor == found.annual


class Interrupted(Steady):
    """A service at whose second answer somebody presses Ctrl-C."""

    def ask(self, start_s: float | None = None) -> tuple[list[LiveReading], LiveAnswer]:
        if start_s is not None:
            raise KeyboardInterrupt
        now_s = wall_s()
        return self.readings(now_s, now_s), LiveAnswer(now_s, "live")


def test_a_ctrl_c_while_a_service_is_waited_for_at_the_end_loses_no_record(draw: Draw, tmp_path: Path) -> None:
    profiler = Profiler(sensors=["nvml"], grid="GBR", live=LiveWatch(Wanted("neso", "GB"), Interrupted()), out=tmp_path)
    with pytest.raises(KeyboardInterrupt), profiler, profiler.span("work"):
        draw(0.3, IDLE_W + 200)
    session = loads_session((tmp_path / "profiler.json").read_text(), "profiler.json")
    assert session.total_j.value == profiler.result.total.value
    assert session.live is not None
    assert len(session.live.answers) == 1
    work = profiler.result["work"]
    assert work.energy.value is not None
    assert work.co2e_g.value == pytest.approx(work.energy.value / 3.6e6 * 321)
    assert unfinished_journal(tmp_path) is None
