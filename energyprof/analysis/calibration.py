"""The interval against a reference meter: repeatability widened by what the sensors may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis, Quantity, weakest


@dataclass(frozen=True, slots=True)
class Part:
    """Mean joules in one domain, with those that a power model's low and high watts would give."""

    domain: Domain
    energy_j: float
    low_j: float
    high_j: float


def basis_of(domains: Sequence[Domain]) -> Basis:
    """The weakest basis among domains.

    Raises:
        ValueError: no domains.
    """
    return weakest(*(domain.basis for domain in domains))


def with_total(value: float, half_width: float | None, unit: str, parts: Sequence[Part]) -> Quantity:
    """A quantity with both intervals.

    Gains of the same sensor family are taken as one error (added linearly), families as independent (added in
    quadrature); a modelled domain contributes its low and high watts instead.

    Args:
        value: sum of the parts' `energy_j`, in `unit`.
        half_width: of the 95 % repeatability interval; None = unknown, and then the total interval is unknown too,
            since how far a meter would be off on average says nothing of how far this one trial is.
    """
    basis = basis_of([part.domain for part in parts])
    if half_width is None:
        return Quantity(value, None, None, unit, basis, "one trial shows no spread, so its intervals are unknown")
    families: dict[str, tuple[float, float]] = {}
    for part in parts:
        down, up = families.get(part.domain.sensor, (0.0, 0.0))
        gain_j = part.domain.gain * abs(part.energy_j)
        down += max(gain_j, part.energy_j - part.low_j)
        up += max(gain_j, part.high_j - part.energy_j)
        families[part.domain.sensor] = (down, up)
    total_down = (half_width**2 + sum(down**2 for down, _ in families.values())) ** 0.5
    total_up = (half_width**2 + sum(up**2 for _, up in families.values())) ** 0.5
    return Quantity(
        value,
        value - half_width,
        value + half_width,
        unit,
        basis,
        None,
        value - total_down if total_down else None,
        value + total_up if total_up else None,
    )
