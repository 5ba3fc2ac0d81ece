"""A simulated powercap tree, laid out as Linux does, whose counters follow known power.

Clients that take another root of `/sys` are given the tree. All others, unmodified, see it in place of the machine's
own in a private mount namespace (`in_place_of_sysfs`), where that is permitted.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulated.truth import NS_PER_S, Edges

UPDATE_NS = 1_000_000
INTEL_RANGE_UJ = 262_143_328_850
UNREADABLE = "/proc/self/mem"
"""Opens, and gives EIO when its first page is read."""

CLASS_FOLDER = Path("/sys/class")


@dataclass
class SimulatedZone:
    """One zone: its counter is `start_uj` plus what was drawn, modulo its range.

    Attributes:
        unreadable: (from_s, to_s) in which the file holds nothing.
        eio: (from_s, to_s) in which whoever opens the file gets EIO, and who held it open reads nothing.
    """

    path: Path
    edges: Edges
    range_uj: int
    start_uj: int
    unreadable: list[tuple[float, float]] = field(default_factory=list)
    eio: list[tuple[float, float]] = field(default_factory=list)

    def counter_uj(self, t_s: float) -> int:
        """What the file holds at an instant: the truth at the last update before it."""
        t_ns = round(t_s * NS_PER_S)
        update_s = (t_ns - t_ns % UPDATE_NS) / NS_PER_S
        return (self.start_uj + round(self.edges.energy_j(0, update_s) * 1e6)) % (self.range_uj + 1)

    def write(self, t_s: float) -> None:
        """Sets the file to what it holds at an instant. In place, as kept-open descriptors expect it."""
        file = self.path / "energy_uj"
        if self.eio:
            file = self._aside(_within(t_s, self.eio))
        if _within(t_s, self.eio + self.unreadable):
            os.truncate(file, 0)
            return
        with file.open("r+b", buffering=0) as opened:
            opened.write(f"{self.counter_uj(t_s):020d}\n".encode())

    def _aside(self, broken: bool) -> Path:
        """The file itself, kept aside while its place is taken by one that cannot be read."""
        place, aside = self.path / "energy_uj", self.path.parent / f".{self.path.name}.aside"
        if broken and not place.is_symlink():
            place.rename(aside)
            place.symlink_to(UNREADABLE)
        elif not broken and place.is_symlink():
            aside.replace(place)
        return aside if broken else place

    def break_with_eio(self) -> None:
        """From now on opening works and reading gives EIO, as the first page of a process's memory does."""
        (self.path / "energy_uj").unlink()
        (self.path / "energy_uj").symlink_to(UNREADABLE)

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
        self,
        folder: str,
        name: str,
        *,
        power_w: float = 0.0,
        range_uj: int = INTEL_RANGE_UJ,
        start_uj: int = 0,
        mirrors: SimulatedZone | None = None,
    ) -> SimulatedZone:
        """Adds a zone that draws `power_w` from instant 0 of the monotonic clock on.

        Args:
            folder: as the kernel names it: "intel-rapl:0:1" is made within "intel-rapl:0".
            mirrors: the zone whose meter this one shows too, and with it its power.
        """
        control, *numbers = folder.split(":")
        nested = [":".join([control, *numbers[: depth + 1]]) for depth in range(len(numbers))]
        path = self.sysfs.joinpath("devices/virtual/powercap", control, *nested)
        path.mkdir(parents=True)
        (path / "name").write_text(name + "\n")
        (path / "energy_uj").touch()
        (self.sysfs / "class" / "powercap" / folder).symlink_to(path)
        self._control_type(control)
        if mirrors is not None:
            edges, range_uj, start_uj = mirrors.edges, mirrors.range_uj, mirrors.start_uj
        else:
            edges = Edges(self.folder / f"{folder}.edges")
            edges.append(0, power_w)
        (path / "max_energy_range_uj").write_text(f"{range_uj}\n")
        zone = SimulatedZone(path, edges, range_uj, start_uj)
        zone.write(0)
        self.zones.append(zone)
        return zone

    def _control_type(self, control: str) -> None:
        """The folder around all zones of a kind, with the link to their class that some clients look zones up by."""
        folder = self.sysfs / "devices" / "virtual" / "powercap" / control
        if not (folder / "subsystem").is_symlink():
            (folder / "subsystem").symlink_to(self.sysfs / "class" / "powercap")
            (self.sysfs / "class" / "powercap" / control).symlink_to(folder)

    def write(self, t_s: float) -> None:
        """Sets every counter to what it holds at an instant."""
        for zone in self.zones:
            zone.write(t_s)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Meanwhile another process moves the counters, about every millisecond. Add zones and faults before."""
        plan = self.folder / "powercap.json"
        plan.write_text(
            json.dumps(
                [[str(z.path), str(z.edges.path), z.range_uj, z.start_uj, z.unreadable, z.eio] for z in self.zones]
            )
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


@functools.cache
def why_not_in_place() -> str | None:
    """Why no private mount namespace can be made here; None where it can."""
    if shutil.which("unshare") is None:
        return "there is no `unshare` here"
    return None if _namespace() else "a private mount namespace is not permitted here"


@functools.cache
def _namespace() -> list[str] | None:
    """The command that makes one in which folders can be mounted: as root, else as the root of a user namespace."""
    for command in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        tried = subprocess.run([*command, "mount", "-t", "tmpfs", "none", str(CLASS_FOLDER)], capture_output=True)
        if tried.returncode == 0:
            return command
    return None


def in_place_of_sysfs(tree: SimulatedPowercap, command: Sequence[str]) -> list[str]:
    """A command line that runs a command where `/sys/class/powercap` is the tree's; only it and its children see that.

    A machine without powercap has no such folder: then the rest of `/sys/class` is hidden from the command.
    """
    powercap = CLASS_FOLDER / "powercap"
    steps = [] if powercap.is_dir() else [f"mount -t tmpfs none {CLASS_FOLDER}", f"mkdir {powercap}"]
    steps += [f"mount --bind {shlex.quote(str(tree.sysfs / 'class' / 'powercap'))} {powercap}"]
    devices = CLASS_FOLDER.parent / "devices" / "virtual" / "powercap"
    if devices.is_dir():
        steps += [f"mount --bind {shlex.quote(str(tree.sysfs / 'devices' / 'virtual' / 'powercap'))} {devices}"]
    namespace = _namespace()
    assert namespace is not None, why_not_in_place()
    return [*namespace, "sh", "-c", " && ".join([*steps, f"exec {shlex.join(command)}"])]


def _within(t_s: float, stretches: Sequence[tuple[float, float]]) -> bool:
    return any(from_s <= t_s < to_s for from_s, to_s in stretches)


def serve(plan: Path) -> None:
    """Moves the counters of a plan until its process is ended."""
    zones = [
        SimulatedZone(Path(path), Edges(Path(edges)), range_uj, start_uj, unreadable, eio)
        for path, edges, range_uj, start_uj, unreadable, eio in json.loads(plan.read_text())
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
