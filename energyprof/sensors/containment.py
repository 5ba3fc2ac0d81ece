"""What holds what across device families, so that totals add each joule once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energyprof.model.domain import Domain
from energyprof.model.errors import NotMeasurable
from energyprof.sensors.amd_chip import WHOLE_CHIP
from energyprof.sensors.sensor import Sensor

HOLDS_A_CPU = ("cpu", "platform", "module")

BESIDE_EACH_OTHER = ("module", "cpu", "core", "uncore")
"""Kinds of which two that no domain contains are two things; a platform or a board may hold another."""

WIDEST = ("plug", "battery", "hwmon")
"""Families with domains that stand apart, the one that holds most first."""


def settle(sensors: Sequence[Sensor], *, cpu_is_modelled: bool) -> None:
    """Marks what another of these sensors meters as well, and lets what stands apart count where it is all there is.

    An AMD chip with CPU and graphics counts in place of its CPU's own meter. A kernel driver that shows the meter of
    another family (RAPL's, or that of an AMD GPU) is left out of totals; so is a domain of the whole machine, or of
    unknown extent, beside any other. Alone it counts, since who named it wants to know it; of several that may hold
    each other none does.

    Args:
        cpu_is_modelled: whether an estimate of the CPU will count where no meter does.

    Raises:
        NotMeasurable: all that is left are several meters that may hold each other.
    """
    _settle_chips(sensors)
    for sensor in sensors:
        if sensor.name == "hwmon":
            sensor.domains = [_unless_doubled(domain, sensors) for domain in sensor.domains]
    if cpu_is_modelled or any(domain.apart is None for sensor in sensors for domain in sensor.domains):
        return
    alone = next((sensor for name in WIDEST for sensor in sensors if sensor.name == name), None)
    if alone is not None:
        counts = _counting(alone)
        alone.domains = [replace(domain, apart=None) if domain in counts else domain for domain in alone.domains]


def _settle_chips(sensors: Sequence[Sensor]) -> None:
    """Lets the chips that AMD SMI meters whole count in place of their CPUs.

    Where there are more CPUs than it meters chips, or something meters the platform, the chips stand apart.
    """
    amd = next((sensor for sensor in sensors if sensor.name == "amd"), None)
    chips = [domain for domain in amd.domains if domain.kind == "module"] if amd else []
    if amd is None or not chips:
        return
    others = [sensor for sensor in sensors if sensor.name == "rapl"]
    kinds = [domain.kind for sensor in others for domain in sensor.domains if domain.apart is None]
    if "platform" in kinds or kinds.count("cpu") > len(chips):
        amd.domains = [replace(domain, apart=WHOLE_CHIP) if domain in chips else domain for domain in amd.domains]
        return
    for sensor in others:
        sensor.domains = [
            replace(domain, apart=f"{chips[0].id} measures the whole chip") if domain.kind == "cpu" else domain
            for domain in sensor.domains
        ]


def _counting(sensor: Sensor) -> list[Domain]:
    """Of domains that all stand apart those that count where nothing else does: the machine, or parts that are known to
    lie beside each other."""
    ids = {domain.id for domain in sensor.domains}
    widest = [domain for domain in sensor.domains if domain.parent not in ids]
    machine = [domain for domain in widest if domain.kind == "platform"]
    if machine:
        widest = machine
    if len(widest) > 1 and any(domain.kind not in BESIDE_EACH_OTHER for domain in widest):
        raise NotMeasurable(
            f"{', '.join(domain.id for domain in widest)} may hold each other, so a total could count joules twice, "
            f"and nothing was measured. Read them beside something that counts, such as {sensor.name},cpu-model: they "
            "are then shown, in no total."
        )
    return widest


def _unless_doubled(domain: Domain, sensors: Sequence[Sensor]) -> Domain:
    """The domain, apart where another family meters the same."""
    others = {sensor.name: sensor.domains for sensor in sensors if sensor.name != "hwmon"}
    if domain.apart is not None:
        return domain
    if domain.id.startswith("gpu:amdgpu-") and others.get("amd"):
        return replace(domain, apart="amd measures the AMD GPUs")
    cpu = next(
        (other.id for name in others for other in others[name] if other.kind in HOLDS_A_CPU and other.apart is None),
        None,
    )
    if domain.kind in HOLDS_A_CPU and cpu is not None:
        return replace(domain, apart=f"{cpu} measures the CPU")
    return domain
