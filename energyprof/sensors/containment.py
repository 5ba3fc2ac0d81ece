"""What holds what across device families, so that totals add each joule once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energyprof.model.domain import Domain
from energyprof.sensors.sensor import Sensor

HOLDS_A_CPU = ("cpu", "platform", "module")

WIDEST = ("plug", "battery", "hwmon")
"""Families with domains that stand apart, the one that holds most first."""


def settle(sensors: Sequence[Sensor], *, cpu_is_modelled: bool) -> None:
    """Marks what another of these sensors meters as well, and lets what stands apart count where it is all there is.

    A kernel driver that shows the meter of another family (RAPL's, or that of an AMD GPU) is left out of totals; so
    is a domain of the whole machine, or of unknown extent, beside any other. Alone it counts: then no joule is added
    twice, and who named it wants to know it.

    Args:
        cpu_is_modelled: whether an estimate of the CPU will count where no meter does.
    """
    for sensor in sensors:
        if sensor.name == "hwmon":
            sensor.domains = [_unless_doubled(domain, sensors) for domain in sensor.domains]
    if cpu_is_modelled or any(domain.apart is None for sensor in sensors for domain in sensor.domains):
        return
    alone = next((sensor for name in WIDEST for sensor in sensors if sensor.name == name), None)
    if alone is not None:
        alone.domains = [replace(domain, apart=None) for domain in alone.domains]


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
