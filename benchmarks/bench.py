"""energyprof beside Zeus and CodeCarbon on a simulated machine whose joules are known.

    PYTHONPATH=tests python benchmarks/bench.py [--only ROW ...] [--quick] [--processes 6]

Prints a table as it goes, keeps what was measured in benchmarks/accuracy.json, and writes docs/accuracy.md and the
short table of README.md from it. With --only the other rows stay as they are; with --quick nothing is written. The
scenes take real time, about twenty minutes in all. Most of it is sleep, so several run at once, except those whose
figures are times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import accuracy
from environments import NoPeer, python_of, version_of
from jobs import Job, at_once
from rows import Row, rows
from simulated.gpu import NoCompiler, built_library

import energyprof

NOT_MEASURABLE_EXIT = 3


def main() -> int:
    """Measures and prints; returns the exit status."""
    known = rows(quick=False)
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=known, metavar="ROW", help=f"of {', '.join(known)}")
    options.add_argument("--quick", action="store_true", help="a tenth of the windows; nothing is written")
    options.add_argument("--processes", type=int, default=6, help="scenes that run at a time")
    chosen = options.parse_args()
    try:
        built_library()
    except NoCompiler as reason:
        print(f"Nothing was measured: {reason}.", file=sys.stderr)
        return NOT_MEASURABLE_EXIT
    for peer in ("zeus", "codecarbon"):
        try:
            python_of(peer)
        except NoPeer as reason:
            print(f"{peer} will be missing from the tables: {reason}", file=sys.stderr)
    wanted = {name: row for name, row in rows(quick=chosen.quick).items() if not chosen.only or name in chosen.only}
    measured = measure(wanted, chosen.processes)
    if not chosen.quick:
        keep(measured)
    return 0


def measure(wanted: dict[str, Row], processes: int) -> dict[str, dict[str, Any]]:
    """All rows: those whose figures are joules several at a time, then those whose figures are times, one by one."""
    told = Progress(sum(len(case.jobs) for row in wanted.values() for case in row.cases))
    measured = {}
    together = [name for name, row in wanted.items() if row.processes is None]
    for names in ([together] if together else []) + [[name] for name in wanted if name not in together]:
        at_a_time = wanted[names[0]].processes or processes
        jobs = [job for name in names for case in wanted[name].cases for job in case.jobs]
        outcomes = dict(zip(map(id, jobs), at_once(jobs, processes=at_a_time, told=told), strict=True))
        for name in names:
            measured[name] = recorded(wanted[name], outcomes)
            print(accuracy.plain(name, measured[name]), flush=True)
    return {name: measured[name] for name in wanted}


def recorded(row: Row, outcomes: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """A row as it is kept."""
    cases = [
        {
            "what": case.what,
            "outcomes": [{"tool": job.tool, "scene": job.scene, "outcome": outcomes[id(job)]} for job in case.jobs],
        }
        for case in row.cases
    ]
    date = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    return {"title": row.title, "aim": row.aim, "date": date, "load": round(os.getloadavg()[1], 1), "cases": cases}


def keep(measured: dict[str, dict[str, Any]]) -> None:
    """Writes the evidence and what is derived from it; rows that were not measured now stay."""
    former = json.loads(accuracy.EVIDENCE.read_text())["rows"] if accuracy.EVIDENCE.exists() else {}
    evidence = {
        "command": "make bench",
        "machine": machine(),
        "versions": versions(),
        "rows": {name: measured.get(name, former.get(name)) for name in rows(quick=False) if name in measured | former},
    }
    accuracy.EVIDENCE.write_text(json.dumps(evidence, separators=(",", ":")) + "\n")
    accuracy.write(evidence)


def machine() -> str:
    """Processor, cores and system."""
    with open("/proc/cpuinfo") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


def versions() -> dict[str, str]:
    """Of all that took part."""
    ours = {"energyprof": energyprof.__version__, "Python": platform.python_version()}
    return {**ours, "Zeus": version_of("zeus"), "CodeCarbon": version_of("codecarbon"), "nvidia-ml-py": _nvml()}


def _nvml() -> str:
    try:
        return version("nvidia-ml-py")
    except PackageNotFoundError:
        return "not installed"


@dataclass
class Progress:
    """Says on stderr how many scenes are done."""

    total: int
    done: int = 0

    def __call__(self, job: Job) -> None:
        self.done += 1
        print(f"{self.done}/{self.total} {job.tool} {job.scene}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
