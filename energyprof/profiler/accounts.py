"""Bounded accounts of joules, by the path of nested names; what a profiler keeps of the spans it has seen.

A path is the chain of distinct names from the outermost span to the innermost: its joules are exclusive to the last
name, and inclusive for every name in it, so that recursion counts nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from energyprof.capture.spans import OpenSpan

if TYPE_CHECKING:
    from energyprof.analysis.ledger import Ledger
    from energyprof.analysis.window import Estimator

Path = tuple[str, ...]
Owner = tuple[bool, Path]
"""A path, and whether the profiler that keeps the account was the innermost one when the span began."""


@dataclass(slots=True)
class Account:
    """Running sums of one path in one domain, for one set of watts."""

    energy_j: float = 0.0
    variance_j2: float = 0.0
    occupied_s: float = 0.0


@dataclass(slots=True)
class Work:
    """Running sums of what calls of one name did; `uncounted` says why a unit was not counted in some of them."""

    calls: int = 0
    duration_s: float = 0.0
    units: dict[str, float] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DomainAccounts:
    """Running sums of one domain: by owner, and of what no span drew.

    Attributes:
        estimators: those used in the parts that held work.
        seconds: how much time has been accounted for.
    """

    owners: dict[Owner, Account] = field(default_factory=dict)
    idle_j: float = 0.0
    unattributed_j: float = 0.0
    total_j: float = 0.0
    lost_s: float = 0.0
    idle_power_w: float | None = None
    estimators: set[Estimator] = field(default_factory=set)
    seconds: float = 0.0

    def add(self, ledger: Ledger, owners: list[Owner], duration_s: float) -> None:
        """Adds one ledger, whose owners are these, in order."""
        for owner, energy_j, variance, occupied_s in zip(
            owners, ledger.energy_j, ledger.variance_j2, ledger.occupied_s, strict=True
        ):
            account = self.owners.setdefault(owner, Account())
            account.energy_j += float(energy_j)
            account.variance_j2 += float(variance)
            account.occupied_s += float(occupied_s)
        self.idle_j += ledger.idle_j
        self.unattributed_j += ledger.unattributed_j
        self.total_j += ledger.total_j
        if owners:
            self.estimators.add(ledger.estimator)
        self.seconds += duration_s
        if ledger.idle_power_w is not None:
            self.idle_power_w = ledger.idle_power_w


def path_of(span: OpenSpan) -> Path:
    """Distinct names from the outermost span to this one; a name that recurs keeps its innermost place."""
    names: dict[str, None] = {}
    walk: OpenSpan | None = span
    while walk is not None:
        names.setdefault(walk.name)
        walk = walk.parent
    return tuple(reversed(names))
