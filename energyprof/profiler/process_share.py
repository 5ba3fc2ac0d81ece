"""What of a metered CPU's joules falls to other processes, by their CPU time: a model, and it says so."""

from __future__ import annotations

import math
from dataclasses import replace

from energyprof.model.quantity import Quantity, unknown
from energyprof.profiler.accounts import Group
from energyprof.profiler.fold import BEST, Books, meters_cpu

CONTENDED_SHARE = 0.05
"""From this share of the joules above idle on, other processes are in the way of a measurement."""

DOUBT = 0.5
"""CPU time is not energy: what is taken off may be wrong by this share of it (rectangular)."""

NO_IDLE = "no idle time was seen, so the idle power is not known"
NOT_KNOWN = "the CPU time of other processes was not recorded"


def process_energy(books: Books, group: Group, energy: Quantity) -> Quantity:
    """Gross joules of a group without those of other processes.

    Source: idle share + (E - P_idle T) x own CPU time / busy CPU time, as Scaphandre and Kepler do it, with the idle
    power that was measured.
    """
    if energy.value is None:
        return energy
    if not books.others_known:
        return unknown("J", NOT_KNOWN, energy.basis)
    others_j = _others_j(books, group)
    if math.isnan(others_j):
        return unknown("J", NO_IDLE, energy.basis)
    if others_j == 0:
        return energy
    doubt_j = DOUBT * abs(others_j)

    def moved(joules: float | None, by_j: float) -> float | None:
        return None if joules is None else joules - others_j + by_j

    return replace(
        energy.weakened("derived"),
        value=energy.value - others_j,
        low=moved(energy.low, -doubt_j),
        high=moved(energy.high, doubt_j),
        total_low=moved(energy.total_low, -doubt_j),
        total_high=moved(energy.total_high, doubt_j),
    )


def contended(books: Books, group: Group) -> bool | None:
    """Whether other processes account for much of the CPUs' joules above idle; None where that is not known."""
    share = _others_share(books, group)
    return None if share is None else share > CONTENDED_SHARE


def contention(books: Books, group: Group) -> list[str]:
    """A warning where other processes account for much."""
    share = _others_share(books, group)
    if share is None or share <= CONTENDED_SHARE:
        return []
    return [
        f"{group.name}: other processes used {share:.0%} of the CPU time behind its joules above idle, and the gross "
        "figure contains them. Close other programs, or use energy_process, which takes their share off by a model."
    ]


def _others_share(books: Books, group: Group) -> float | None:
    """Of the joules above idle of all metered CPUs; 0 where there is no such CPU."""
    if not books.others_known:
        return None
    dynamic_j = 0.0
    for domain in filter(meters_cpu, books.domains):
        accounts = books.accounts.get((domain.id, BEST))
        if accounts is not None:
            if accounts.idle_power_w is None:
                return None
            dynamic_j += math.fsum(
                account.energy_j - accounts.idle_power_w * account.occupied_s for _, account in accounts.held(group)
            )
    others_j = _others_j(books, group)
    if math.isnan(others_j):
        return None
    return others_j / dynamic_j if dynamic_j > 0 else 0.0


def _others_j(books: Books, group: Group) -> float:
    found = [books.accounts.get((domain.id, BEST)) for domain in books.domains]
    return math.fsum(
        account.others_j for accounts in found if accounts is not None for _, account in accounts.held(group)
    )
