"""Which sensors there are here, which of them are used, and what would change that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.names import either, nearest
from energyprof.model.run import SensorRecord
from energyprof.sensors import amd, apple, battery, cpu_model, hwmon, nvml, plug, rapl, rapl_perf
from energyprof.sensors.containment import HOLDS_A_CPU, settle
from energyprof.sensors.sensor import Finding, Sensor

NAMES = ("nvml", "amd", "apple", "rapl", "hwmon", "battery", "plug", "cpu-model")


@dataclass(frozen=True, slots=True)
class Discovery:
    """The sensors to read, opened, and what every known device family could do here."""

    sensors: list[Sensor]
    records: list[SensorRecord]


def discover(names: Sequence[str] | None, *, root_pid: int, sysfs: Path | None = None) -> Discovery:
    """Looks for sensors and opens those that will be read.

    Args:
        names: device families; None = every meter that works, and the CPU model where none of them meters a CPU.
        root_pid: the process whose tree the CPU model counts.
        sysfs: root of the kernel's tree; None = ENERGYPROF_SYSFS, or else "/sys".

    Raises:
        UnknownName: no device family is called that.
        NotMeasurable: a named one does not work here, or none does, or ENERGYPROF_SYSFS is no folder.
    """
    for name in names or ():
        _require_known(name)
    sysfs = sysfs or _kernels_tree()
    findings = _meters(names or (), sysfs)
    asked = [findings[name] for name in findings if names is None or name in names]
    settle([finding.sensor for finding in asked if finding.sensor], cpu_is_modelled=_models_a_cpu(names))
    cpu_domain = _cpu_domain(asked)
    findings["cpu-model"] = cpu_model.find(root_pid, parent=cpu_domain)
    used = _metering(findings, cpu_domain) if names is None else [name for name in NAMES if name in names]
    for name in used:
        _require_usable(name, findings[name])
    if not used:
        raise NotMeasurable("Nothing here can measure energy. " + _advice(findings))
    sensors = [sensor for name in used if (sensor := findings[name].sensor)]
    _close([finding.sensor for finding in findings.values() if finding.sensor not in sensors])
    sensors = [part for sensor in sensors for part in _by_pace(sensor)]
    sensors.sort(key=lambda sensor: sensor.own_period_s is not None)  # the sampler reads those beside the others
    return Discovery(sensors, [_record(name, findings[name], name in used, cpu_domain) for name in NAMES])


def _kernels_tree() -> Path:
    named = os.environ.get("ENERGYPROF_SYSFS")
    if named and not Path(named).is_dir():
        raise NotMeasurable(
            f"ENERGYPROF_SYSFS={named} is no folder, so the kernel's meters cannot be looked for, and nothing was "
            "measured. Unset it, or name the folder at which the machine's /sys is mounted."
        )
    return Path(named or "/sys")


def _meters(names: Sequence[str], sysfs: Path) -> dict[str, Finding]:
    """What every device family gives, but for the CPU model."""
    return {
        "nvml": nvml.find(os.environ),
        "amd": amd.find(os.environ, sysfs=sysfs),
        "apple": apple.find(),
        "rapl": rapl_perf.instead_of(rapl.find(sysfs), sysfs),
        "hwmon": hwmon.find(sysfs),
        "battery": battery.find(sysfs),
        "plug": plug.find(os.environ) if "plug" in names else plug.not_asked_for(),
    }


def _by_pace(sensor: Sensor) -> Sequence[Sensor]:
    return sensor.by_pace() if isinstance(sensor, hwmon.HwmonSensor) else [sensor]


def _require_known(name: str) -> None:
    if name not in NAMES:
        near = either(map(repr, nearest(name, NAMES, like=0.4)))
        guess = f" Did you mean {near}?" if near else ""
        raise UnknownName(f"There is no sensor {name!r}, so nothing was measured.{guess} Known are {', '.join(NAMES)}.")


def _models_a_cpu(names: Sequence[str] | None) -> bool:
    return names is None or "cpu-model" in names


def _require_usable(name: str, finding: Finding) -> None:
    if finding.sensor is None:
        raise NotMeasurable(f"The sensor {name!r} cannot measure here. {_advice({name: finding})}")


def _advice(findings: dict[str, Finding]) -> str:
    return " ".join(f"{name}: {finding.reason} Remedy: {finding.remedy}" for name, finding in findings.items())


def _cpu_domain(findings: list[Finding]) -> str | None:
    """Id of a measured domain that holds a CPU; None where there is none."""
    domains = [domain for finding in findings if finding.sensor for domain in finding.sensor.domains]
    return next((domain.id for domain in domains if domain.kind in HOLDS_A_CPU and domain.apart is None), None)


def _metering(findings: dict[str, Finding], cpu_domain: str | None) -> list[str]:
    """Every family that works, without the CPU model where a CPU is measured."""
    return [
        name
        for name in NAMES
        if findings[name].sensor is not None and not (name == "cpu-model" and cpu_domain is not None)
    ]


def _record(name: str, finding: Finding, is_used: bool, cpu_domain: str | None) -> SensorRecord:
    if finding.sensor is None:
        return SensorRecord(name, "unavailable", [], finding.reason, finding.remedy)
    domains = [domain.id for domain in finding.sensor.domains]
    if is_used:
        return SensorRecord(name, "used", domains, finding.reason, finding.remedy)
    why = f"{cpu_domain} measures the CPU" if name == "cpu-model" and cpu_domain else "it was not asked for"
    return SensorRecord(name, "unused", domains, f"Not used: {why}.", finding.remedy)


def _close(sensors: list[Sensor | None]) -> None:
    for sensor in sensors:
        if sensor is not None:
            sensor.close()
