"""Boards, GPUs and processors whose drivers show energy or power through the kernel's hwmon tree.

A channel with an energy counter is counted, one with only power (or a voltage and the current of the same rail) is
integrated here. What a channel meters is known of few drivers; of the others it is not, and they are shown only.

Source of files and units: Documentation/hwmon/sysfs-interface.rst and the drivers' own pages there (Linux 6.12, 2024).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from energyprof.model.domain import Domain, Kind
from energyprof.model.quantity import Basis
from energyprof.sensors import procfs
from energyprof.sensors.amd_chip import WHOLE_CHIP, is_whole_chip
from energyprof.sensors.number_file import CannotRead, NumberFile, number, remedy_of, text
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

GAIN = 0.10
"""A prior: drivers document the unit of their readings, and hardly any how far these may be off."""

QUICK_S = 1e-3
"""Channels that together take no longer are read with all other sensors; a chip on a slow bus takes ten times that."""

COST_READS = 3
"""The quickest of so many readings tells what one costs: any may be interrupted."""

LEAST_OWN_PERIOD_S = 0.05
MOST_SHARE = 0.05
"""Of the time in which a slow chip is being read."""

UNKNOWN_EXTENT = "what it meters is not known, so it may hold other domains or be held by them"
WHOLE_MACHINE = "a reference: it feeds the whole machine"
PART_OF_GRACE = "a GPU that reports its whole module holds it"

MOST_CHANNELS = {"ina3221": 3}
"""Where voltage and current of one number are one rail without sharing a label; ina3221's later ones are shunts."""


@dataclass(frozen=True, slots=True)
class Chip:
    """What is known of the channels of one driver.

    Attributes:
        labels: pattern of the channels that are read; others are parts of them.
        apart: see `Domain`.
    """

    kind: Kind
    labels: str = ".*"
    apart: str | None = None
    note: str | None = None


CHIPS = {
    "amdgpu": Chip("gpu"),
    "i915": Chip("gpu"),
    "xe": Chip("gpu"),
    "nouveau": Chip("gpu"),
    "amd_energy": Chip("cpu", labels="Esocket.*"),
    "zenpower": Chip("cpu", note="cores and SoC rails of the package"),
    "fam15h_power": Chip("cpu"),
    "power_meter": Chip("platform", apart=WHOLE_MACHINE),
}
UNKNOWN_CHIP = Chip("board", apart=UNKNOWN_EXTENT)

GRACE = {
    "Module": Chip("module", apart=PART_OF_GRACE),
    "Grace": Chip("cpu", apart=PART_OF_GRACE),
    "CPU": Chip("core", apart=PART_OF_GRACE),
    "SysIO": Chip("uncore", apart=PART_OF_GRACE),
}
"""The ACPI meters of an NVIDIA Grace module, by the first word of what the firmware calls them, for each socket.
A module holds its Grace, which holds CPU and SysIO (NVIDIA Grace Performance Tuning Guide, "Power Telemetry", 2024)."""

GRACE_LABEL = re.compile(r"(Module|Grace|CPU|SysIO) Power Socket (\d+)")

INPUT_RAILS = ("VDD_IN", "POM_5V_IN")
"""Of NVIDIA Jetson modules: what feeds all others (Jetson Linux Developer Guide, section on power monitors, 2024)."""

INPUT_NOTE = "the whole module: CPU, GPU and memory"


class Meter(Protocol):
    """Reads one channel in uJ. Raises `CannotRead`."""

    basis: Basis

    def read(self) -> int: ...

    def close(self) -> None: ...


class EnergyChannel:
    """A cumulative counter in uJ."""

    basis: Basis = "measured"

    def __init__(self, path: Path) -> None:
        self._file = NumberFile(path)
        self.read = self._file.value
        self.close = self._file.close


class PowerChannel:
    """Power, integrated between readings: one file in uW, or a voltage in mV and a current in mA."""

    basis: Basis = "derived"

    def __init__(self, paths: Sequence[Path], clock_ns: Callable[[], int]) -> None:
        self._files = [NumberFile(path) for path in paths]
        self.read = PowerIntegral(self._power_w, clock_ns).read

    def _power_w(self) -> float:
        power_uw = 1
        for file in self._files:
            power_uw *= file.value()
        return power_uw / 1e6

    def close(self) -> None:
        for file in self._files:
            file.close()


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a chip.

    Attributes:
        cost_s: how long reading it takes.
    """

    domain: Domain
    meter: Meter
    cost_s: float


class HwmonSensor:
    """Channels of this machine that show energy or power."""

    name = "hwmon"

    def __init__(self, channels: Sequence[Channel], own_period_s: float | None = None) -> None:
        self.domains = [channel.domain for channel in channels]
        self.own_period_s = own_period_s
        self._channels = channels

    def by_pace(self) -> list[HwmonSensor]:
        """Those that are quick and those that are slow, each as a sensor of its own: the slow hold up no quick one."""
        quick: list[Channel] = []
        slow: list[Channel] = []
        spent_s = 0.0
        channels = [replace(each, domain=domain) for each, domain in zip(self._channels, self.domains, strict=True)]
        for channel in sorted(channels, key=lambda channel: channel.cost_s):
            spent_s += channel.cost_s
            (quick if spent_s <= QUICK_S else slow).append(channel)
        period_s = max(LEAST_OWN_PERIOD_S, math.fsum(channel.cost_s for channel in slow) / MOST_SHARE)
        paced = ((quick, None), (slow, period_s))
        return [HwmonSensor([each for each in channels if each in side], pace_s) for side, pace_s in paced if side]

    def read(self) -> list[int | str]:
        return [_reading(channel.meter) for channel in self._channels]

    def close(self) -> None:
        for channel in self._channels:
            channel.meter.close()


def find(sysfs: Path, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Looks for chips that show energy or power.

    Args:
        sysfs: where the kernel's tree is: "/sys" or a copy of it.
        clock_ns: monotonic; for power that is integrated here, and to see how long a reading takes.
    """
    channels: list[Channel] = []
    refused: list[CannotRead] = []
    for folder in sorted(sysfs.glob("class/hwmon/hwmon*"), key=lambda path: (len(path.name), path.name)):
        if _is_power_supply(folder):
            continue
        for domain, meter in _channels(folder, clock_ns):
            try:
                meter.read()
            except CannotRead as why:
                refused.append(why)
                meter.close()
            else:
                channels.append(Channel(replace(domain, basis=meter.basis), meter, _cost_s(meter, clock_ns)))
    reason = f"Cannot be read: {', '.join(map(str, refused))}." if refused else None
    remedy = remedy_of(refused) if refused else None
    if not channels:
        return Finding(None, reason, remedy) if refused else _none_at_all(sysfs)
    sensor = HwmonSensor(channels)
    sensor.domains = _contained(sensor.domains)
    return Finding(sensor, reason, remedy)


def _reading(meter: Meter) -> int | str:
    try:
        return meter.read()
    except CannotRead as reason:
        return str(reason)


def _cost_s(meter: Meter, clock_ns: Callable[[], int]) -> float:
    costs_ns = []
    for _ in range(COST_READS):
        began_ns = clock_ns()
        _reading(meter)
        costs_ns.append(clock_ns() - began_ns)
    return min(costs_ns) / 1e9


def _is_power_supply(folder: Path) -> bool:
    """Batteries and chargers show up here as well; a battery also counts what flows into it."""
    return "power_supply" in (folder / "device").resolve().parts


def _channels(folder: Path, clock_ns: Callable[[], int]) -> list[tuple[Domain, Meter]]:
    """The channels of one chip, each by the best that it has: energy, power, voltage times current."""
    driver = text(folder / "name") or folder.name
    chip = CHIPS.get(driver, UNKNOWN_CHIP)
    found: list[tuple[Domain, Meter]] = []
    places = _numbers(folder)
    files = folder
    if not places and driver == "power_meter":  # an older kernel puts its files beside the folder and not into it
        files = (folder / "device").resolve()
        places = _numbers(files) if files.is_dir() else []
    for place in places:
        meter, label = _meter(files, driver, place, clock_ns)
        if meter is None:
            continue
        if re.fullmatch(chip.labels, label or ""):
            found.append((_domain(folder, driver, chip, label or f"channel {place}", meter), meter))
        else:
            meter.close()
    return found


def _numbers(folder: Path) -> list[int]:
    names = [re.fullmatch(r"(?:energy|power|curr)(\d+)_(?:input|average)", path.name) for path in folder.iterdir()]
    return sorted({int(name[1]) for name in names if name})


def _meter(folder: Path, driver: str, place: int, clock_ns: Callable[[], int]) -> tuple[Meter | None, str | None]:
    if (energy := folder / f"energy{place}_input").exists():
        return EnergyChannel(energy), text(folder / f"energy{place}_label")
    for power in (folder / f"power{place}_input", folder / f"power{place}_average"):
        if power.exists():
            label = text(folder / f"power{place}_label") or text(folder / f"power{place}_oem_info")
            return PowerChannel([power], clock_ns), label or None
    rail = text(folder / f"in{place}_label")
    same_rail = rail is not None and rail == text(folder / f"curr{place}_label")
    files = [folder / f"in{place}_input", folder / f"curr{place}_input"]
    if (same_rail or place <= MOST_CHANNELS.get(driver, 0)) and all(file.exists() for file in files):
        return PowerChannel(files, clock_ns), rail
    return None, None


def _domain(folder: Path, driver: str, chip: Chip, label: str, meter: Meter) -> Domain:
    device = (folder / "device").resolve().name if (folder / "device").exists() else folder.name
    if driver == "amdgpu" and is_whole_chip(folder):
        chip = replace(chip, kind="module", apart=WHOLE_CHIP)
    if driver == "ina3221":
        chip = _rail(label)
    if driver == "power_meter" and (named := GRACE_LABEL.fullmatch(label)):
        chip = GRACE[named[1]]
    limit_uw = number(folder / "power1_cap_max")
    return Domain(
        id=f"{chip.kind}:" + re.sub(r"[^\w.:]+", "-", f"{driver}-{device}-{label}"),
        kind=chip.kind,
        sensor="hwmon",
        label=f"{driver} {label} ({device})",
        gain=GAIN,
        max_power_w=limit_uw / 1e6 if limit_uw else None,
        note=chip.note,
        apart=chip.apart,
    )


def _rail(label: str) -> Chip:
    """What a rail of a Jetson module feeds, by its label."""
    if label in INPUT_RAILS:
        return Chip("module", note=INPUT_NOTE)
    if "CPU" in label and "GPU" in label:
        return Chip("module")
    if "GPU" in label:
        return Chip("gpu")
    return Chip("cpu") if "CPU" in label else UNKNOWN_CHIP


def _contained(domains: list[Domain]) -> list[Domain]:
    """The domains with their parents: a module's input holds its other rails, an Intel card its package, and a Grace
    module its socket, which holds the CPU."""
    inputs = [domain for domain in domains if domain.note == INPUT_NOTE]
    cards = {domain.id.removesuffix("-card"): domain.id for domain in domains if domain.id.endswith("-card")}
    found = []
    for domain in domains:
        parent = cards.get(domain.id.removesuffix("-pkg")) if domain.id.endswith("-pkg") else None
        if inputs and domain not in inputs and ":ina3221-" in domain.id:
            parent = inputs[0].id
        if named := _grace(domain):
            wider = list(GRACE)[: min(list(GRACE).index(named[1]), 2)]  # the last two lie beside each other
            held_by = [other for other in domains if (its := _grace(other)) and its[2] == named[2] and its[1] in wider]
            found.append(replace(domain, parent=held_by[-1].id if held_by else None))
            continue
        found.append(domain if parent is None else replace(domain, parent=parent, apart=None))
    return found


def _grace(domain: Domain) -> re.Match[str] | None:
    return GRACE_LABEL.search(domain.label) if domain.label.startswith("power_meter ") else None


def _none_at_all(sysfs: Path) -> Finding:
    reason = f"There is no energy, power or rail sensor below {sysfs}/class/hwmon"
    if not procfs.available():
        return Finding(None, f"{reason}: only Linux shows them.", "Measure on Linux.")
    if "hypervisor" in procfs.cpuinfo().get("flags", "").split():
        return Finding(None, f"{reason}: a virtual machine is not shown them.", "Measure on the machine itself.")
    return Finding(None, f"{reason}.", "sudo sensors-detect   (of lm-sensors: finds and loads this board's drivers)")
