"""A measured energy as factors: what a re-run here would vary in is its own, the sensor's gain is the device's."""

from __future__ import annotations

import math

from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Amount, Formula, Pick
from energyprof.model.quantity import Quantity

GAIN = "sensor.gain"
"""One factor for all that one machine measured: a sensor that reads 3 % high does so for both sides of a ratio."""


def energy_formula(energy: Quantity, name: str) -> Formula | None:
    """The energy, in its unit, as the product of its repeatability and of the sensors' gain; None = unknown.

    The gain's range is what the total interval holds beyond repeatability, in quadrature. Where the value is not
    above 0, as a net energy may be, one factor with the total interval stands for both.

    Args:
        name: whose energy: "large". Two of one name are the same energy.
    """
    value = energy.value
    if value is None:
        return None
    low, high = energy.outer()
    if value <= 0 or None in (energy.low, energy.high, energy.total_low, energy.total_high):
        return _one(_factor(f"energy.{name}", energy, low, high))
    repeated = _factor(f"energy.{name}", energy, energy.low, energy.high)
    below = _beyond(value, energy.low, energy.total_low)
    above = _beyond(value, energy.high, energy.total_high)
    gain = Factor(GAIN, 1.0, 1 - below, 1 + above, "ratio", "normal", _source(energy), None, None, None)

    def product(pick: Pick) -> Amount:
        return pick(repeated) * pick(gain)

    return product


def _one(factor: Factor) -> Formula:
    return lambda pick: pick(factor)


def _factor(id: str, energy: Quantity, low: float | None, high: float | None) -> Factor:
    assert energy.value is not None
    low, high = (energy.value if end is None else end for end in (low, high))
    return Factor(id, energy.value, low, high, energy.unit, "normal", _source(energy), None, None, None)


def _beyond(value: float, repeated: float | None, total: float | None) -> float:
    """Relative half-width of what the total interval holds beyond repeatability."""
    assert repeated is not None
    assert total is not None
    return math.sqrt(max(0.0, (total / value - 1) ** 2 - (repeated / value - 1) ** 2))


def _source(energy: Quantity) -> str:
    return {
        "measured": "measured",
        "derived": "derived from measured power",
        "estimated": "estimated by a model",
        "assumed": "given by the user",
    }[energy.basis]
