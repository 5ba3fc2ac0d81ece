"""What is measured with which tools, how often, and what energyprof is meant to reach: the rows of the table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from intervals import NOISES, PERIODS_S, SCENES
from jobs import GPU, Job, Zones
from simulated.powercap import SimulatedPowercap

TOOLS = ("energyprof", "zeus", "codecarbon", "codecarbon-tasks")
RAPL_TOOLS = ("energyprof", "zeus", "codecarbon")
RAPL_S = 4.0

PART_TIME = {**GPU, "sampled_s": 0.025, "name": "NVIDIA H200"}
"""Named as an architecture whose power sensor is known to look so: no tool can see that in the readings."""

FAST = {**GPU, "period_s": 0.02}
NOISY = {**GPU, "noise": 0.01, "seed": 7}


@dataclass(frozen=True)
class Case:
    """One line: the same scene under several tools."""

    what: str
    jobs: Sequence[Job]


@dataclass(frozen=True)
class Row:
    """A group of cases that are shown in one table.

    Attributes:
        aim: what energyprof is meant to reach.
        processes: how many of its scenes may run at a time, none of another row meanwhile; None = as many as are asked
            for, beside those of other rows: most of their time they sleep. 1 where the figures are times.
    """

    title: str
    aim: str
    cases: Sequence[Case]
    processes: int | None = None


def rows(*, quick: bool) -> dict[str, Row]:
    """All rows by their short names.

    Args:
        quick: a tenth of the windows, to see that everything works.
    """
    some = partial(_some, quick)
    return {
        "isolated": Row(
            "Isolated calls on a counter that moves every 100 ms",
            "each mean error within 0.3 % without noise, 1 % with 1 % of reading noise",
            [_isolated(duration_s, some, noisy) for noisy in (False, True) for duration_s in WINDOWS],
        ),
        "part-time": Row(
            "The same on a counter that looks a quarter of the time and multiplies by four: mean of all windows",
            "mean within 5 %, and the interval says so",
            [_part_time(duration_s, some) for duration_s in (0.01, 0.05, 0.1, 0.5)],
        ),
        "calls": Row(
            "Decorated 10 ms calls with random gaps on a counter that moves every 100 ms: joules per call",
            "within 2 %; two functions interleaved at 600 W and 300 W each within 4 %; the interval holds the truth",
            [_calls(what, names, some) for what, names in (("one function", "a"), ("two functions", "ab"))],
        ),
        "overlapping": Row(
            "Eight spans at the same time: their sum against what the GPU drew meanwhile",
            "the same as the GPU within 1 %; with idle and unattributed joules the total to 1e-9",
            [Case("8 threads, 3 s each", [Job(tool, "overlapping") for tool in TOOLS])],
        ),
        "streams": Row(
            "Work of 0.5 s in ten steps with as much of the consumer's time between",
            "within 3 %",
            [
                Case(kind, [Job(tool, "streams", {"kind": kind, "repeats": some(4)}) for tool in RAPL_TOOLS])
                for kind in ("async", "generator", "async generator")
            ],
        ),
        "rapl": Row(
            "RAPL with faults, one window of 4 s",
            "right, or a gap that is named; never a wrong total without a word",
            [
                Case(what, [Job(tool, "faulty-rapl", {"duration_s": RAPL_S}, zones=zones) for tool in RAPL_TOOLS])
                for what, zones in FAULTS.items()
            ],
        ),
        "intervals": Row(
            "How often the 95 % interval holds the truth, by the duration of the calls",
            "92 to 98 of 100, and not by being wide",
            [
                Case(
                    f"{estimator}, {1000 * period_s:g} ms counter" + (f", {noise:.0%} noise" if noise else ""),
                    [
                        Job(
                            "energyprof",
                            "intervals",
                            {"estimator": estimator, "period_s": period_s, "noise": noise, "windows": some(400)},
                        )
                    ],
                )
                for estimator in SCENES
                for period_s in PERIODS_S
                for noise in NOISES
            ],
            processes=os.cpu_count(),
        ),
        "memory": Row(
            "What ten million decorated calls leave behind",
            "memory grows by under 20 MB",
            [Case("10 million calls", [Job("energyprof", "memory", {"calls": some(10_000_000)})])],
            processes=1,
        ),
        "call-cost": Row(
            "What measuring adds to one call",
            "at most 5 us while recording, 0.3 us with ENERGYPROF=off",
            [
                Case(
                    "recording",
                    [
                        Job("energyprof", "call-cost", {"count": some(20_000)}),
                        Job("zeus", "call-cost", {"count": some(2_000)}),
                        Job("codecarbon", "call-cost", {"count": some(20)}),
                        Job("codecarbon-tasks", "call-cost", {"count": some(200)}),
                    ],
                ),
                Case(
                    "ENERGYPROF=off",
                    [Job("energyprof", "call-cost", {"count": some(100_000)}, env={"ENERGYPROF": "off"})],
                ),
            ],
            processes=1,
        ),
        "import": Row(
            "What importing adds to the start of Python",
            "under 100 ms, without torch, onnxruntime, transformers, matplotlib, pandas, codecarbon, pynvml",
            [Case("import", [Job(tool, "import-time", {"repeats": some(7)}) for tool in RAPL_TOOLS])],
            processes=1,
        ),
        "sampler": Row(
            "What sampling costs the machine and the work",
            "under 0.5 % of a core on a counter that moves every 100 ms, and a slowdown under 0.5 %",
            [
                Case(
                    "CPU while nothing happens",
                    [Job(tool, "standing", {"duration_s": 60.0 if not quick else 4.0}) for tool in SAMPLING],
                ),
                Case(
                    "the same, of a counter that moves every 20 ms",
                    [Job("energyprof", "standing", {"duration_s": 60.0 if not quick else 4.0}, gpu=FAST)],
                ),
                *(
                    Case(
                        f"slowdown, {what}",
                        [
                            Job(tool, "slowdown", {"workload": load, "pairs": some(PAIRS[tool])}, env=threads)
                            for tool in PAIRS
                        ],
                    )
                    for load, what, threads in (
                        ("gil", "one thread of Python", {}),
                        ("blas", "matrix products, one thread", {"OPENBLAS_NUM_THREADS": "1"}),
                        ("blas", "matrix products, all cores", {"OPENBLAS_NUM_THREADS": str(os.cpu_count())}),
                    )
                ),
            ],
            processes=1,
        ),
    }


SAMPLING = ("energyprof", "zeus-power", "codecarbon")
PAIRS = {"energyprof": 200, "zeus-power": 20, "codecarbon": 20}

WINDOWS = {0.01: 100, 0.05: 100, 0.1: 100, 0.5: 100, 5.0: 12}
"""Windows by duration in s; of the peers' fewer, since their errors are large."""

PEER_SHARE = 0.5


def _some(quick: bool, count: int) -> int:
    return max(count // 10, 2) if quick else count


def _isolated(duration_s: float, some: partial[int], noisy: bool) -> Case:
    tools = ("energyprof",) if noisy else TOOLS
    jobs = []
    for tool in tools:
        windows = WINDOWS[duration_s] if tool == "energyprof" else int(WINDOWS[duration_s] * PEER_SHARE)
        options = {"duration_s": duration_s, "windows": some(windows)}
        jobs.append(Job(tool, "isolated", options, gpu=NOISY if noisy else GPU))
    return Case(_duration(duration_s) + (", 1 % noise" if noisy else ""), jobs)


def _part_time(duration_s: float, some: partial[int]) -> Case:
    options = {"duration_s": duration_s, "one_name": True}
    counts = {"energyprof": 150, "zeus": 75}
    jobs = [Job(tool, "isolated", {**options, "windows": some(count)}, gpu=PART_TIME) for tool, count in counts.items()]
    return Case(_duration(duration_s), jobs)


def _calls(what: str, names: str, some: partial[int]) -> Case:
    counts = {"energyprof": 2000, "zeus": 1000, "codecarbon": 200, "codecarbon-tasks": 1000}
    return Case(what, [Job(tool, "calls", {"count": some(count), "names": names}) for tool, count in counts.items()])


def _duration(duration_s: float) -> str:
    return f"{duration_s:g} s" if duration_s >= 1 else f"{1000 * duration_s:g} ms"


def _sound(tree: SimulatedPowercap, start_s: float) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)


def _wraps(tree: SimulatedPowercap, start_s: float) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100, range_uj=75_000_000)


def _eio(tree: SimulatedPowercap, start_s: float) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100).eio.append((start_s + 1.2, start_s + 2.7))


def _one_socket(tree: SimulatedPowercap, start_s: float) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl:1", "package-1", power_w=80).eio.append((0.0, start_s + 1e6))


def _mirrored(tree: SimulatedPowercap, start_s: float) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl-mmio:0", "package-0", mirrors=zone)


def _platform(tree: SimulatedPowercap, start_s: float) -> None:
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    tree.zone("intel-rapl:1", "psys", power_w=160)


FAULTS: dict[str, Zones] = {
    "no fault": _sound,
    "the counter goes round five times": _wraps,
    "EIO for 1.5 s of the 4": _eio,
    "one of two sockets unreadable": _one_socket,
    "the package shown twice, by MSR and by MMIO": _mirrored,
    "psys beside its package": _platform,
}
RAPL_W = {"one of two sockets unreadable": 180.0}
"""What the machine's packages draw in all; 100 W elsewhere."""
