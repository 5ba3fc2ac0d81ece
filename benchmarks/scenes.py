"""The workloads on the simulated machine, the same for every tool, and what was truly drawn in them.

    python scenes.py TOOL SCENE OPTIONS      OPTIONS as JSON; the last line of stdout is the outcome as JSON

It runs in the environment of the tool and needs nothing but the standard library and the tool. The GPU is the one whose
power edges the option `edges` names: a scene draws on it by appending to them.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cpu_time import share_of_core, tree
from simulated.truth import Edges
from tools import TOOLS, Found, Tool

POWER_W = {"a": 600.0, "b": 300.0}
QUIET_S = 0.45
IDLE_W = 70.0
STEPS, STEP_S = 10, 0.05
SETTLED_S = 15.0
"""After so long a tool has loaded what it needs, and has worked out something for the first time."""

SHARE_S = 20.0
"""The kernel tells CPU time in steps of 10 ms, which are 0.05 % of this."""

GOLDEN_RATIO = 0.6180339887498949
LONGEST_PERIOD_S = 0.1
"""Of the counters here."""

Outcome = dict[str, Any]
Interval = tuple[float, float]
"""(start, end) in s on the monotonic clock."""


def isolated(tool: Tool, edges: Edges, *, duration_s: float, windows: int, one_name: bool = False) -> Outcome:
    """Calls from idle with quiet time around each, at phases of the counter that are spread evenly from one to another.

    A sensor that sees a quarter of the time counts a short call four times or not at all: at phases drawn at random the
    mean of 150 calls of 10 ms would scatter by 14 % whatever the tool does.
    """
    stretches = dict[str, list[Interval]]()
    tool.start()
    time.sleep(QUIET_S)
    for number in range(windows):
        name = "call" if one_name else f"call {number}"
        with tool.window(name):
            stretch = draw(edges, duration_s)
        stretches.setdefault(name, []).append(stretch)
        wanted_s = (number * GOLDEN_RATIO) % 1 * LONGEST_PERIOD_S
        time.sleep(QUIET_S + (wanted_s - time.monotonic() - QUIET_S) % LONGEST_PERIOD_S)
    return beside({name: joules(edges, of) for name, of in stretches.items()}, tool.stop())


def calls(tool: Tool, edges: Edges, *, count: int, names: str, duration_s: float = 0.01) -> Outcome:
    """Decorated calls with random gaps, in random order where there are several functions."""
    generator, stretches = random.Random(2), {name: list[Interval]() for name in names}
    called = {name: decorated(tool, lambda power_w: draw(edges, duration_s, power_w), name) for name in names}
    tool.start()
    time.sleep(QUIET_S)
    for _ in range(count):
        name = generator.choice(names)
        stretches[name].append(called[name](POWER_W[name]))
        time.sleep(generator.uniform(0, 0.03))
    time.sleep(QUIET_S)
    return beside({name: joules(edges, of) for name, of in stretches.items()}, tool.stop())


def overlapping(tool: Tool, edges: Edges, *, spans: int = 8) -> Outcome:
    """Spans of about three seconds that run at the same time, in threads."""
    generator = random.Random(3)
    tool.start()
    began_s = time.monotonic()
    time.sleep(QUIET_S)
    start_s = time.monotonic()
    for place in range(15):  # while all of them are open
        edges.pulse(start_s + 0.4 + 0.17 * place, 0.12, 300 + 20 * place)
    edges_s: list[float] = []

    def one(wait_s: float, duration_s: float) -> None:
        time.sleep(wait_s)
        with tool.window("span"):
            edges_s.append(time.monotonic())
            time.sleep(duration_s)
            edges_s.append(time.monotonic())

    threads = [
        threading.Thread(target=one, args=(0.05 * number, 3 + generator.random() / 2)) for number in range(spans)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(QUIET_S)
    ended_s = time.monotonic()
    found = tool.stop()
    drawn_j = {"span": edges.energy_j(min(edges_s), max(edges_s)), "(total)": edges.energy_j(began_s, ended_s)}
    return beside(dict.fromkeys(found, 0.0) | drawn_j, found)


def streams(tool: Tool, edges: Edges, *, kind: str, repeats: int = 4) -> Outcome:
    """Half a second of work in ten steps, with as much of the consumer's own time between the steps."""
    stretches: list[Interval] = []

    async def coroutine() -> None:
        for _ in range(STEPS):
            stretches.append(await draw_async(edges, STEP_S))

    def generator() -> Iterator[int]:
        for step in range(STEPS):
            stretches.append(draw(edges, STEP_S))
            yield step

    async def async_generator() -> AsyncIterator[int]:
        for step in range(STEPS):
            stretches.append(await draw_async(edges, STEP_S))
            yield step

    bare = {"async": coroutine, "generator": generator, "async generator": async_generator}[kind]
    called = tool.decorated(bare, kind)
    if called is None:
        return {"missing": "no decorator"}
    tool.start()
    time.sleep(QUIET_S)
    for _ in range(repeats):
        asyncio.run(consumed(called()))
        time.sleep(QUIET_S)
    return beside({kind: joules(edges, stretches)}, tool.stop())


async def consumed(work: Any) -> None:
    """Runs the work to its end, and takes time of its own before or between."""
    pauses = random.Random(4)
    if inspect.iscoroutine(work):
        await asyncio.sleep(STEPS * STEP_S)
        await work
    elif inspect.isasyncgen(work):
        async for _ in work:
            await asyncio.sleep(pauses.uniform(0.6, 1.4) * STEP_S)
    else:
        for _ in work:
            time.sleep(pauses.uniform(0.6, 1.4) * STEP_S)


def faulty_rapl(make: Callable[[], Tool], *, start_s: float, duration_s: float) -> Outcome:
    """One window of a CPU that draws what its zones were made to draw, from an instant agreed on with the faults."""
    try:
        tool = make()
        tool.start()
        left_s = start_s - time.monotonic()
        if left_s < 0:
            return {"missing": "the machine was too busy to start in time"}
        time.sleep(left_s)
        with tool.window("work"):
            began_s = time.monotonic()
            time.sleep(duration_s)
            ended_s = time.monotonic()
        found = tool.stop().get("work", Found(said=["no result"]))
    except (OSError, ValueError, RuntimeError) as error:
        return {"raised": f"{type(error).__name__}: {error}"}
    return {"duration_s": ended_s - began_s, **asdict(found)}


def call_cost(tool: Tool, edges: Edges, *, count: int, repeats: int = 9) -> Outcome:
    """Seconds that measuring adds to one call of a function that does nothing; plain and measured calls take turns."""

    def nothing() -> None:
        pass

    measured = decorated(tool, nothing, "nothing")
    tool.start()
    for _ in range(min(count, 100)):
        measured()
    added_s = []
    for _ in range(repeats):
        plain_s, measured_s = seconds(nothing, count), seconds(measured, count)
        added_s.append((measured_s - plain_s) / count)
    tool.stop()
    return {"added_s": statistics.median(added_s), "least_s": min(added_s)}


def standing(tool: Tool, edges: Edges, *, duration_s: float) -> Outcome:
    """CPU time that the tool uses by itself, all its processes together, while a window is open and nothing happens."""
    tool.start()
    with tool.window("standing"):
        time.sleep(SETTLED_S)
        share = share_of_core([os.getpid()], lambda: time.sleep(duration_s), duration_s)
    tool.stop()
    return {"share_of_core": share}


def slowdown(make: Callable[[], Tool], *, workload: str, pairs: int) -> Outcome:
    """How much longer work takes while a tool samples than while its processes are held, in pairs in random order.

    One window is open all the time, and each slice of work is short, so that what else the machine does falls on both
    of a pair. A tool that samples in a thread of this process cannot be held.
    """
    work = {"gil": gil_bound, "blas": blas}[workload]
    generator, ratios = random.Random(5), []
    tool = make()
    tool.start()
    with tool.window("work"):
        time.sleep(SETTLED_S)
        samplers = [pid for pid in tree(os.getpid()) if pid != os.getpid()]
        if not samplers:
            return {"missing": "samples in a thread of the process"}
        share = share_of_core(samplers, work, SHARE_S)
        for _ in range(pairs):
            taken_s = dict[bool, float]()
            for sampling in generator.sample([True, False], 2):
                for pid in samplers:
                    os.kill(pid, signal.SIGCONT if sampling else signal.SIGSTOP)
                taken_s[sampling] = seconds(work, 1)
            ratios.append(taken_s[True] / taken_s[False] - 1)
        for pid in samplers:
            os.kill(pid, signal.SIGCONT)
    tool.stop()
    return {"ratios": [round(ratio, 6) for ratio in ratios], "share": share}


def gil_bound() -> int:
    """About a tenth of a second of Python that never lets go of the interpreter by itself."""
    total = 0
    for number in range(2_000_000):
        total += number & 7
    return total


def blas() -> None:
    """Some tenths of a second of matrix products, by as many threads as the library is told to use."""
    import numpy as np

    matrix = np.ones((500, 500))
    for _ in range(80):
        matrix @ matrix


def draw(edges: Edges, duration_s: float, power_w: float = POWER_W["a"]) -> Interval:
    """Draws until this process wakes up again; returns from when to when, for `joules` to look up afterwards."""
    start_s = edges.now(power_w)
    time.sleep(duration_s)
    edges.now(IDLE_W)
    return start_s, time.monotonic()  # appending to the edges takes some time too, which is in the window


async def draw_async(edges: Edges, duration_s: float) -> Interval:
    """The same, while other coroutines may run."""
    start_s = edges.now(POWER_W["a"])
    await asyncio.sleep(duration_s)
    edges.now(IDLE_W)
    return start_s, time.monotonic()


def joules(edges: Edges, stretches: Iterable[Interval]) -> float:
    """What was drawn in them. Looked up after the scene, since it takes longer than a window should."""
    return sum(edges.energy_j(start_s, end_s) for start_s, end_s in stretches)


def decorated(tool: Tool, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function decorated; with a tool that has no decorator, a window by hand around every call."""
    by_tool = tool.decorated(function, name)
    if by_tool is not None:
        return by_tool

    def by_hand(*args: Any) -> Any:
        with tool.window(name):
            return function(*args)

    return by_hand


def seconds(function: Callable[[], object], count: int) -> float:
    """How long so many calls take."""
    start_s = time.perf_counter()
    for _ in range(count):
        function()
    return time.perf_counter() - start_s


def beside(true_j: dict[str, float], found: dict[str, Found]) -> Outcome:
    """For each name the truth and what the tool says of it: [true, found, low, high] in J."""
    rows = {}
    for name, drawn_j in true_j.items():
        one = found.get(name, Found())
        rows[name] = [rounded(joules) for joules in (drawn_j, one.energy_j, one.low_j, one.high_j)]
    return {"names": rows}


def rounded(joules: float | None) -> float | None:
    """To a tenth of a millijoule: counters move in whole ones."""
    return None if joules is None else round(joules, 4)


IMPORTS = {
    "energyprof": "import energyprof",
    "zeus": "from zeus.monitor import ZeusMonitor",
    "codecarbon": "from codecarbon import EmissionsTracker",
}
HEAVY = "torch onnxruntime transformers matplotlib pandas codecarbon pynvml numpy scipy sklearn".split()


def import_time(tool: str, *, repeats: int) -> Outcome:
    """Seconds that importing the tool adds to the start of Python, and which heavy libraries come with it."""
    added_s = []
    for _ in range(repeats):
        without_s, with_s = (seconds(lambda p=program: fresh(p), 1) for program in ("pass", IMPORTS[tool]))
        added_s.append(with_s - without_s)
    listed = fresh(f"{IMPORTS[tool]}; import sys; print(*sys.modules)").split()
    return {
        "added_s": statistics.median(added_s),
        "modules": len(listed),
        "heavy": [name for name in HEAVY if name in listed and not IMPORTS[tool].split()[1].startswith(name)],
    }


def fresh(program: str) -> str:
    """What a new interpreter prints."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


SCENES: dict[str, Callable[..., Outcome]] = {
    "isolated": isolated,
    "calls": calls,
    "overlapping": overlapping,
    "streams": streams,
    "call-cost": call_cost,
    "standing": standing,
}


def memory(*, calls: int) -> Outcome:
    """What a hot loop of decorated calls leaves behind; of energyprof only."""
    from many_calls import memory

    return dict(memory(calls))


def intervals(*, estimator: str, period_s: float, noise: float, windows: int) -> Outcome:
    """How often intervals hold, by duration of the calls; of energyprof only."""
    from intervals import SCENES, Meter, line

    durations_s = SCENES[estimator][1]
    return {"lines": [asdict(line(estimator, Meter(period_s, noise), each_s, windows)) for each_s in durations_s]}


OF_ENERGYPROF: dict[str, Callable[..., Outcome]] = {"memory": memory, "intervals": intervals}


def main() -> None:
    """Runs one scene with one tool."""
    tool_name, scene, text = sys.argv[1:]
    options = json.loads(text)
    make = TOOLS[tool_name]
    if scene == "import-time":
        outcome = import_time(tool_name, **options)
    elif scene == "slowdown":
        outcome = slowdown(lambda: make("gpu"), **options)
    elif scene in OF_ENERGYPROF:
        outcome = OF_ENERGYPROF[scene](**options)
    elif scene == "faulty-rapl":
        outcome = faulty_rapl(lambda: make("cpu"), **options)
    else:
        edges = Edges(Path(options.pop("edges")))
        outcome = SCENES[scene](make("gpu"), edges, **options)
    print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
