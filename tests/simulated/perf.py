"""A simulated perf_event device `power`, and an opener of its counters that follow known power."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from errno import EACCES
from pathlib import Path

JOULES_PER_COUNT = 2.3283064365386962890625e-10
"""2^-32 J, as the kernel scales all RAPL events."""

PERF_TYPE_SOFTWARE = 1
"""The kernel's software events, whose config 0 is cpu-clock: ns of a CPU's time."""

CONFIGS = {"energy-cores": 1, "energy-pkg": 2, "energy-ram": 3, "energy-gpu": 4, "energy-psys": 5}


@dataclass
class SimulatedCounter:
    """One open counter: it counts from 0 at its opening, at constant power."""

    machine: SimulatedPerf
    power_w: float
    opened_s: float
    open: bool = True

    def read(self) -> int | str:
        return round(self.power_w * (self.machine.now_s - self.opened_s) / JOULES_PER_COUNT)

    def close(self) -> None:
        self.open = False


@dataclass
class SimulatedPerf:
    """The tree below `sysfs`, and the system call.

    Attributes:
        powers_w: by (CPU, event).
        refused: events for which the kernel gives EACCES.
        now_s: the clock that all counters follow.
    """

    sysfs: Path
    powers_w: dict[tuple[int, str], float]
    packages: dict[int, int]
    refused: set[str] = field(default_factory=set)
    now_s: float = 0.0
    kind: int = 42
    joules_per_count: float = JOULES_PER_COUNT
    counters: list[SimulatedCounter] = field(default_factory=list)

    def __post_init__(self) -> None:
        device = self.sysfs / "bus/event_source/devices/power"
        (device / "events").mkdir(parents=True)
        (device / "type").write_text(f"{self.kind}\n")
        (device / "cpumask").write_text(",".join(map(str, self.packages)) + "\n")
        for cpu, package in self.packages.items():
            topology = self.sysfs / f"devices/system/cpu/cpu{cpu}/topology"
            topology.mkdir(parents=True)
            (topology / "physical_package_id").write_text(f"{package}\n")
        for name in {name for _, name in self.powers_w}:
            (device / "events" / name).write_text(f"event=0x{CONFIGS[name]:02x}\n")
            (device / "events" / f"{name}.scale").write_text(f"{self.joules_per_count!r}\n")
            (device / "events" / f"{name}.unit").write_text("Joules\n")

    def open_counter(self, kind: int, config: int, cpu: int, name: str) -> SimulatedCounter:
        """As `perf_event.open_counter`."""
        event = next(name for name, number in CONFIGS.items() if number == config)
        assert kind == self.kind
        if event in self.refused:
            raise PermissionError(EACCES, os.strerror(EACCES))
        counter = SimulatedCounter(self, self.powers_w[cpu, event], self.now_s)
        self.counters.append(counter)
        return counter
