"""Measures a profile: prepares, loads, scores, warms up, and then runs trials in randomised blocks between idle."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from energyprof.analysis import statistics as analysis_statistics
from energyprof.analysis.trials import trial_energies
from energyprof.capture.sampler import Sampler
from energyprof.footprint.inventory import factors_at, records
from energyprof.footprint.overrides import given_records
from energyprof.footprint.site_record import recorded_site
from energyprof.live.watch import LiveWatch, watching
from energyprof.model.errors import UnwritableOutput
from energyprof.model.live import LiveIntensity
from energyprof.model.run import IdleWindow, ProfileRecord, Run, Trial, VariantRecord
from energyprof.model.timeline import Timeline, mean_step_s
from energyprof.runner import schedule
from energyprof.runner.crew import Crew, Timeouts
from energyprof.runner.evidence import Evidence, run_folder, save, save_at_last
from energyprof.runner.host import describe_host
from energyprof.runner.interruption import Interrupted, Interruption
from energyprof.runner.others import RESOLUTION_S, OtherProcesses
from energyprof.runner.profile import Profile
from energyprof.runner.progress import Progress, Silent
from energyprof.runner.schedule import StoppingRule
from energyprof.tasks import catalogue as tasks
from energyprof.tasks.task import Task

QUICK_TRIALS = 3
QUICK_TRIAL_S = 0.2
QUICK_GUARD_S = 0.15
QUICK_IDLE_S = 0.75
QUICK_ITEMS = 300
QUICK_WARNING = (
    f"Measured with --quick: {QUICK_TRIALS} short trials a variant, and quality over {QUICK_ITEMS} items at most, show "
    "that everything works, but their intervals are wide; do not quote these numbers."
)

WARM_UP_TRIALS = 3

PERIODS_PER_TRIAL = 5
"""A trial between quiet guards needs three periods of the slowest counter; two more for its ragged edges."""

PERIODS_PER_GUARD = 4
GUARD_S = 0.25
IDLE_S = 3.0
FRUITLESS_REPEATS = 3
"""After so many repetitions in a row that were contaminated as well, the machine is busy for good: no more of them."""

SAVE_EVERY_S = 2.0
SAVE_SHARE = 0.02
"""Saving may take this share of the time at most; a record that has grown large is saved less often."""

UNSAVED_WARNING = (
    "The evidence could not be written to disk for a while during measuring. No figure changes, but a kill would have "
    "lost the trials since the last save; free some space before the next run."
)

INTERRUPTED = "interrupted"
NONE_LEFT = "no variant could be measured"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often.

    Attributes:
        trial_s: what a trial should last. guard_s: the quiet between two. idle_s: each of the other idle windows.
        warm_up_trials: at most; however unsteady they are, what is left of a slope shows in the trials chart.
        scored_items: over how many of the test items the quality is; None = all.
    """

    rule: StoppingRule
    trial_s: float
    guard_s: float = GUARD_S
    idle_s: float = IDLE_S
    warm_up_trials: int = WARM_UP_TRIALS
    scored_items: int | None = None

    @classmethod
    def thorough(cls, profile: Profile) -> Plan:
        """What the profile asks for."""
        trials = profile.trials
        return cls(StoppingRule(trials.min, trials.max, trials.half_width), trials.seconds)

    @classmethod
    def quick(cls, profile: Profile) -> Plan:
        """Just enough to see that everything works."""
        rule = StoppingRule(QUICK_TRIALS, QUICK_TRIALS, profile.trials.half_width)
        trial_s = min(profile.trials.seconds, QUICK_TRIAL_S)
        return cls(rule, trial_s, QUICK_GUARD_S, QUICK_IDLE_S, warm_up_trials=1, scored_items=QUICK_ITEMS)


def run_profile(
    profile: Profile,
    out: Path,
    *,
    quick: bool = False,
    plan: Plan | None = None,
    progress: Progress | None = None,
    timeouts: Timeouts | None = None,
) -> Run:
    """Measures a profile and keeps the evidence in `out`/NAME/run.json from the first trial on.

    Ctrl-C and SIGTERM end it early; what was measured is kept, `complete` is False and `stop_reason` "interrupted".
    A variant whose worker fails is marked and the others go on.

    Args:
        plan: None = `Plan.quick` or `Plan.thorough`, as `quick` says.

    Raises:
        UnwritableOutput, InvalidValue: before anything is measured; the second where a token is missing.
        UnsavedRun: the run is over and could not be written; it holds the run.
        NotMeasurable: there is no sensor that could be used.
    """
    task = tasks.get(profile.task)
    progress = progress or Silent()
    plan = plan or (Plan.quick(profile) if quick else Plan.thorough(profile))
    watch = watching(profile.grid.live)
    with run_folder(out / profile.name) as folder:
        live = _asked_before(watch, progress)
        with Interruption() as interruption, Sampler(profile.sensors) as sampler:
            evidence = _first_evidence(profile, task, sampler, quick=quick)
            evidence.live = live
            measuring = _Measuring(plan, profile, evidence, sampler, interruption, progress, folder)
            try:
                with Crew(profile, evidence, interruption, progress, timeouts or Timeouts()) as crew:
                    reason = measuring.measure(crew, task)
            except Interrupted:
                reason = INTERRUPTED
            sampler.wait_past(time.monotonic())
            if not sampler.running:
                evidence.warn("The sampler ended before the run did, so later trials have no energy; measure again.")
            evidence.sampler = sampler.stop()
            evidence.live = None if watch is None else watch.finish()
            measuring.finish(reason)
            run = evidence.run(sampler.timelines(), complete=reason != INTERRUPTED, stop_reason=reason)
        if evidence.trials or reason != INTERRUPTED:
            save_at_last(run, folder)
    return run


def _asked_before(watch: LiveWatch | None, progress: Progress) -> LiveIntensity | None:
    if watch is None:
        return None
    progress.stage(f"asking for the carbon intensity of now: {watch.label}")
    return watch.begin()


@dataclass(slots=True)
class _Measuring:
    """The course of one run. Times are on the monotonic clock.

    Attributes:
        period_s: of the slowest counter. deadline_s: when the budget is used up.
        looked: for each variant, the rounds it had at the last look at its interval.
        fruitless: repetitions in a row that were contaminated as well.
        quiet: whether an idle window ends just now, so that a trial may follow.
    """

    plan: Plan
    profile: Profile
    evidence: Evidence
    sampler: Sampler
    interruption: Interruption
    progress: Progress
    folder: Path
    period_s: float = 0.0
    deadline_s: float = math.inf
    looked: dict[str, int] = field(default_factory=dict)
    fruitless: int = 0
    save_after_s: float = 0.0
    quiet: bool = False

    def measure(self, crew: Crew, task: Task) -> str:
        """Everything from preparing to the last idle window; returns why it ended."""
        crew.prepare()
        self.sampler.forget_before(time.monotonic(), keep_ticks=1)
        self.evidence.origin_s = time.monotonic()
        self.progress.stage("measuring idle power before any model is loaded")
        self._idle("cold", self.plan.idle_s)
        self.period_s = counter_period_s(self.sampler.timelines())
        self._note_meters()
        crew.load()
        crew.score(task, self.plan.scored_items)
        crew.calibrate(self._trial_s)
        self.progress.stage("warming up")
        self._warm_up(crew)
        if not crew.live:
            return NONE_LEFT
        self.progress.stage("measuring idle power with all models loaded")
        self._idle("before", self.plan.idle_s)
        self.progress.stage("measuring")
        if self.profile.trials.budget_s is not None:
            self.deadline_s = time.monotonic() + self.profile.trials.budget_s
        reason = self._blocks(crew)
        self.progress.stage("measuring idle power afterwards")
        self._idle("after", self.plan.idle_s)
        return reason

    def _note_meters(self) -> None:
        self.evidence.meters = self.sampler.meters
        for sentence in self.sampler.warnings:
            self.evidence.warn(sentence)

    def finish(self, reason: str) -> None:
        """Says of every variant that did not fail how it ended, and notes what is known of the meters at last."""
        self._note_meters()
        for name, record in self.evidence.variants.items():
            if record.status != "failed" and record.stop_reason is None:
                self.evidence.update(name, status="partial", stop_reason=reason)

    def _warm_up(self, crew: Crew) -> None:
        """Trials until they are steady; the last one says how many requests a trial shall have."""
        for name in crew.live:
            request_s: list[float] = []
            while len(request_s) < self.plan.warm_up_trials and not schedule.steady(request_s):
                trial = self._trial(crew, name, block=-1)
                if trial is None:
                    break
                request_s.append((trial.end_s - trial.start_s) / trial.requests)
            if name in crew.live:
                batch_size = self.evidence.variants[name].batch_size
                requests = schedule.whole_requests(self._trial_s / request_s[-1], batch_size)
                self.evidence.update(name, requests_per_trial=requests)

    def _blocks(self, crew: Crew) -> str:
        index = 0
        while unsettled := [name for name in crew.live if self.evidence.variants[name].stop_reason is None]:
            if not self._block(crew, unsettled, index):
                return f"the budget of {self.profile.trials.budget_s:g} s was used up"
            self._look([name for name in unsettled if name in crew.live])
            index += 1
        return "every variant has been measured" if crew.live else NONE_LEFT

    def _block(self, crew: Crew, unsettled: Sequence[str], index: int) -> bool:
        """One trial of every variant, then repetitions of contaminated ones; False where the budget ended it."""
        doubtful = []
        for name in schedule.block(unsettled, seed=self.profile.trials.seed, index=index):
            if time.monotonic() >= self.deadline_s:
                return False
            trial = self._trial(crew, name, block=index)
            if trial is not None and trial.contaminated:
                doubtful.append(trial)
        for trial in doubtful:
            if time.monotonic() < self.deadline_s and self.fruitless < FRUITLESS_REPEATS:
                self._repeat(crew, trial)
        return True

    def _repeat(self, crew: Crew, doubtful: Trial) -> None:
        trial = self._trial(crew, doubtful.variant, block=doubtful.block)
        if trial is None or trial.contaminated:
            self.fruitless += 1
            return
        self.fruitless = 0
        self.evidence.mark(doubtful, replaced=True)

    def _trial(self, crew: Crew, name: str, *, block: int) -> Trial | None:
        """Quiet until a random phase of the counter, the trial, quiet again; and only then the book-keeping."""
        index = len(self.evidence.trials)
        if not self.quiet:
            self._idle("between", self._guard_s)
        self.interruption.sleep(
            schedule.start_phase_s(seed=self.profile.trials.seed, trial=index, period_s=self.period_s)
        )
        self.quiet = False
        others = OtherProcesses()
        reply = crew.trial(name, order=f"{self.profile.trials.seed}/items/{block}")
        if reply is None:
            return None
        trial = self._trial_of(name, index, block, reply, others.cpu_s())
        self.evidence.trials.append(trial)
        self._idle("between", self._guard_s)
        self.progress.trial(trial, len(self.evidence.counted(name)))
        if block >= 0:
            self._save_now_and_then()
        return trial

    def _trial_of(self, name: str, index: int, block: int, reply: dict[str, Any], foreign_cpu_s: float | None) -> Trial:
        return Trial(
            variant=name,
            index=index,
            block=block,
            foreign_cpu_s=foreign_cpu_s,
            warm_up=block < 0,
            contaminated=schedule.contaminated(
                foreign_cpu_s,
                duration_s=reply["end_s"] - reply["start_s"],
                cores=self.evidence.host.cores,
                resolution_s=RESOLUTION_S,
            ),
            **reply,
        )

    def _look(self, names: Sequence[str]) -> None:
        """Ends the variants whose interval is narrow enough, or that have had the greatest number of trials.

        A contaminated trial and its repetition, where neither was clean, are one round of two.
        """
        rule = self.plan.rule
        counts = {name: len({trial.block for trial in self.evidence.counted(name)}) for name in names}
        due = [name for name in names if rule.is_due(self.looked.get(name, 0), counts[name])]
        if not due:
            return
        self.quiet = False
        timelines = self.sampler.timelines()
        for name in due:
            self.looked[name] = counts[name]
            half_width = relative_half_width(trial_energies(timelines, self.evidence.counted(name), self.evidence.idle))
            reason = rule.reason_to_stop(counts[name], half_width)
            if reason is not None:
                self.evidence.update(name, status="done", stop_reason=reason)
                self.progress.state(name, reason)

    @property
    def _trial_s(self) -> float:
        return max(self.plan.trial_s, PERIODS_PER_TRIAL * self.period_s)

    @property
    def _guard_s(self) -> float:
        return max(self.plan.guard_s, PERIODS_PER_GUARD * self.period_s)

    def _idle(self, label: str, seconds: float) -> None:
        start_s = time.monotonic()
        self.interruption.sleep(seconds)
        self.evidence.idle.append(IdleWindow(label, start_s, time.monotonic()))
        self.quiet = True

    def _save_now_and_then(self) -> None:
        start_s = time.monotonic()
        if start_s < self.save_after_s:
            return
        self.quiet = False
        try:
            save(self.evidence.run(self.sampler.timelines()), self.folder)
        except UnwritableOutput as error:
            self._tell_unsaved(error)
        took_s = time.monotonic() - start_s
        self.save_after_s = start_s + max(SAVE_EVERY_S, took_s / SAVE_SHARE)

    def _tell_unsaved(self, error: UnwritableOutput) -> None:
        """Measuring goes on: there may be room again when it matters, at the end."""
        if UNSAVED_WARNING not in self.evidence.warnings:
            self.evidence.warn(UNSAVED_WARNING)
            self.progress.stage(f"{error} Measuring goes on")


def counter_period_s(timelines: Sequence[Timeline]) -> float:
    """Seconds between two ticks of the slowest counter that counts, as observed; 0 where none has moved twice."""
    steps_s = [
        mean_step_s(timeline.seen_s)
        for timeline in timelines
        if timeline.domain.model is None and timeline.domain.apart is None
    ]
    return max(filter(None, steps_s), default=0.0)


def relative_half_width(energies_j: Sequence[float | None]) -> float | None:
    """Half-width of the 95 % interval over the mean; None where a trial has no energy or there are too few."""
    known = [energy_j for energy_j in energies_j if energy_j is not None]
    if len(known) < max(2, len(energies_j)):
        return None
    mean = analysis_statistics.mean(known)
    return None if mean.half_width is None or mean.value <= 0 else mean.half_width / mean.value


def _first_evidence(profile: Profile, task: Task, sampler: Sampler, *, quick: bool) -> Evidence:
    record = ProfileRecord(
        name=profile.name,
        title=profile.title,
        task=profile.task,
        question=profile.question,
        unit=task.unit,
        baseline=profile.baseline,
        margin=None if profile.quality is None else profile.quality.margin,
        metric=task.metric,
        grid=profile.grid.zone,
        pue=profile.grid.pue,
        wue_l_per_kwh=profile.grid.wue_l_per_kwh,
        sha256=profile.sha256,
        source=profile.path.name,
        target_half_width=profile.trials.half_width,
        seed=profile.trials.seed,
        quick=quick,
        hydro_l_per_kwh=profile.grid.hydro_l_per_kwh,
        factors=given_records(profile.factors),
        market_g_per_kwh=profile.grid.market_g_per_kwh,
        devices=list(profile.hardware.devices),
        electricity_price=profile.grid.electricity_price,
        device_price=profile.hardware.price_per_hour,
    )
    variants = {v.name: VariantRecord(v.name, v.batch_size, "partial") for v in profile.variants}
    evidence = Evidence(record, describe_host(sampler.domains), time.monotonic(), variants, sensors=sampler.records)
    evidence.factors = records(factors_at(recorded_site(record)))
    if quick:
        evidence.warn(QUICK_WARNING)
    for variant in profile.variants:
        if variant.threads > evidence.host.cores:
            evidence.warn(
                f"{variant.name} asks for {variant.threads} threads and this machine has {evidence.host.cores} cores, "
                "so they wait for each other; its joules and latencies are too high. Lower `threads`."
            )
    return evidence
