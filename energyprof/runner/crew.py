"""The workers of all variants. A worker that fails takes its variant out; the others go on."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeVar

from energyprof.backends.backend import Placement
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

MOMENT_S = 5.0
"""CPU seconds in which nothing can have been trained or exported: imports and a look into the cache."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds after which a silent worker is given up: long enough for a slow machine, not for ever."""

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
        self._variants = {variant.name: variant for variant in profile.variants}
        self._evidence = evidence
        self._interruption = interruption
        self._progress = progress
        self._timeouts = timeouts
        self._workers: dict[str, Worker] = {}
        self._sizes: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        workers = list(self._workers.values())
        self._workers.clear()
        if error is not None:
            for worker in workers:
                worker.kill()
            return
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.close()

    @property
    def live(self) -> list[str]:
        """The variants that have not failed."""
        return [name for name, record in self._evidence.variants.items() if record.status != "failed"]

    def prepare(self) -> None:
        """Trains, exports and quantises what is not in the cache; variants of one model one after the other.

        Where that took more than a moment its process is ended, so that nothing of it is left while measuring.
        """
        self._progress.stage(f"preparing {len(self.live)} variants; what is trained or exported now is kept")
        for name, reply in self._abreast(self.live, "prepare", self._timeouts.prepare_s):
            self._progress.state(name, "prepared")
            self._sizes[name] = reply["size_bytes"]
            if reply["cpu_s"] > MOMENT_S:
                self._workers.pop(name).close()

    def load(self) -> None:
        """Loads every model in its worker."""
        self._progress.stage(f"loading {len(self.live)} models")
        for name, reply in self._abreast(self.live, "load", self._timeouts.load_s):
            self._evidence.update(name, description=ModelDescription(**reply["description"]))
            asked = {key: reply[key] for key in ("items", "items_sha256")}
            self._evidence.profile = replace(self._evidence.profile, **asked)
            self._progress.state(name, "loaded")

    def score(self, task: Task, items: int | None) -> None:
        """The quality of every variant over the first items; random weights never get one.

        Args:
            items: so many; None = all.
        """
        if task.metric is None or task.score_kind is None:
            return
        names = [name for name in self.live if not self._is_random(name)]
        self._progress.stage(f"scoring {len(names)} models")
        scores = {}
        for name, reply in self._abreast(names, "score", self._timeouts.score_s, items=items):
            score = Score(name, task.metric, task.score_kind, reply["values"], groups=reply["groups"])
            odd = not_numbers(score)
            if odd is None:
                scores[name] = score
            else:
                self._evidence.warn(odd)
            self._progress.state(name, "scored" if odd is None else "not scored: some answers have no number")
        self._evidence.scores = {name: scores[name] for name in names if name in scores}
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

    def _attempt(self, name: str, work: Callable[[], Result]) -> Result | None:
        """What the work gives; None where the variant's worker failed, which ends the variant."""
        try:
            return work()
        except WorkerFailed as failure:
            worker = self._workers.pop(name, None)
            if worker is not None:
                worker.kill()
            self._evidence.update(name, status="failed", error=str(failure), stop_reason="it failed")
            self._progress.state(name, f"failed: {failure}")
            return None

    def _abreast(
        self, names: Sequence[str], action: str, timeout_s: float, **options: Any
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Has variants do something that is not measured, as many at a time as there are cores for their threads.

        Yields:
            Each variant that did not fail with its reply, as they come.
        """
        waiting, busy = list(names), set[str]()
        while waiting or busy:
            while (name := self._startable(waiting, busy, action)) is not None:
                waiting.remove(name)
                if self._attempt(name, functools.partial(self._set_about, name, action, options)):
                    busy.add(name)
            if not busy:
                continue
            descriptors = {name: self._workers[name].descriptor for name in busy}
            ready = self._interruption.wait_for(list(descriptors.values()), timeout_s)
            for name in [name for name in names if name in busy and (not ready or descriptors[name] in ready)]:
                busy.remove(name)
                hear = functools.partial(self._workers[name].hear, action, timeout_s if ready else 0.0)
                reply = self._attempt(name, hear)
                if reply is not None:
                    yield name, reply

    def _startable(self, waiting: Sequence[str], busy: Collection[str], action: str) -> str | None:
        """The first that waits and has a core for each thread; None = none has.

        Variants of one model are prepared in turn: the first trains it, the others find it in the cache.
        """
        free = self._evidence.host.cores - sum(self._variants[name].threads for name in busy)
        models = {self._variants[name].model for name in busy} if action == "prepare" else set()
        for name in waiting:
            if (self._variants[name].threads <= free or not busy) and self._variants[name].model not in models:
                return name
        return None

    def _set_about(self, name: str, action: str, options: dict[str, Any]) -> bool:
        if action == "load":
            self._check_memory(self._sizes[name])
        if name not in self._workers:
            self._workers[name] = Worker(self._assignment(name), self._interruption)
        self._workers[name].tell(action, **options)
        return True

    def _is_random(self, name: str) -> bool:
        description = self._evidence.variants[name].description
        return description is None or description.weights == "random"

    def _check_memory(self, size_bytes: int) -> None:
        needed, available = MEMORY_PER_WEIGHT_BYTE * size_bytes, available_memory_bytes()
        if available is not None and needed > available:
            raise WorkerFailed(
                f"It was not loaded: it needs about {needed / GIBIBYTE:.1f} GiB and {available / GIBIBYTE:.1f} GiB are "
                f"free, {(needed - available) / GIBIBYTE:.1f} GiB too little; free memory, or split the profile in two."
            )

    def _assignment(self, name: str) -> Assignment:
        variant = self._variants[name]
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


def not_numbers(score: Score) -> str | None:
    """What to say of a score that holds infinity or NaN, of which no quality can be made; None where it does not."""
    odd = sum(not math.isfinite(value) for value in score.values)
    if not odd:
        return None
    return (
        f"{odd} of {len(score.values)} answers of {score.variant} have a score that is not a number, so it gets no "
        "quality; its energy is measured all the same. Its outputs overflow, most likely for want of precision: try "
        "another precision or export and measure again."
    )


def placement(variant: VariantSettings) -> Placement:
    """Where and how a variant runs."""
    return Placement(variant.backend, variant.precision, variant.device, variant.threads, variant.batch_size)
