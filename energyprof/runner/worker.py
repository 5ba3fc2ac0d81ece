"""The process in which one variant lives: `python -m energyprof.runner.worker`.

On stdin comes first its assignment, then commands, as JSON lines; each command is answered by a JSON line on what was
stdout. Whatever a library prints goes to
stderr. The process ends when its stdin is closed, even in the middle of a trial, so that none outlives its parent.
"""

from __future__ import annotations

import gc
import itertools
import json
import math
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any

from energyprof.backends.backend import Backend, LoadedModel, ModelSource, Placement
from energyprof.model.errors import EnergyprofError, InvalidProfile
from energyprof.runner.schedule import whole_requests
from energyprof.tasks.digest import items_sha256
from energyprof.tasks.task import Task

KEPT_LATENCIES = 200
"""Of more calls than this in one trial, evenly spaced ranks are kept: percentiles survive, the record stays small."""

CALIBRATION_SHARE = 0.25
"""Of a trial's length: so long are calls timed to find how many fill a trial."""

MEMORY_SIGNS = ("out of memory", "allocate memory", "bad_alloc", "bad allocation", "failed to map segment")
"""How the runtimes say that memory ran out, each with an error type of its own."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is for; `base` is the folder that a model's path is relative to."""

    model: str
    base: str
    task: str
    placement: Placement


class Workbench:
    """One variant and what can be asked of it. Every method returns what goes into the reply."""

    def __init__(self, assignment: Assignment) -> None:
        from energyprof.backends import catalogue as backends
        from energyprof.tasks import catalogue as tasks

        self.task: Task = tasks.get(assignment.task)
        self.placement = assignment.placement
        self.backend: Backend = backends.get(self.placement.backend)
        self.assignment = assignment
        self.items: list[Any] = []
        self.model: LoadedModel | None = None

    def prepare(self) -> dict[str, Any]:
        """Trains, downloads, exports and quantises, where that is not in the cache."""
        cpu_s = time.process_time()
        source = self._source()
        self.backend.prepare(source, self.placement)
        size_bytes = sum(file.stat().st_size for file in source.folder.rglob("*") if file.is_file())
        return {"size_bytes": size_bytes, "cpu_s": time.process_time() - cpu_s}

    def load(self) -> dict[str, Any]:
        """Loads the model and the items, whose digest tells whether another run asked the same."""
        self.model = self.backend.load(self._source(), self.placement, self.task.generation)
        self.items = self.task.items()
        gc.collect()
        gc.freeze()  # what stays for good need not be looked through again right before every trial
        return {
            "description": asdict(self.model.description),
            "items": len(self.items),
            "items_sha256": items_sha256(self.items),
        }

    def score(self, items: int | None) -> dict[str, Any]:
        """The quality of the first items, answered in whole batches of the variant's own size.

        Args:
            items: so many; None = all.
        """
        score = self.task.score
        assert self.model is not None
        assert score is not None
        count = len(self.items[:items])
        calls = math.ceil(count / self.placement.batch_size)
        answers = [answer for batch in self._batches(calls, order=None) for answer in self.model.run(batch)]
        return asdict(score([answer.value for answer in answers[:count]]))

    def calibrate(self, seconds: float) -> dict[str, Any]:
        """How many requests, in whole batches, fill that many seconds; the first call is not counted."""
        self._timed(1)
        calls, elapsed_s = 1, self._timed(1)
        while elapsed_s < CALIBRATION_SHARE * seconds:
            calls *= 2
            elapsed_s = self._timed(calls)
        batch_size = self.placement.batch_size
        return {"requests": whole_requests(seconds * calls / elapsed_s * batch_size, batch_size)}

    def trial(self, requests: int, order: str) -> dict[str, Any]:
        """Runs that many requests, cycling through the items in the order that the text `order` seeds."""
        assert self.model is not None
        batches = self._batches(requests // self.placement.batch_size, order=order)
        run, clock = self.model.run, time.monotonic
        latencies_s: list[float] = []
        tokens = TokenCount()
        gc.collect()
        gc.disable()
        cpu_s, start_s = time.process_time(), clock()
        for batch in batches:
            called_s = clock()
            answers = run(batch)
            latencies_s.append(clock() - called_s)
            tokens.add(answers)
        end_s, cpu_s = clock(), time.process_time() - cpu_s
        gc.enable()
        return {
            "start_s": start_s,
            "end_s": end_s,
            "requests": requests,
            "tokens_in": tokens.read,
            "tokens_out": tokens.made,
            "latencies_s": thinned(latencies_s),
            "cpu_s": cpu_s,
        }

    def close(self) -> dict[str, Any]:
        """Gives the model back."""
        if self.model is not None:
            self.model.close()
        return {}

    def _source(self) -> ModelSource:
        from energyprof.zoo import catalogue as zoo

        source = zoo.resolve(self.assignment.model, base=Path(self.assignment.base))
        if source.kind != self.task.kind:
            raise InvalidProfile(
                f"{source.name} is a model for {source.kind}, but the task {self.task.name} is {self.task.kind}; "
                "use a model of that kind."
            )
        return source

    def _timed(self, calls: int) -> float:
        assert self.model is not None
        batches = self._batches(calls, order="calibration")
        start_s = time.monotonic()
        for batch in batches:
            self.model.run(batch)
        return time.monotonic() - start_s

    def _batches(self, calls: int, *, order: str | None) -> Iterator[list[Any]]:
        items = list(self.items)
        if order is not None:
            Random(order).shuffle(items)
        return itertools.islice(itertools.cycle(whole_batches(items, self.placement.batch_size)), calls)


class TokenCount:
    """Tokens read and made so far; None where the models of this kind count none."""

    def __init__(self) -> None:
        self.read: int | None = None
        self.made: int | None = None

    def add(self, answers: Sequence[Any]) -> None:
        """Counts one batch. Asks the first answer only, since it is called inside the trial."""
        if answers[0].tokens_in is not None:
            self.read = (self.read or 0) + sum(answer.tokens_in for answer in answers)
        if answers[0].tokens_out is not None:
            self.made = (self.made or 0) + sum(answer.tokens_out for answer in answers)


def whole_batches(items: Sequence[Any], batch_size: int) -> list[list[Any]]:
    """The fewest full batches after which the items, taken round and round, come out even."""
    count = len(items) // math.gcd(len(items), batch_size)
    return [[items[(first * batch_size + k) % len(items)] for k in range(batch_size)] for first in range(count)]


def thinned(latencies_s: Sequence[float]) -> list[float]:
    """At most `KEPT_LATENCIES` of them, at evenly spaced ranks, the extremes included; in order of time if all fit."""
    if len(latencies_s) <= KEPT_LATENCIES:
        return list(latencies_s)
    ordered, last = sorted(latencies_s), len(latencies_s) - 1
    return [ordered[round(rank * last / (KEPT_LATENCIES - 1))] for rank in range(KEPT_LATENCIES)]


def main() -> None:
    """Answers commands until "close" or the end of stdin."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def reply(content: dict[str, Any]) -> None:
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    def crashed(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        reply({"error": _sentence(error)})
        sys.__excepthook__(kind, error, traceback)

    sys.excepthook = crashed
    commands: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    setup = commands.get()
    bench = Workbench(Assignment(**setup | {"placement": Placement(**setup["placement"])}))
    while command := commands.get():
        action = command.pop("do")
        reply(getattr(bench, action)(**command))
        if action == "close":
            return


def _listen(commands: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Queues what the parent writes; its silence for ever, the end of the pipe, ends this process."""
    rest = b""
    while chunk := os.read(0, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            commands.put(json.loads(line))
    os._exit(0)


def _sentence(error: BaseException) -> str:
    if isinstance(error, EnergyprofError):
        return str(error)
    said = next(iter(str(error).strip().splitlines()), "")
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, MemoryError) or any(sign in said.lower() for sign in MEMORY_SIGNS):
        return f"Its worker ran out of memory ({what}); use a smaller model or batch size, or free memory."
    return f"Its worker stopped with {what}."


if __name__ == "__main__":
    main()
