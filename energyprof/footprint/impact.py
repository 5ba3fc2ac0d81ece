"""A figure from an energy and a rate per joule, from a time and a rate per second, or from both, drawn together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from energyprof.footprint.draws import interval95, split_normal_draws
from energyprof.footprint.energy import energy_formula
from energyprof.footprint.formula import Amount, Formula
from energyprof.footprint.rate import NO_GRID, Rate
from energyprof.model.quantity import Quantity, unknown, weakest

if TYPE_CHECKING:
    from energyprof.footprint.draws import Array

ENERGY = "used"
"""Name of the energy where only one is in question."""

NOT_HELD = "how long the hardware was held is not known"


def of_energy(energy: Quantity, unit: str, rate: Rate) -> Quantity:
    """The energy times its rate, in `unit` per what the energy is per."""
    unit = _per(energy, unit)
    if rate.value is None:
        reason = rate.reason if energy.value is not None else energy.reason
        return unknown(unit, reason or NO_GRID, weakest(energy.basis, rate.basis))
    impact = energy.scaled(rate.value, unit).weakened(rate.basis)
    if energy.low is None or energy.high is None:
        return replace(impact, total_low=None, total_high=None)
    drawn = _drawn(energy)
    if drawn is None or rate.draws is None:
        return impact
    low, high = energy.outer()
    assert low is not None
    assert high is not None
    # The draws' own scatter must not make the total interval narrower than the energy's alone.
    return _within(impact, drawn * rate.draws, low * rate.value, high * rate.value)


def of_time(energy: Quantity, held_s: float | None, unit: str, rate: Rate) -> Quantity:
    """The time times its rate, in `unit` per what the energy is per; a re-run here is taken to last as long."""
    unit = _per(energy, unit)
    if rate.value is None or held_s is None:
        return unknown(unit, rate.reason or NOT_HELD, rate.basis)
    value = held_s * rate.value
    ends = (None, None) if rate.draws is None else interval95(held_s * rate.draws)
    return Quantity(value, value, value, unit, rate.basis, None, *ends)


def of_both(energy: Quantity, held_s: float | None, unit: str, per_joule: Rate, per_s: Rate) -> Quantity:
    """The sum of both; unknown where either is."""
    of_the_energy, of_the_time = of_energy(energy, unit, per_joule), of_time(energy, held_s, unit, per_s)
    for part in (of_the_energy, of_the_time):
        if part.value is None:
            return replace(part, high=None)  # a bound of one part bounds no sum
    assert of_the_time.value is not None
    assert held_s is not None
    both = of_the_energy.shifted(of_the_time.value).weakened(of_the_time.basis)
    drawn = _drawn(energy)
    if both.low is None or both.high is None or drawn is None:
        return both
    return _within(both, drawn * _spread(per_joule) + held_s * _spread(per_s), both.low, both.high)


def formula_of_energy(energy: Quantity, rate: Rate) -> Formula | None:
    """The energy times its rate; None where either is unknown."""
    joules, per_joule = energy_formula(energy, ENERGY), rate.formula
    if joules is None or per_joule is None:
        return None
    return lambda pick: joules(pick) * per_joule(pick)


def formula_of_time(held_s: float | None, rate: Rate) -> Formula | None:
    """The time times its rate; None where either is unknown."""
    per_s = rate.formula
    return None if held_s is None or per_s is None else lambda pick: held_s * per_s(pick)


def sum_of(one: Formula | None, other: Formula | None) -> Formula | None:
    """The sum; None where either is unknown."""
    return None if one is None or other is None else lambda pick: one(pick) + other(pick)


def _per(energy: Quantity, unit: str) -> str:
    return unit + energy.unit.removeprefix("J")


def _drawn(energy: Quantity) -> Array | None:
    low, high = energy.outer()
    if energy.value is None or low is None or high is None:
        return None
    return split_normal_draws(ENERGY, energy.value, low, high)


def _spread(rate: Rate) -> Amount:
    """Draws, or the one value of what is exact."""
    assert rate.value is not None
    return rate.value if rate.draws is None else rate.draws


def _within(figure: Quantity, drawn: Array, low: float, high: float) -> Quantity:
    """The figure with the total interval of the draws, which holds low and high at least."""
    total_low, total_high = interval95(drawn)
    return replace(figure, total_low=min(total_low, low), total_high=max(total_high, high))
