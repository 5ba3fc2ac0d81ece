"""The page `docs/accuracy.md` and the short table in README.md, both from what `bench.py` recorded.

python benchmarks/accuracy.py      writes both again from benchmarks/accuracy.json, without measuring
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cells import NOTHING, cell, duration, holding
from rows import RAPL_W

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / "benchmarks" / "accuracy.json"
PAGE = ROOT / "docs" / "accuracy.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- accuracy: written by `make bench` -->\n", "<!-- /accuracy -->\n"

Evidence = Mapping[str, Any]

COLUMNS = {
    "energyprof": "energyprof",
    "zeus": "Zeus",
    "zeus-power": "Zeus PowerMonitor",
    "codecarbon": "CodeCarbon, decorator",
    "codecarbon-tasks": "CodeCarbon, tasks",
}

HEAD = """\
# How accurate it is, beside other tools

Written by `{command}`; do not edit. **Everything here is simulated**: a GPU behind NVML and a CPU behind RAPL whose
every reading is a pure function of the clock and of the power that the workload itself sets, so that the joules of any
window are known in closed form. The tools are the real ones, unmodified, each in an environment of its own, with the
same workload. The figures are of tools and not of hardware: what a real counter does beyond this is not in them. For a
real GPU there is [another page](gpu.md).

{machine}

How to read it: an error is found / drawn - 1, the mean over single windows, with its standard error behind ±. *Holds*
is the share of windows whose 95 % interval held the truth, beside the median half-width of those intervals. "-" means
that the tool has no such notion, or that it is not asked of it. CodeCarbon is used in both ways that it offers: its
decorator, which makes a tracker for each call, and tasks of one tracker. Zeus has no decorator: its windows are put
around the calls by hand.
"""


def page(evidence: Evidence) -> str:
    """The whole page."""
    parts = [HEAD.format(command=evidence["command"], machine=_machine(evidence))]
    parts += [_section(name, row) for name, row in evidence["rows"].items()]
    return "\n".join(parts)


def short_form(evidence: Evidence) -> str:
    """The table of README.md: the same cells as on the page."""
    tools = ("energyprof", "zeus", "codecarbon")
    lines = [["simulated machine", *(COLUMNS[tool].partition(",")[0] for tool in tools)]]
    for row, what, words in SHORT:
        case = next((case for case in evidence["rows"].get(row, {}).get("cases", []) if case["what"] == what), None)
        if case is not None:
            lines.append([words, *(_cell_of(row, case, tool, evidence["rows"][row]["cases"][0]) for tool in tools)])
    return _table(lines)


SHORT = (
    ("isolated", "10 ms", "isolated 10 ms calls, 100 ms counter: mean error"),
    ("isolated", "500 ms", "the same, 500 ms"),
    ("calls", "one function", "10 ms calls with random gaps"),
    ("overlapping", "8 threads, 3 s each", "eight spans at once: their sum / the GPU"),
    ("streams", "generator", "a generator that streams"),
    ("rapl", "the counter goes round five times", "RAPL: the counter goes round five times"),
    ("call-cost", "recording", "added to a call"),
)


def write(evidence: Evidence) -> None:
    """Writes the page and the short form."""
    PAGE.write_text(page(evidence))
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + short_form(evidence) + END + after)


def plain(name: str, row: Evidence) -> str:
    """A row's table for the terminal."""
    return f"\n{row['title']} (meant: {row['aim']})\n" + "\n".join(
        f"  {case['what']:<48} {COLUMNS[outcome['tool']]:<22} {_cell_of(name, case, outcome['tool'], row['cases'][0])}"
        for case in row["cases"]
        for outcome in case["outcomes"]
    )


def _machine(evidence: Evidence) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in evidence["versions"].items())
    loads = [row["load"] for row in evidence["rows"].values()]
    dates = [row["date"] for row in evidence["rows"].values()]
    return (
        f"Machine: {evidence['machine']}. Versions: {versions}. Measured {min(dates)} to {max(dates)} (UTC). Load "
        f"average meanwhile: {min(loads):.1f} to {max(loads):.1f}; the higher it is, the less the times are worth."
    )


def _section(name: str, row: Evidence) -> str:
    note = f" {NOTES[name]}" if name in NOTES else ""
    return f"## {row['title']}\n\nMeant for energyprof: {row['aim']}.{note}\n\n{_table(_lines(name, row))}"


def _lines(name: str, row: Evidence) -> list[list[str]]:
    """The cells of a row's table: a column a tool, or of intervals a column a duration."""
    if name == "intervals":
        return _by_duration(row)
    used = {outcome["tool"] for case in row["cases"] for outcome in case["outcomes"]}
    tools = [tool for tool in COLUMNS if tool in used]
    lines = [["", *(COLUMNS[tool] for tool in tools)]]
    for case in row["cases"]:
        lines.append([case["what"], *(_cell_of(name, case, tool, row["cases"][0]) for tool in tools)])
    return lines


def _by_duration(row: Evidence) -> list[list[str]]:
    by_case = {
        case["what"]: {line["duration_s"]: line for line in case["outcomes"][0]["outcome"]["lines"]}
        for case in row["cases"]
    }
    durations_s = sorted({duration_s for lines in by_case.values() for duration_s in lines})
    body = [
        [what, *(holding(lines[each_s]) if each_s in lines else NOTHING for each_s in durations_s)]
        for what, lines in by_case.items()
    ]
    return [["", *map(duration, durations_s)], *body]


NOTES = {
    "isolated": "Calls at 600 W on a GPU that idles at 70 W, with half a second of quiet around each.",
    "part-time": (
        "A call shorter than the unseen part of a period is seen whole or not at all, so single calls scatter by more "
        "than their size. The simulated GPU bears the name of one whose power sensor is known to work like that, which "
        "no tool could see in the readings."
    ),
    "streams": "Zeus has no decorator; a window by hand around every step would be needed.",
    "rapl": (
        "The joules of the packages beside those that they drew, and what the tool said that it does not say without a "
        "fault. All tools with their default settings; of Zeus the sum over its `cpu_energy`."
    ),
    "intervals": (
        "Readings are computed of known courses of power and not waited for; the estimators are the real ones. "
        "*Bracket*: a call from idle; *25 % duty*: the same of a sensor that looks a quarter of the time; "
        "*interpolate*: the second of three calls of any power without a pause; *regress*: 300 calls of two "
        "functions with random pauses. Behind ±: the median half-width. Where that is below 0.15 % nothing random "
        "is left: the counter's last digit and the microseconds around a call bound the error, and hold nearly "
        "always. So do bounds, which is all that is told of a call far below the counter's period between others "
        "that nobody knows."
    ),
    "memory": "The most that the process held during a loop of calls that do nothing, beyond what it held before.",
    "call-cost": (
        "Medians of runs in which plain and measured calls take turns. Zeus: a window by hand, two readings of a "
        "simulated NVML."
    ),
    "sampler": (
        "ZeusMonitor does not sample; its PowerMonitor does. CPU while nothing happens: of all processes and threads "
        "of the tool. Slowdown: slices of work of some tenths of a second while the tool samples, beside slices while "
        "its processes are held (SIGSTOP), in pairs in random order; Hodges-Lehmann estimate with its 95 % interval. "
        "Own CPU: of the processes that sample, in 20 s of such work. CodeCarbon samples in a thread of the process, "
        "every 15 s, which cannot be held."
    ),
}
"""What has to be known of a row."""


def _cell_of(row: str, case: Evidence, tool: str, first: Evidence) -> str:
    outcome = next((one for one in case["outcomes"] if one["tool"] == tool), None)
    if outcome is None:
        return NOTHING
    healthy = next((one["outcome"] for one in first["outcomes"] if one["tool"] == tool), None)
    return cell(outcome["scene"], outcome["outcome"], power_w=RAPL_W.get(case["what"], 100.0), healthy=healthy).replace(
        "|", "/"
    )


def _table(lines: Sequence[Sequence[str]]) -> str:
    head, *body = lines
    rule = ["---"] * len(head)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *body))


def main() -> None:
    """Renders again."""
    write(json.loads(EVIDENCE.read_text()))


if __name__ == "__main__":
    main()
