"""Worker processes that answer, crash, run out of memory or hang: each end is a sentence."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from energyprof.backends.backend import Placement
from energyprof.runner.interruption import Interrupted, Interruption
from energyprof.runner.worker import Assignment
from energyprof.runner.workers import THREAD_VARIABLES, Worker, WorkerFailed

ASSIGNMENT = Assignment("digits-mlp", ".", "digits", Placement("onnx", "fp32", "cpu", 1, 8))


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    with Interruption() as entered:
        yield entered


@pytest.fixture
def worker(interruption: Interruption) -> Iterator[Worker]:
    started = Worker(ASSIGNMENT, interruption)
    yield started
    started.kill()


def test_a_worker_prepares_loads_scores_and_runs_trials(worker: Worker) -> None:
    prepared = worker.ask("prepare", 300)
    assert prepared["size_bytes"] > 2410 * 4
    assert prepared["cpu_s"] > 0
    loaded = worker.ask("load", 120)
    assert loaded["description"]["threads"] == 1
    assert loaded["description"]["weights"] == "trained"
    scores = worker.ask("score", 120, items=None)["values"]
    assert len(scores) == loaded["items"]
    assert worker.ask("score", 120, items=100)["values"] == scores[:100]
    assert sum(scores) / len(scores) > 0.9

    requests = worker.ask("calibrate", 120, seconds=0.02)["requests"]
    assert requests % 8 == 0
    trial = worker.ask("trial", 120, requests=requests, order="0/items/0")
    assert trial["requests"] == requests
    assert trial["end_s"] > trial["start_s"]
    assert trial["cpu_s"] > 0
    assert sum(trial["latencies_s"]) <= trial["end_s"] - trial["start_s"]
    assert trial["tokens_in"] is None
    worker.close()


def test_thread_counts_are_fixed_before_any_library_is_imported(worker: Worker) -> None:
    environment = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
    for name in THREAD_VARIABLES:
        assert f"{name}=1".encode() in environment


def test_an_error_of_energyprof_is_told_in_its_own_words(interruption: Interruption) -> None:
    wrong = Worker(Assignment("digits-mlp", ".", "no-such-task", ASSIGNMENT.placement), interruption)
    with pytest.raises(WorkerFailed, match=r"^There is no task named 'no-such-task'"):
        wrong.ask("prepare", 120)
    wrong.kill()


def test_any_other_error_is_told_with_its_type(worker: Worker) -> None:
    with pytest.raises(WorkerFailed, match="Its worker stopped with TypeError: "):
        worker.ask("trial", 120, number=3)


def test_a_killed_worker_most_likely_ran_out_of_memory(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerFailed, match=r"killed \(SIGKILL\), most likely because memory ran out"):
        worker.ask("load", 120)


def test_a_crashed_worker_is_told_with_its_signal(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGSEGV)
    with pytest.raises(WorkerFailed, match="crashed with SIGSEGV"):
        worker.ask("load", 120)


def test_a_worker_that_may_not_have_more_memory_says_so(worker: Worker) -> None:
    worker.ask("prepare", 300)
    in_use = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(worker.pid, resource.RLIMIT_AS, (in_use, in_use))
    with pytest.raises(WorkerFailed, match="ran out of memory"):
        worker.ask("load", 120)


def test_a_hanging_worker_is_given_up_and_can_be_ended(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerFailed, match="gave no answer in time when asked to load"):
        worker.ask("load", 0.1)
    worker.kill()
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_signal_ends_the_wait_for_a_worker(worker: Worker) -> None:
    os.kill(worker.pid, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Interrupted):
        worker.ask("load", 120)
