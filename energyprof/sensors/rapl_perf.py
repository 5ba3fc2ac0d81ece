"""CPU packages and memory through RAPL, as the perf_event subsystem counts them, where powercap does not show them.

Source of names, scales and permissions: arch/x86/events/rapl.c; Documentation/admin-guide/sysctl/kernel.rst, section
"perf_event_paranoid", and perf-security.rst of the Linux kernel (2024).
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from energyprof.model.domain import Domain
from energyprof.sensors import perf_event, procfs, rapl
from energyprof.sensors.number_file import number, text
from energyprof.sensors.sensor import Finding

DEVICE = Path("bus", "event_source", "devices", "power")

EVENTS = {
    "energy-pkg": "package-{package}",
    "energy-ram": "dram",
    "energy-cores": "core",
    "energy-gpu": "uncore",
    "energy-psys": "psys",
}
"""What perf calls an event, and what powercap calls the zone of the same register."""

OF_THE_PACKAGE = ("energy-pkg", "energy-psys")
NOTE = "through perf_event"
PARANOID = procfs.PROC / "sys" / "kernel" / "perf_event_paranoid"


Opener = Callable[[int, int, int, str], rapl.Counting]
"""From the device's type, the event's config, a CPU and a name to the counter; raises OSError."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event on one CPU, which stands for its package."""

    name: str
    config: int
    joules_per_count: float
    cpu: int
    package: str

    @property
    def label(self) -> str:
        """For sentences: "energy-pkg on CPU 0"."""
        return f"{self.name} on CPU {self.cpu}"


def instead_of(powercap: Finding, sysfs: Path, opener: Opener = perf_event.open_counter) -> Finding:
    """The better way to RAPL: powercap where that misses nothing, else perf_event where that shows more.

    Args:
        powercap: what `rapl.find` gave.
        sysfs: where the kernel's tree is.
    """
    if powercap.sensor is not None and powercap.reason is None:
        return powercap
    perf = find(sysfs, opener)
    if perf.sensor is not None and (powercap.sensor is None or perf.reason is None):
        if powercap.sensor is not None:
            powercap.sensor.close()
        return perf
    if perf.sensor is not None:
        perf.sensor.close()
    if perf.reason is None or not (sysfs / DEVICE).exists():
        return powercap
    return replace(
        powercap,
        reason=f"{powercap.reason} Nor through perf_event: {perf.reason}",
        remedy=f"{powercap.remedy}\nor, for perf_event: {perf.remedy}",
    )


def find(sysfs: Path, opener: Opener = perf_event.open_counter) -> Finding:
    """Looks for RAPL events.

    As with powercap: packages and memory are measured, or else the platform, never both.

    Args:
        sysfs: where the kernel's tree is.
    """
    kind = number(sysfs / DEVICE / "type")
    if kind is None:
        return Finding(None, f"There is no perf_event device {sysfs / DEVICE}.", "sudo modprobe rapl")
    events = _events(sysfs)
    doubled = [
        package for package, count in Counter(e.package for e in events if e.name == "energy-pkg").items() if count > 1
    ]
    if doubled:
        several = f"Package {doubled[0]} has several counters, which may or may not be the same meter."
        return Finding(None, several, rapl.OPEN_TO_GROUP)
    opened: dict[Event, rapl.Counting] = {}
    refused: dict[str, OSError] = {}
    for event in events:
        try:
            opened[event] = opener(kind, event.config, event.cpu, event.label)
        except OSError as error:
            refused[event.label] = error
    chosen = _chosen(list(opened))
    for event in opened.keys() - set(chosen):
        opened[event].close()
    missing = {label: error for label, error in refused.items() if _matters(label, chosen)}
    reason = _refusal(missing) if missing else None
    remedy = _permission(missing) if missing else None
    if not chosen:
        return Finding(None, reason or f"{sysfs / DEVICE} counts no package.", remedy or "perf list power/")
    return Finding(
        rapl.RaplSensor([_domain(event) for event in chosen], [opened[event] for event in chosen]), reason, remedy
    )


def _events(sysfs: Path) -> list[Event]:
    device = sysfs / DEVICE
    found = []
    for cpu in _cpus(text(device / "cpumask") or ""):
        package = text(sysfs / f"devices/system/cpu/cpu{cpu}/topology/physical_package_id")
        for name in EVENTS:
            config = re.search(r"\bevent=(0x[0-9a-fA-F]+|\d+)", text(device / "events" / name) or "")
            scale = text(device / "events" / f"{name}.scale")
            if config is None or scale is None or package is None:
                continue
            found.append(Event(name, int(config[1], 0), float(scale), cpu, package))
    return found


def _cpus(mask: str) -> list[int]:
    """The CPUs of a list such as "0,18" or "0-1"."""
    ranges = [part.split("-") for part in mask.split(",") if part]
    return [cpu for ends in ranges for cpu in range(int(ends[0]), int(ends[-1]) + 1)]


def _chosen(events: list[Event]) -> list[Event]:
    packages = {event.package for event in events if event.name == "energy-pkg"}
    if not packages:
        return [event for event in events if event.name == "energy-psys"][:1]
    return [event for event in events if event.package in packages and event.name != "energy-psys"]


def _matters(label: str, chosen: list[Event]) -> bool:
    """Whether what was refused is missing from a total: parts of a package are not, nor a platform beside it."""
    return not chosen or label.startswith(("energy-pkg", "energy-ram"))


def _domain(event: Event) -> Domain:
    """As of the powercap zone that shows the same register."""
    package = f"package-{event.package}"
    zone = rapl.Zone(
        path=DEVICE,
        folder=event.label,
        name=EVENTS[event.name].format(package=event.package),
        outer=None if event.name in OF_THE_PACKAGE else package,
        range_uj=None,
        max_power_w=None,
        reading=0,
    )
    shaped = rapl.domain(zone, procfs.cpuinfo().get("vendor_id", ""), [])
    note = "; ".join(filter(None, [NOTE, shaped.note]))
    return replace(shaped, joules_per_count=event.joules_per_count, note=note)


def _refusal(refused: dict[str, OSError]) -> str:
    label, error = next(iter(refused.items()))
    others = f" and {len(refused) - 1} others" if len(refused) > 1 else ""
    sentence = f"the kernel refuses perf_event_open for {label}{others} ({error.strerror or error})"
    if error.errno not in (errno.EACCES, errno.EPERM):
        return f"{sentence}."
    level = text(PARANOID) or "not known"
    return (
        f"{sentence}: kernel.perf_event_paranoid is {level}, and above 0 only processes with CAP_PERFMON may count "
        "what a whole CPU does."
    )


def _permission(refused: dict[str, OSError]) -> str:
    if all(error.errno not in (errno.EACCES, errno.EPERM) for error in refused.values()):
        return "perf stat -a -e power/energy-pkg/ sleep 1   (says what perf itself finds)"
    python = os.path.realpath(sys.executable)
    return (
        "sudo sysctl kernel.perf_event_paranoid=0   (for all users, until the next start)\n"
        f"sudo setcap cap_perfmon=ep {python}   (for this Python alone)\n"
        "docker run --cap-add PERFMON ...   (a container)"
    )
