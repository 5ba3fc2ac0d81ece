"""The workers of all variants. A worker that fails takes its variant out; the others go on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from energyprof.backends.backend import Placement
from energyprof.model.errors import InvalidProfile
from energyprof.model.run import ModelDescription, Score
from energyprof.runner.evidence import Evidence
from energyprof.runner.host import GIBIBYTE, available_memory_bytes
from energyprof.runner.interruption import Interruption
from energyprof.runner.profile import Profile, VariantSettings
from energyprof.runner.progress import Progress
from energyprof.runner.worker import Assignment
from energyprof.runner.workers import Worker, WorkerFailed
from energyprof.tasks.task import Task

MEMORY_PER_WEIGHT_BYTE = 2.0
"""A loaded model needs its weights and about as much again for the runtime and the work (measured: 1.1 to 2.4)."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds after which a silent worker is given up: long enough for a slow machine, not for ever."""

    start_s: float = 300.0
    prepare_s: float = 6 * 3600.0
    load_s: float = 900.0
    score_s: float = 3600.0
    trial_s: float = 1800.0


class Crew:
    """One worker a variant, from preparing to closing. What is learned goes into the evidence."""

    def __init__(
        self, profile: Profile, evidence: Evidence, interruption: Interruption, progress: Progress, timeouts: Timeouts
    ) -> None:
        self._profile = profile
        self._evidence = evidence
        self._interruption = interruption
        self._progress = progress
        self._timeouts = timeouts
        self._workers: dict[str, Worker] = {}
        self._sizes: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers.values():
            if error is None:
                worker.close()
            else:
                worker.kill()
        self._workers.clear()

    @property
    def live(self) -> list[str]:
        """The variants that have not failed."""
        return [name for name, record in self._evidence.variants.items() if record.status != "failed"]

    def prepare(self) -> None:
        """Trains, exports and quantises what is not in the cache, each variant in a process that ends afterwards.

        Raises:
            InvalidProfile: a model, precision or device of the profile does not exist.
        """
        for number, name in enumerate(self.live, 1):
            self._progress.stage(f"preparing {name} ({number} of {len(self._profile.variants)})")
            reply = self._attempt(name, functools.partial(self._prepared, name))
            if reply is not None:
                self._sizes[name] = reply["size_bytes"]

    def load(self) -> None:
        """Starts the workers that stay, and loads every model."""
        for name in self.live:
            self._progress.stage(f"loading {name}")
            reply = self._attempt(name, functools.partial(self._loaded, name))
            if reply is not None:
                description = ModelDescription(**reply["description"])
                self._evidence.update(name, description=description)
                self._evidence.profile = replace(self._evidence.profile, items=reply["items"])

    def score(self, task: Task) -> None:
        """The quality of every variant over all items; random weights never get one."""
        if task.metric is None or task.score_kind is None:
            return
        for name in self.live:
            description = self._evidence.variants[name].description
            if description is None or description.weights == "random":
                continue
            self._progress.stage(f"scoring {name}")
            reply = self.ask(name, "score", self._timeouts.score_s)
            if reply is not None:
                score = Score(name, task.metric, task.score_kind, reply["values"], groups=reply["groups"])
                self._evidence.scores[name] = score
        if task.score_kind == "spearman":
            self._hold_against_baseline()

    def calibrate(self, trial_s: float) -> None:
        """How many requests of each variant fill a trial."""
        for name in self.live:
            self._progress.stage(f"sizing the trials of {name}")
            reply = self.ask(name, "calibrate", self._timeouts.trial_s, seconds=trial_s)
            if reply is not None:
                self._evidence.update(name, requests_per_trial=reply["requests"])

    def trial(self, name: str, order: str) -> dict[str, Any] | None:
        """One trial of a variant; None where that was its end."""
        requests = self._evidence.variants[name].requests_per_trial
        return self.ask(name, "trial", self._timeouts.trial_s, requests=requests, order=order)

    def ask(self, name: str, action: str, timeout_s: float, **options: Any) -> dict[str, Any] | None:
        """A worker's reply; None where it failed, which is noted."""
        return self._attempt(name, lambda: self._workers[name].ask(action, timeout_s, **options))

    def _attempt(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return work()
        except WorkerFailed as failure:
            worker = self._workers.pop(name, None)
            if worker is not None:
                worker.kill()
            self._evidence.update(name, status="failed", error=str(failure), stop_reason="it failed")
            self._progress.state(name, f"failed: {failure}")
            return None

    def _prepared(self, name: str) -> dict[str, Any]:
        worker = Worker(self._assignment(name), self._interruption)
        self._workers[name] = worker
        worker.open(self._timeouts.start_s)
        try:
            reply = worker.ask("prepare", self._timeouts.prepare_s)
        except WorkerFailed as failure:
            if failure.asked_wrongly:
                raise InvalidProfile(f"{self._profile.path}: variant {name}: {failure}") from failure
            raise
        del self._workers[name]
        worker.close()
        return reply

    def _loaded(self, name: str) -> dict[str, Any]:
        self._check_memory(self._sizes[name])
        worker = Worker(self._assignment(name), self._interruption)
        self._workers[name] = worker
        worker.open(self._timeouts.start_s)
        return worker.ask("load", self._timeouts.load_s)

    def _check_memory(self, size_bytes: int) -> None:
        needed, available = MEMORY_PER_WEIGHT_BYTE * size_bytes, available_memory_bytes()
        if available is not None and needed > available:
            raise WorkerFailed(
                f"It was not loaded: it needs about {needed / GIBIBYTE:.1f} GiB and {available / GIBIBYTE:.1f} GiB are "
                f"free, {(needed - available) / GIBIBYTE:.1f} GiB too little; free memory, or split the profile in two."
            )

    def _assignment(self, name: str) -> Assignment:
        variant = next(variant for variant in self._profile.variants if variant.name == name)
        base = str(self._profile.path.resolve().parent)
        return Assignment(variant.model, base, self._profile.task, placement(variant))

    def _hold_against_baseline(self) -> None:
        """Gives every score the baseline's values to be ranked against; without them there is no quality."""
        scores, baseline = self._evidence.scores, self._profile.baseline
        if baseline not in scores:
            self._evidence.warn(
                f"The baseline {baseline} has no answers, and the quality of this task is agreement with them, so no "
                "variant has a quality; mend the baseline and measure again."
            )
            scores.clear()
            return
        reference = scores[baseline].values
        self._evidence.scores = {name: replace(score, references=reference) for name, score in scores.items()}


def placement(variant: VariantSettings) -> Placement:
    """Where and how a variant runs."""
    return Placement(variant.backend, variant.precision, variant.device, variant.threads, variant.batch_size)
