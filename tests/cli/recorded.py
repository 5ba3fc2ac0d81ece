"""A recorded run whose joules are known: per task 40 J by "large" and 10 J by "small" on a simulated meter."""

from __future__ import annotations

import random
from pathlib import Path

from simulated.readings import Course, polled

from energyprof.model.record import dumps
from energyprof.model.run import Host, IdleWindow, ModelDescription, ProfileRecord, Run, Score, Trial, VariantRecord

POWER_W = {"large": 400.0, "small": 200.0}
TASKS = {"large": 10, "small": 20}
WRONG = {"large": 20, "small": 25}
ITEMS = 1000


def recorded(*, seed: int = 1) -> Run:
    """Ten trials of 1 s of each, 0.5 s of quiet between them, each 1 % off at random."""
    generator = random.Random(seed)
    course, now_s, trials, idle = Course(idle_w=70.0), 2.0, [], [IdleWindow("before", 0.3, 2.0)]
    for block in range(10):
        for name in generator.sample(sorted(TASKS), 2):
            course.pulse(now_s, 1.0, POWER_W[name] * (1 + 0.01 * generator.gauss(0, 1)))
            latencies_s = [1.0 / TASKS[name]] * TASKS[name]
            trials.append(
                Trial(name, len(trials), block, now_s, now_s + 1, TASKS[name], None, None, latencies_s, 0.5, 0.0)
            )
            idle.append(IdleWindow("between", now_s + 1, now_s + 1.5))
            now_s += 1.5
    idle.append(IdleWindow("after", now_s, now_s + 2))
    return Run(
        schema=1,
        version="0.1.0",
        created="2026-01-01T00:00:00Z",
        origin_s=0.0,
        complete=True,
        stop_reason="every variant has been measured",
        profile=ProfileRecord(
            "sim", "Simulated", "t", None, "image", "large", 0.03, "accuracy", None, 1.0, 0.0, "0" * 64, "sim.toml"
        ),
        host=Host("Linux", "CPU", 2, None, "3.11", fingerprint="0123"),
        sensors=[],
        sampler=None,
        timelines=[polled(course, now_s + 2)],
        idle=idle,
        variants=[_described(name) for name in TASKS],
        trials=trials,
        scores=[Score(name, "accuracy", "mean", [float(i >= WRONG[name]) for i in range(ITEMS)]) for name in TASKS],
    )


def _described(name: str) -> VariantRecord:
    description = ModelDescription(name, "torch", "fp32", "cuda:0", 1000, 4000, 2, "trained")
    return VariantRecord(name, 1, "done", description, requests_per_trial=TASKS[name])


def write(run: Run, folder: Path) -> Path:
    """Puts the run into a folder of its own, which is returned."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(dumps(run))
    return folder
