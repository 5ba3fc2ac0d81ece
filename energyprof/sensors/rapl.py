"""CPU packages and memory through RAPL, as the Linux powercap tree shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from energyprof.model.domain import Domain, Kind
from energyprof.sensors import procfs
from energyprof.sensors.number_file import NumberFile, number, text
from energyprof.sensors.sensor import Finding

PERIOD_S = 1e-3
"""The counter moves about every millisecond (Intel SDM, volume 3, section 15.10, 2024)."""

PACKAGE_GAIN = {"AuthenticAMD": 0.10}
PACKAGE_GAIN_ELSEWHERE = 0.05
DRAM_GAIN = 0.20
PLATFORM_GAIN = 0.20
"""What the counters may be off, relative; priors, since the firmware's models differ by vendor and by part."""

MOST_POWER_W = {"dram": 500.0, "psys": 3000.0}
MOST_POWER_ELSEWHERE_W = 1000.0
"""More than any package draws today, where the kernel does not say what this one may: beyond it a reading is wrong."""

MIRROR_TOLERANCE_UJ = 1_000_000
"""Two counters of one package this close are the same meter: by chance that happens 8 times in a million."""

COUNTER = "energy_uj"

ZONE_FOLDERS = ("class/powercap/*", "devices/virtual/powercap/*/*", "devices/virtual/powercap/*/*/*")

OPEN_TO_GROUP = """\
sudo groupadd --force energyprof && sudo usermod --append --groups energyprof "$USER"
echo 'SUBSYSTEM=="powercap", KERNEL=="*rapl*:*", RUN+="/bin/chgrp energyprof /sys%p/energy_uj", \
RUN+="/bin/chmod g+r /sys%p/energy_uj"' | sudo tee /etc/udev/rules.d/70-energyprof.rules
sudo udevadm control --reload && sudo udevadm trigger --action=add --subsystem-match=powercap
(then log in again)"""

LOAD_DRIVER = """\
sudo modprobe intel_rapl_msr   (Intel and AMD, on the machine itself)
docker run -v /sys/class/powercap:/host-sys/class/powercap:ro \
-v /sys/devices/virtual/powercap:/host-sys/devices/virtual/powercap:ro \
-e ENERGYPROF_SYSFS=/host-sys ...   (a container)"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a zone of some name becomes a domain; gain None = that of a package."""

    kind: Kind
    id: str
    label: str
    gain: float | None = None
    within_package: bool = False
    note: str | None = None


PACKAGE_SHAPE = Shape("cpu", "cpu:package-{place}", "CPU package {place}")
PLATFORM = "psys"
PLATFORM_SHAPE = Shape(
    "platform", "psys", "Platform", PLATFORM_GAIN, note="what the vendor wired to it: packages, and parts of the board"
)
PARTS = {
    "dram": Shape("dram", "dram:{place}", "Memory of package {place}", DRAM_GAIN),
    "core": Shape("core", "cpu:core-{place}", "Cores of package {place}", within_package=True),
    "uncore": Shape("uncore", "cpu:uncore-{place}", "Graphics of package {place}", within_package=True),
}


@dataclass(frozen=True, slots=True)
class Zone:
    """One folder of the powercap tree.

    Attributes:
        folder: "intel-rapl:0:1" is within "intel-rapl:0", which is of the control type "intel-rapl".
        name: what it meters: "package-0", "package-0-die-1", "core", "uncore", "dram", "psys".
        outer: name of the zone around it; None for a package.
        range_uj: the counter starts again after this; None where the kernel does not say.
        max_power_w: the highest of its power limits; None where the kernel does not say.
        reading: its counter in uJ, or why that cannot be read.
    """

    path: Path
    folder: str
    name: str
    outer: str | None
    range_uj: int | None
    max_power_w: float | None
    reading: int | str

    @property
    def package(self) -> str | None:
        """Number of the package that it is, or is a die of."""
        found = re.match(r"package-(\d+)", self.name)
        return found[1] if found else None

    @property
    def place(self) -> str:
        """Which of its kind it is: "0", or "0-die-1"."""
        return (self.outer or self.name).removeprefix("package-")


class Counting(Protocol):
    """An open counter."""

    def read(self) -> int | str: ...

    def close(self) -> None: ...


class RaplSensor:
    """Packages, their memory and what is within them: zones of powercap, or events of perf."""

    name = "rapl"
    own_period_s = None

    def __init__(self, domains: list[Domain], counters: Sequence[Counting]) -> None:
        self.domains = domains
        self._counters = counters

    def read(self) -> list[int | str]:
        return [counter.read() for counter in self._counters]

    def close(self) -> None:
        for counter in self._counters:
            counter.close()


def find(sysfs: Path) -> Finding:
    """Looks for RAPL zones.

    Packages and memory are measured, or else the platform, which contains both; never all of them.

    Args:
        sysfs: where the kernel's tree is: "/sys" or a copy of it.
    """
    zones = _zones(sysfs)
    if not zones:
        return _none_at_all(sysfs)
    readable = [zone for zone in zones if isinstance(zone.reading, int)]
    tops, mirrors = _without_mirrors([zone for zone in readable if zone.outer is None])
    packages = [zone for zone in tops if zone.package is not None]
    tops = packages or [zone for zone in tops if zone.name == PLATFORM]
    within = tuple(f"{zone.folder}:" for zone in packages)
    chosen = tops + [zone for zone in readable if zone.name in PARTS and zone.folder.startswith(within)]
    missing = _missing(zones, chosen)
    if not chosen:
        return Finding(None, f"No RAPL zone can be read: {', '.join(missing)}.", OPEN_TO_GROUP)
    vendor = procfs.cpuinfo().get("vendor_id", "")
    sensor = RaplSensor(
        [domain(zone, vendor, mirrors.get(zone.folder, [])) for zone in chosen],
        [NumberFile(zone.path / COUNTER) for zone in chosen],
    )
    if not missing:
        return Finding(sensor)
    return Finding(sensor, f"Not in any total, since it cannot be read: {', '.join(missing)}.", OPEN_TO_GROUP)


def _zones(sysfs: Path) -> list[Zone]:
    """Each RAPL zone once, in the order of the folders' numbers, the mirror in memory-mapped registers last."""
    paths = {path.name: path for pattern in ZONE_FOLDERS for path in sysfs.glob(pattern) if "-rapl" in path.name}
    names = {folder: name for folder, path in paths.items() if (name := text(path / "name")) is not None}
    return [
        Zone(
            path=paths[folder],
            folder=folder,
            name=names[folder],
            outer=names.get(folder.rpartition(":")[0]),
            range_uj=number(paths[folder] / "max_energy_range_uj"),
            max_power_w=_max_power_w(paths[folder]),
            reading=_reading(paths[folder]),
        )
        for folder in sorted(names, key=_order)
    ]


def _order(folder: str) -> tuple[bool, list[int]]:
    return "mmio" in folder, [int(number) for number in folder.split(":")[1:]]


def _max_power_w(path: Path) -> float | None:
    limits = [number(file) for kind in ("max_power", "power_limit") for file in path.glob(f"constraint_*_{kind}_uw")]
    return max((limit for limit in limits if limit), default=0) * 1e-6 or None


def _reading(path: Path) -> int | str:
    counter = NumberFile(path / COUNTER)
    reading = counter.read()
    counter.close()
    return reading


def _without_mirrors(tops: list[Zone]) -> tuple[list[Zone], dict[str, list[str]]]:
    """One zone for each meter, and for its folder the other folders that show the same meter."""
    kept: list[Zone] = []
    mirrors: dict[str, list[str]] = {}
    for zone in tops:
        original = next((other for other in kept if _same_meter(other, zone)), None)
        if original is None:
            kept.append(zone)
        else:
            mirrors.setdefault(original.folder, []).append(f"{zone.folder} ({zone.name})")
    return kept, mirrors


def _same_meter(one: Zone, other: Zone) -> bool:
    if one.name == other.name:  # through model-specific and through memory-mapped registers
        return True
    if one.package is None or one.package != other.package or one.range_uj != other.range_uj:
        return False
    assert isinstance(one.reading, int)
    assert isinstance(other.reading, int)
    return abs(one.reading - other.reading) <= MIRROR_TOLERANCE_UJ  # dies that show their package's counter


def _missing(zones: list[Zone], chosen: list[Zone]) -> list[str]:
    """What cannot be read and is not measured in another way."""
    measured = {(zone.outer, zone.name) for zone in chosen}
    return [
        f"{zone.name} ({zone.reading})"
        for zone in zones
        if isinstance(zone.reading, str)
        and (zone.outer, zone.name) not in measured
        and (zone.package or zone.name == "dram" or not chosen)
    ]


def domain(zone: Zone, vendor: str, mirrors: list[str]) -> Domain:
    """What a zone meters.

    Args:
        vendor: of the processor, as /proc/cpuinfo names it. mirrors: zones left out because they show the same meter.
    """
    shape = PARTS.get(zone.name) or (PLATFORM_SHAPE if zone.name == PLATFORM else PACKAGE_SHAPE)
    package_gain = PACKAGE_GAIN.get(vendor, PACKAGE_GAIN_ELSEWHERE)
    return Domain(
        id=shape.id.format(place=zone.place),
        kind=shape.kind,
        sensor="rapl",
        label=shape.label.format(place=zone.place),
        parent=f"cpu:{zone.outer}" if shape.within_package else None,
        joules_per_count=1e-6,
        counts_per_wrap=None if zone.range_uj is None else zone.range_uj + 1,
        gain=package_gain if shape.gain is None else shape.gain,
        period_s=PERIOD_S,
        max_power_w=zone.max_power_w or MOST_POWER_W.get(zone.name, MOST_POWER_ELSEWHERE_W),
        note=f"left out as its mirror: {', '.join(mirrors)}" if mirrors else shape.note,
    )


def _none_at_all(sysfs: Path) -> Finding:
    reason = f"There is no RAPL zone below {sysfs}/class/powercap"
    if not procfs.available():
        return Finding(None, f"{reason}: only Linux shows them.", "Measure on Linux.")
    if "hypervisor" in procfs.cpuinfo().get("flags", "").split():
        return Finding(None, f"{reason}: a virtual machine is not shown them.", "Measure on the machine itself.")
    return Finding(None, f"{reason}: the driver is not loaded, or a container hides them.", LOAD_DRIVER)
