"""An estimate of CPU power where no meter can be read: CPU time of a process tree times assumed watts."""

from __future__ import annotations

import csv
import os
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from energyprof.model.domain import Domain, PowerModel
from energyprof.sensors import procfs
from energyprof.sensors.sensor import Finding

TABLE = Path(__file__).parent.parent / "data" / "cpu_vcpu_power.csv"

LOW, HIGH = 1 / 1.5, 2.0
"""95 % range around the table's watts. Errors of such models multiply, by 1.5 to 2 (log-normal). The wider one holds
upwards: the table rests on servers tuned for a power benchmark, and a vCPU busy alone has a whole core's power."""


@dataclass(frozen=True, slots=True)
class VcpuPower:
    """Watts per virtual CPU of one microarchitecture, the whole server's power at the wall divided by its threads.

    Attributes:
        cpus: what /proc/cpuinfo says of it: "GenuineIntel 6/85/0-4" is vendor, family, model and steppings.
        idle_w, full_w: per vCPU, with none busy and with all busy.
    """

    microarchitecture: str
    cpus: tuple[str, ...]
    idle_w: float
    full_w: float
    source: str

    @property
    def active_w(self) -> float:
        """What a busy vCPU adds."""
        return self.full_w - self.idle_w


class CpuModelSensor:
    """CPU time of a process tree, in ns."""

    name = "cpu-model"
    own_period_s = None

    def __init__(self, domain: Domain, used_ns: Callable[[], int]) -> None:
        self.domains = [domain]
        self._used_ns = used_ns

    def read(self) -> list[int | str]:
        return [self._used_ns()]

    def close(self) -> None:
        """Nothing is held open."""


def find(root_pid: int, *, parent: str | None = None) -> Finding:
    """The model of this machine's processor, for the tree under `root_pid` without the process that reads.

    Args:
        parent: id of a measured domain that holds the CPU already.
    """
    if procfs.available() and procfs.process(root_pid) is None:
        return Finding(None, f"There is no process {root_pid}.", "Name a process that runs.")
    used_ns = _cpu_clock(root_pid)
    if used_ns is None:
        return Finding(None, "Only Linux tells the CPU time of another process.", "Measure on Linux.")
    info = procfs.cpuinfo()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    domain = Domain(
        id="cpu:model",
        kind="cpu",
        sensor="cpu-model",
        label=f"CPU ({info.get('model name', 'unknown processor')}, {cores} vCPUs)",
        parent=parent,
        basis="estimated",
        model=power_model(info, cores),
        note=None
        if procfs.lists_children()
        else "this system lists no child processes, so theirs is counted when they end",
    )
    return Finding(CpuModelSensor(domain, used_ns))


def power_model(info: Mapping[str, str], cores: int) -> PowerModel:
    """Watts of a processor: power = idle + active x busy vCPUs, so that one busy core of sixteen shows.

    Args:
        info: the fields of /proc/cpuinfo.
        cores: vCPUs whose idle power is counted.
    """
    table = vcpu_power()
    matches = [row for row in table if any(_is(info, cpu) for cpu in row.cpus)]
    rows = matches or table
    name = matches[0].microarchitecture if matches else f"unknown processor, as {len(table)} server generations are"
    source = (
        f"model: {name}, {min(row.idle_w for row in rows):.2f} W idle to {max(row.full_w for row in rows):.2f} W busy "
        f"per vCPU (whole server at the wall; {rows[0].source}), low {LOW:.2g} and high {HIGH:.2g} times that"
    )
    return PowerModel(_range([cores * row.idle_w for row in rows]), _range([row.active_w for row in rows]), source)


def vcpu_power() -> list[VcpuPower]:
    """The table of watts per vCPU."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            VcpuPower(
                row["microarchitecture"],
                tuple(cpu.strip() for cpu in row["cpus"].split(";")),
                float(row["idle_w_per_vcpu"]),
                float(row["full_w_per_vcpu"]),
                f"{row['source']}, {row['year']}",
            )
            for row in csv.DictReader(file)
        ]


def _range(watts: list[float]) -> tuple[float, float, float]:
    return min(watts) * LOW, statistics.median(watts), max(watts) * HIGH


def _is(info: Mapping[str, str], cpu: str) -> bool:
    vendor, numbers = cpu.split()
    family, model, *steppings = numbers.split("/")
    if (info.get("vendor_id"), info.get("cpu family"), info.get("model")) != (vendor, family, model):
        return False
    first, last = map(int, steppings[0].split("-")) if steppings else (0, 1 << 16)
    return first <= int(info.get("stepping", "0")) <= last


def _cpu_clock(root_pid: int) -> Callable[[], int] | None:
    """What reads the tree's CPU time in ns; None where this system does not tell it."""
    own = root_pid == os.getpid()
    if procfs.available():
        return procfs.ProcessTree(root_pid, exclude=() if own else (os.getpid(),)).cpu_ns
    return _own_cpu_ns if own else None


def _own_cpu_ns() -> int:
    """This process and its children that have ended."""
    times = os.times()
    return round((times.user + times.system + times.children_user + times.children_system) * 1e9)
