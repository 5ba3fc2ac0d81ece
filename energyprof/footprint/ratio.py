"""Two footprints at one site held against each other: what both share is drawn once, and cancels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from energyprof.footprint.draws import interval95
from energyprof.footprint.energy import energy_formula, time_formula
from energyprof.footprint.formula import Amount, Formula, Pick, central, draws
from energyprof.footprint.rate import Rate, rates
from energyprof.footprint.site import Site
from energyprof.model.quantity import Quantity, unknown, weakest

BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class FootprintRatio:
    """One footprint over another at the same site, unit "ratio"."""

    co2e: Quantity
    water: Quantity


@dataclass(frozen=True, slots=True)
class Held:
    """What a task drew, and for how long it held the hardware.

    Attributes:
        energy: J. time: s, None = not known.
    """

    energy: Quantity
    time: Quantity | None


def footprint_ratio(energy_ratio: Quantity, site: Site) -> FootprintRatio:
    """CO2e and water of two energies, as their energies are.

    Both sides are the same draws of grid, PUE, WUE and water factors times an energy. What is shared cancels draw by
    draw, so that both ratios and their intervals are those of the energies, and as well founded, whether or not the
    factors are known. Two total intervals divided by each other would hide what the energies show.

    Args:
        energy_ratio: of the two energies, unit "ratio".
    """
    at = rates(site)
    return FootprintRatio(*(_like_energy(energy_ratio, rate) for rate in (at.co2e, at.water)))


def total_ratio(energy_ratio: Quantity, subject: Held, baseline: Held, site: Site) -> Quantity:
    """CO2e of two tasks with the embodied carbon of the hardware that each held.

    The operational part follows the energies, the embodied part the times; they are weighed by what each is of the
    baseline's total, w = O / (O + M): ratio = w E / E' + (1 - w) t / t'.

    Args:
        energy_ratio: of the two energies, unit "ratio".
    """
    at = rates(site)
    weight, times = _operational_share(baseline, at.co2e, at.embodied), _times(subject.time, baseline.time)
    if weight is None or times is None or energy_ratio.value is None:
        return unknown("ratio", _why_not(energy_ratio, at.co2e, at.embodied), energy_ratio.basis)
    energies = Quantity(energy_ratio.value, *energy_ratio.outer(), "ratio", energy_ratio.basis)
    energy, held = energy_formula(energies, "ratio"), time_formula(times, "ratio")
    assert energy is not None
    assert held is not None

    def weighed(pick: Pick) -> Amount:
        operational = weight(pick)
        return operational * energy(pick) + (1 - operational) * held(pick)

    value, basis = central(weighed), weakest(energy_ratio.basis, at.embodied.basis)
    if None in (energies.low, energies.high, times.low, times.high):
        return Quantity(value, None, None, "ratio", basis)
    # What the ranges of the factors add is small, since they are shared: one interval says it all.
    low, high = interval95(draws(weighed))
    return Quantity(value, min(low, value), max(high, value), "ratio", basis)


def _times(subject: Quantity | None, baseline: Quantity | None) -> Quantity | None:
    """One time over the other, whose relative half-widths add in quadrature; None where either is not known."""
    if subject is None or baseline is None or subject.value is None or not baseline.value:
        return None
    value, widths = subject.value / baseline.value, [_half_width(each) for each in (subject, baseline)]
    if None in widths:
        return Quantity(value, None, None, "ratio", "measured")
    width = value * math.hypot(*(width for width in widths if width is not None))
    return Quantity(value, value - width, value + width, "ratio", "measured")


def _half_width(time: Quantity) -> float | None:
    """Relative."""
    if time.value is None or time.low is None or time.high is None or time.value <= 0:
        return None
    return (time.high - time.low) / 2 / time.value


def _operational_share(baseline: Held, co2e: Rate, embodied: Rate) -> Formula | None:
    """w; None where a part of the baseline is not known."""
    joules = energy_formula(baseline.energy, BASELINE)
    seconds = None if baseline.time is None else time_formula(baseline.time, BASELINE)
    per_joule, per_s = co2e.formula, embodied.formula
    if joules is None or seconds is None or per_joule is None or per_s is None:
        return None

    def share(pick: Pick) -> Amount:
        operational = joules(pick) * per_joule(pick)
        return operational / (operational + seconds(pick) * per_s(pick))

    return share


def _why_not(energy_ratio: Quantity, co2e: Rate, embodied: Rate) -> str:
    reasons = (energy_ratio.reason if energy_ratio.value is None else None, co2e.reason, embodied.reason)
    return next((reason for reason in reasons if reason), "how long the hardware was held is not known")


def _like_energy(energy_ratio: Quantity, rate: Rate) -> Quantity:
    if rate.value == 0:
        return unknown("ratio", "neither has such a footprint here, so there is nothing to compare", energy_ratio.basis)
    return energy_ratio
