"""A run that asks a service before and after: what is recorded, and that nothing measured is lost where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from live.recorded import HOUR_S, reading
from runner.test_run import BRIEF, write_profile

from energyprof.live.catalogue import OFFERS, Offer
from energyprof.live.intensity import live_intensity
from energyprof.live.no_answer import NoAnswer
from energyprof.model.errors import InvalidProfile, InvalidValue
from energyprof.model.live import LiveReading
from energyprof.model.record import loads
from energyprof.runner.profile import load_profile
from energyprof.runner.run import run_profile


class Now:
    """A service that tells 100 g/kWh of whatever time it is asked of."""

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        return [reading(start_s - HOUR_S / 2, 100.0, length_s=end_s - start_s + HOUR_S)]


class Broken:
    """A service that fails, first in a foreseen way and then in another."""

    def __init__(self) -> None:
        self._errors: list[Exception] = [NoAnswer("it was asked too often"), ZeroDivisionError()]

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        raise self._errors.pop(0)


def _profile(folder: Path, live: str) -> Path:
    path = write_profile(folder)
    path.write_text(
        path.read_text().replace("[[variants]]", f'grid = {{zone = "FRA", live = "{live}"}}\n[[variants]]', 1)
    )
    return path


def _offer(monkeypatch: pytest.MonkeyPatch, name: str, service: Now | Broken) -> None:
    offer = Offer("Recorded", lambda zone, values, http: service, "https://example.org", "none", example="X")
    monkeypatch.setitem(OFFERS, name, offer)


def test_a_run_holds_what_was_told_before_and_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "recorded", Now())
    run = run_profile(load_profile(_profile(tmp_path, "recorded:X")), tmp_path, quick=True, plan=BRIEF)
    assert run.live is not None
    assert run.live.answers[0].outcome == "live"
    assert len(run.live.answers) == 2
    found = live_intensity(loads((tmp_path / "tiny" / "run.json").read_text()))
    assert found is not None
    assert found.factor is not None
    assert (found.factor.id, found.factor.value) == ("grid.live.recorded.X", pytest.approx(100))
    assert found.mean is not None
    assert found.mean.live == pytest.approx(1)


def test_a_service_that_fails_costs_a_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "broken", Broken())
    run = run_profile(load_profile(_profile(tmp_path, "broken:X")), tmp_path, quick=True, plan=BRIEF)
    assert run.complete
    assert {variant.status for variant in run.variants} == {"done"}
    assert run.live is not None
    assert run.live.outcome == "fell back"
    assert run.live.answers[0].reason == "it was asked too often"
    found = live_intensity(run)
    assert found is not None
    assert not found.live
    assert found.factor == found.annual


def test_a_missing_token_is_told_before_anything_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ELECTRICITYMAPS_TOKEN", raising=False)
    profile = load_profile(_profile(tmp_path, "electricity-maps:FR"))
    with pytest.raises(InvalidValue, match="ELECTRICITYMAPS_TOKEN is not set"):
        run_profile(profile, tmp_path / "reports", plan=BRIEF)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ("electricitymaps:FR", "Did you mean electricity-maps"),
        ("eia", "Name one, such as eia:CISO"),
        ("", "`live` = ''"),
    ],
)
def test_a_service_that_cannot_be_is_a_problem_of_the_profile(live: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile, match=said) as refusal:
        load_profile(_profile(tmp_path, live))
    assert "[grid]: " in str(refusal.value)


def test_the_command_line_stands_in_for_the_profile(tmp_path: Path) -> None:
    profile = load_profile(_profile(tmp_path, "neso"))
    assert profile.grid.live == "neso"
    assert profile.with_options(live="electricity-maps:FR").grid.live == "electricity-maps:FR"
    assert profile.with_options().grid.live == "neso"
