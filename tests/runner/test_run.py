"""Whole runs of a small real profile: what is recorded, and what survives failures and interruptions."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from simulated.full_disk import full_disk
from simulated.readings import GPU, Course, polled

from energyprof.analysis.trials import trial_energies
from energyprof.footprint.inventory import factors_at, records
from energyprof.footprint.site import Site
from energyprof.model.errors import UnwritableOutput
from energyprof.model.record import loads
from energyprof.model.run import Run, Trial
from energyprof.runner.evidence import UnsavedRun
from energyprof.runner.profile import Profile, load_profile
from energyprof.runner.progress import Silent
from energyprof.runner.run import INTERRUPTED, NONE_LEFT, UNSAVED_WARNING, Plan, counter_period_s, run_profile
from energyprof.runner.schedule import StoppingRule
from energyprof.sensors.procfs import children
from energyprof.tasks import catalogue as tasks
from energyprof.tasks.digest import items_sha256

BRIEF = Plan(StoppingRule(3, 3, 0.02), trial_s=0.02, guard_s=0.05, idle_s=0.1, warm_up_trials=2)


class Acting(Silent):
    """Calls back after every trial, as a person would who watches and acts."""

    def __init__(self, act: Callable[[Trial, int], None]) -> None:
        self._act = act

    def trial(self, trial: Trial, counted: int) -> None:
        self._act(trial, counted)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """One complete quick run, and its folder."""
    folder = tmp_path_factory.mktemp("reports")
    return run_profile(load_profile(write_profile(folder)), folder, quick=True, plan=BRIEF), folder / "tiny"


def write_profile(folder: Path) -> Path:
    """Two variants of the smallest model, which differ in batch size."""
    path = folder / "tiny.toml"
    head = 'title = "Tiny"\ntask = "digits"\nbaseline = "first"\nquality.margin = 0.02\ntrials.seconds = 0.05\n'
    variants = [
        f'[[variants]]\nname = "{name}"\nmodel = "digits-mlp"\nbackend = "onnx"\nbatch_size = {size}\n'
        for name, size in (("first", 1), ("second", 8))
    ]
    path.write_text(head + "".join(variants))
    return path


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return load_profile(write_profile(tmp_path))


def _worker_pids() -> list[int]:
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(os.getpid())}
    return [pid for pid, command in commands.items() if b"energyprof.runner.worker" in command]


def test_a_run_is_complete_and_what_was_written_is_what_was_returned(measured: tuple[Run, Path]) -> None:
    run, folder = measured
    assert run.complete
    assert run.stop_reason == "every variant has been measured"
    assert {variant.status for variant in run.variants} == {"done"}
    assert loads((folder / "run.json").read_text()) == run
    assert [file.name for file in folder.iterdir()] == ["run.json"]


def test_every_variant_has_warm_up_trials_and_three_that_count(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    for variant in run.variants:
        own = [trial for trial in run.trials if trial.variant == variant.name]
        assert sum(trial.warm_up for trial in own) == 2
        assert sum(not trial.warm_up and not trial.replaced for trial in own) >= 3
        assert {trial.requests for trial in own if not trial.warm_up} == {variant.requests_per_trial}
        assert all(trial.requests % variant.batch_size == 0 for trial in own)


def test_trials_are_numbered_in_the_order_of_time_and_never_overlap(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    assert [trial.index for trial in run.trials] == list(range(len(run.trials)))
    stretches = sorted(
        [(trial.start_s, trial.end_s) for trial in run.trials] + [(i.start_s, i.end_s) for i in run.idle]
    )
    assert all(end_s <= start_s for (_, end_s), (start_s, _) in pairwise(stretches))


def test_every_block_holds_every_variant(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    for block in range(3):
        assert {trial.variant for trial in run.trials if trial.block == block} == {"first", "second"}


def test_idle_is_recorded_cold_before_between_and_after(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    labels = [window.label for window in run.idle]
    assert (labels[0], labels[-1]) == ("cold", "after")
    assert labels.count("before") == 1
    assert all(window.end_s - window.start_s >= 0.05 for window in run.idle)


def test_every_trial_lies_between_quiet_stretches(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    idle = [(window.start_s, "idle") for window in run.idle]
    order = [kind for _, kind in sorted(idle + [(trial.start_s, "trial") for trial in run.trials])]
    assert ("trial", "trial") not in list(pairwise(order))
    assert order[0] == order[-1] == "idle"


def test_every_trial_has_an_energy_latencies_and_the_cpu_time_of_others(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    energies = trial_energies(run.timelines, run.trials, run.idle)
    assert all(energy is not None and energy > 0 for energy in energies)
    for trial in run.trials:
        assert 0 < len(trial.latencies_s) <= 200
        assert trial.cpu_s is not None
        assert trial.foreign_cpu_s is not None


def test_the_same_model_scores_the_same_in_every_batch_size(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    assert [score.variant for score in run.scores] == ["first", "second"]
    assert len(run.scores[0].values) == run.profile.items
    assert run.scores[0].values == run.scores[1].values


def test_the_factors_of_the_day_are_kept(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    assert run.factors == records(factors_at(Site(None)))
    assert "grid.FRA" in {factor.id for factor in run.factors}


def test_the_record_tells_what_was_seen_of_every_meter(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    assert [meter.domain for meter in run.meters] == [timeline.domain.id for timeline in run.timelines]
    assert all(meter.latency_s is not None and meter.latency_s > 0 for meter in run.meters)


def test_the_record_tells_which_items_were_asked(measured: tuple[Run, Path]) -> None:
    items = tasks.get("digits").items()
    profile = measured[0].profile
    assert (profile.items, profile.items_sha256) == (len(items), items_sha256(items))


def test_a_quick_run_says_that_it_must_not_be_quoted(measured: tuple[Run, Path]) -> None:
    run, _ = measured
    assert run.profile.quick
    assert any("do not quote" in warning for warning in run.warnings)


def test_nothing_in_the_record_names_a_place_on_this_machine(measured: tuple[Run, Path]) -> None:
    _, folder = measured
    text = (folder / "run.json").read_text()
    assert str(Path.home()) not in text
    assert re.search(rf"\b{re.escape(os.uname().nodename)}\b", text) is None
    assert str(folder) not in text


def test_a_meter_that_stands_apart_does_not_make_trials_longer() -> None:
    plug = replace(GPU, id="wall:plug", apart="a reference")
    timelines = [polled(Course(), 9.0), polled(Course(), 9.0, period_s=1.0, domain=plug)]
    assert counter_period_s(timelines) == pytest.approx(0.1, rel=0.05)


def test_sparse_polls_do_not_make_a_counters_period_seem_shorter() -> None:
    assert counter_period_s([polled(Course(), 30.0, poll_s=0.0382)]) == pytest.approx(0.1, rel=0.01)


def test_a_killed_worker_fails_its_variant_and_the_others_finish(profile: Profile, tmp_path: Path) -> None:
    def kill_one(trial: Trial, counted: int) -> None:
        if trial.index == 0:
            os.kill(_worker_pids()[0], signal.SIGKILL)

    run = run_profile(profile, tmp_path, plan=BRIEF, progress=Acting(kill_one))
    failed = [variant for variant in run.variants if variant.status == "failed"]
    assert len(failed) == 1
    assert "SIGKILL" in (failed[0].error or "")
    assert [variant.status for variant in run.variants].count("done") == 1
    assert run.complete
    assert _worker_pids() == []


def test_with_every_worker_gone_the_run_ends_and_says_so(profile: Profile, tmp_path: Path) -> None:
    def kill_all(trial: Trial, counted: int) -> None:
        for pid in _worker_pids():
            os.kill(pid, signal.SIGKILL)

    run = run_profile(profile, tmp_path, plan=BRIEF, progress=Acting(kill_all))
    assert {variant.status for variant in run.variants} == {"failed"}
    assert run.stop_reason == NONE_LEFT
    assert loads((tmp_path / "tiny" / "run.json").read_text()) == run


def test_an_interruption_keeps_what_was_measured(profile: Profile, tmp_path: Path) -> None:
    def interrupt(trial: Trial, counted: int) -> None:
        if trial.block == 0:
            os.kill(os.getpid(), signal.SIGINT)

    run = run_profile(profile, tmp_path, plan=BRIEF, progress=Acting(interrupt))
    assert not run.complete
    assert run.stop_reason == INTERRUPTED
    assert {variant.status for variant in run.variants} == {"partial"}
    assert len([trial for trial in run.trials if not trial.warm_up]) == 1
    assert loads((tmp_path / "tiny" / "run.json").read_text()) == run
    assert _worker_pids() == []


def test_an_interruption_before_the_first_trial_leaves_the_former_record(profile: Profile, tmp_path: Path) -> None:
    class Impatient(Silent):
        def stage(self, sentence: str) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    former = tmp_path / "tiny" / "run.json"
    former.parent.mkdir()
    former.write_text("former")
    run = run_profile(profile, tmp_path, plan=BRIEF, progress=Impatient())
    assert run.trials == []
    assert former.read_text() == "former"


def test_a_used_up_budget_ends_the_run_between_trials(profile: Profile, tmp_path: Path) -> None:
    short = profile.with_options(budget_s=0.001)
    run = run_profile(short, tmp_path, plan=BRIEF)
    assert run.complete
    assert run.stop_reason == "the budget of 0.001 s was used up"
    assert {variant.status for variant in run.variants} == {"partial"}
    assert sum(not trial.warm_up for trial in run.trials) <= 1


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(profile: Profile) -> None:
    def measure(trial: Trial, counted: int) -> None:
        raise AssertionError("a trial was run")

    with pytest.raises(UnwritableOutput, match="nothing was measured"):
        run_profile(profile, Path("/dev/null/reports"), quick=True, progress=Acting(measure))


def test_a_disk_that_is_full_for_a_while_costs_a_warning_and_no_trial(profile: Profile, tmp_path: Path) -> None:
    disk = ExitStack()

    def fill_then_free(trial: Trial, counted: int) -> None:
        disk.enter_context(full_disk()) if (trial.block, counted) == (0, 1) else disk.close()

    run = run_profile(profile, tmp_path, plan=BRIEF, progress=Acting(fill_then_free))
    assert run.complete
    assert {variant.status for variant in run.variants} == {"done"}
    assert run.warnings.count(UNSAVED_WARNING) == 1
    assert [file.name for file in (tmp_path / "tiny").iterdir()] == ["run.json"]
    assert loads((tmp_path / "tiny" / "run.json").read_text()) == run


def test_a_disk_that_stays_full_gives_the_run_from_memory(profile: Profile, tmp_path: Path) -> None:
    with ExitStack() as disk:

        def fill(trial: Trial, counted: int) -> None:
            if trial.index == 4:
                disk.enter_context(full_disk())

        with pytest.raises(UnsavedRun, match="could not be written") as caught:
            run_profile(profile, tmp_path, plan=BRIEF, progress=Acting(fill))
    assert caught.value.run.complete
    assert {variant.status for variant in caught.value.run.variants} == {"done"}
    assert not (tmp_path / "tiny" / "run.json").exists()
