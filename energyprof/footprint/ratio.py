"""Two footprints at one site held against each other: what both share is drawn once, and cancels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from energyprof.footprint.draws import interval95
from energyprof.footprint.energy import energy_formula
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Amount, Formula, Pick, central, draws
from energyprof.footprint.rate import Rate, rates
from energyprof.footprint.site import Site
from energyprof.model.quantity import Quantity, unknown

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
        energy: J. held_s: seconds, None = not known.
    """

    energy: Quantity
    held_s: float | None


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
    weight = _operational_share(baseline, at.co2e, at.embodied)
    if weight is None or energy_ratio.value is None or not baseline.held_s or subject.held_s is None:
        return unknown("ratio", _why_not(energy_ratio, at.co2e, at.embodied), energy_ratio.basis)
    times, share = subject.held_s / baseline.held_s, central(weight)

    def weighed(ratio: float | None) -> float | None:
        return None if ratio is None else share * ratio + (1 - share) * times

    found = replace(
        energy_ratio.weakened(at.embodied.basis),
        value=weighed(energy_ratio.value),
        low=weighed(energy_ratio.low),
        high=weighed(energy_ratio.high),
        total_low=None,
        total_high=None,
    )
    low, high = energy_ratio.outer()
    if low is None or high is None or found.low is None or found.high is None:
        return found
    energies = Factor("energy.ratio", energy_ratio.value, low, high, "ratio", "normal", "measured", None, None, None)

    def drawn(pick: Pick) -> Amount:
        operational = weight(pick)
        return operational * pick(energies) + (1 - operational) * times

    total_low, total_high = interval95(draws(drawn))
    return replace(found, total_low=min(total_low, found.low), total_high=max(total_high, found.high))


def _operational_share(baseline: Held, co2e: Rate, embodied: Rate) -> Formula | None:
    """w; None where a part of the baseline is not known."""
    joules, held_s = energy_formula(baseline.energy, BASELINE), baseline.held_s
    per_joule, per_s = co2e.formula, embodied.formula
    if joules is None or held_s is None or per_joule is None or per_s is None:
        return None

    def share(pick: Pick) -> Amount:
        operational = joules(pick) * per_joule(pick)
        return operational / (operational + held_s * per_s(pick))

    return share


def _why_not(energy_ratio: Quantity, co2e: Rate, embodied: Rate) -> str:
    reasons = (energy_ratio.reason if energy_ratio.value is None else None, co2e.reason, embodied.reason)
    return next((reason for reason in reasons if reason), "how long the hardware was held is not known")


def _like_energy(energy_ratio: Quantity, rate: Rate) -> Quantity:
    if rate.value == 0:
        return unknown("ratio", "neither has such a footprint here, so there is nothing to compare", energy_ratio.basis)
    return energy_ratio
