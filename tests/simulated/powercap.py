"""A simulated powercap tree, laid out as Linux does, whose counters follow known power."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from simulated.truth import NS_PER_S, Edges

UPDATE_NS = 1_000_000
INTEL_RANGE_UJ = 262_143_328_850


@dataclass
class SimulatedZone:
    """One zone: its counter is `start_uj` plus what was drawn, modulo its range.

    Attributes:
        unreadable: (from_s, to_s) in which the file holds nothing.
    """

    path: Path
    edges: Edges
    range_uj: int
    start_uj: int
    unreadable: list[tuple[float, float]] = field(default_factory=list)

    def counter_uj(self, t_s: float) -> int:
        """What the file holds at an instant: the truth at the last update before it."""
        t_ns = round(t_s * NS_PER_S)
        update_s = (t_ns - t_ns % UPDATE_NS) / NS_PER_S
        return (self.start_uj + round(self.edges.energy_j(0, update_s) * 1e6)) % (self.range_uj + 1)

    def write(self, t_s: float) -> None:
        """Sets the file to what it holds at an instant. In place, as kept-open descriptors expect it."""
        file = self.path / "energy_uj"
        if any(from_s <= t_s < to_s for from_s, to_s in self.unreadable):
            os.truncate(file, 0)
            return
        with file.open("r+b", buffering=0) as opened:
            opened.write(f"{self.counter_uj(t_s):020d}\n".encode())

    def break_with_eio(self) -> None:
        """From now on opening works and reading gives EIO, as the first page of a process's memory does."""
        (self.path / "energy_uj").unlink()
        (self.path / "energy_uj").symlink_to("/proc/self/mem")

    def mend(self) -> None:
        """Ends `break_with_eio`."""
        (self.path / "energy_uj").unlink()
        (self.path / "energy_uj").touch()


class SimulatedPowercap:
    """A tree below `sysfs`, for `ENERGYPROF_SYSFS`. Its counters move when `write` is called, or while `running`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sysfs = folder / "sys"
        self.env = {"ENERGYPROF_SYSFS": str(self.sysfs)}
        self.zones: list[SimulatedZone] = []
        (self.sysfs / "class" / "powercap").mkdir(parents=True)

    def zone(
        self, folder: str, name: str, *, power_w: float = 0.0, range_uj: int = INTEL_RANGE_UJ, start_uj: int = 0
    ) -> SimulatedZone:
        """Adds a zone that draws `power_w` from instant 0 of the monotonic clock on.

        Args:
            folder: as the kernel names it: "intel-rapl:0:1" is made within "intel-rapl:0".
        """
        control, *numbers = folder.split(":")
        nested = [":".join([control, *numbers[: depth + 1]]) for depth in range(len(numbers))]
        path = self.sysfs.joinpath("devices/virtual/powercap", control, *nested)
        path.mkdir(parents=True)
        (path / "name").write_text(name + "\n")
        (path / "max_energy_range_uj").write_text(f"{range_uj}\n")
        (path / "energy_uj").touch()
        (self.sysfs / "class" / "powercap" / folder).symlink_to(path)
        edges = Edges(self.folder / f"{folder}.edges")
        edges.append(0, power_w)
        zone = SimulatedZone(path, edges, range_uj, start_uj)
        zone.write(0)
        self.zones.append(zone)
        return zone

    def write(self, t_s: float) -> None:
        """Sets every counter to what it holds at an instant."""
        for zone in self.zones:
            zone.write(t_s)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Meanwhile another process moves the counters, about every millisecond. Add zones and faults before."""
        plan = self.folder / "powercap.json"
        plan.write_text(
            json.dumps([[str(z.path), str(z.edges.path), z.range_uj, z.start_uj, z.unreadable] for z in self.zones])
        )
        path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
        writer = subprocess.Popen(
            [sys.executable, __file__, str(plan)], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE
        )
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            yield
        finally:
            writer.terminate()
            writer.communicate()


def serve(plan: Path) -> None:
    """Moves the counters of a plan until its process is ended."""
    zones = [
        SimulatedZone(Path(path), Edges(Path(edges)), range_uj, start_uj, unreadable)
        for path, edges, range_uj, start_uj, unreadable in json.loads(plan.read_text())
    ]
    parent, told = os.getppid(), False
    while os.getppid() == parent:
        for zone in zones:
            zone.write(time.monotonic())
        if not told:
            print("ready", flush=True)
            told = True
        time.sleep(UPDATE_NS / NS_PER_S)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
