"""Bounded accounts of joules, by the path of nested names; what a profiler keeps of the spans it has seen.

A path is the chain of distinct names from the outermost span to the innermost: its joules are exclusive to the last
name, and inclusive for every name in it, so that recursion counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from energyprof.analysis.doubt import Doubt
from energyprof.capture.bundle import Bundle
from energyprof.capture.spans import Finished, OpenSpan

if TYPE_CHECKING:
    from energyprof.analysis.ledger import Ledger
    from energyprof.analysis.window import Estimator

Path = tuple[str, ...]


class Owner(NamedTuple):
    """Who is charged.

    Attributes:
        primary: whether the profiler that keeps the account was the innermost one when the span began.
        running: id and name of each span of the path that has not ended.
    """

    primary: bool
    path: Path
    running: tuple[tuple[int, str], ...] = ()

    def finished(self, name: str) -> bool:
        """Whether the spans of that name in the path have ended."""
        return all(name != running for _, running in self.running)


class Group(NamedTuple):
    """Owners whose joules are one figure: all within spans of a name, or the name's own."""

    part: Literal["within", "own"]
    primary: bool
    name: str

    def holds(self, owner: Owner) -> bool:
        """Whether an owner's joules belong to it."""
        if self.primary and not owner.primary:
            return False
        return self.name in owner.path if self.part == "within" else self.name == owner.path[-1]


@dataclass(slots=True)
class Account:
    """Running sums of one owner in one domain, for one set of watts.

    Attributes:
        lost_s: time in which it was active and the joules were lost.
        others_j: the part of its joules above idle that falls to other processes by their CPU time.
    """

    energy_j: float = 0.0
    occupied_s: float = 0.0
    lost_s: float = 0.0
    others_j: float = 0.0

    def __add__(self, other: Account) -> Account:
        return Account(
            self.energy_j + other.energy_j,
            self.occupied_s + other.occupied_s,
            self.lost_s + other.lost_s,
            self.others_j + other.others_j,
        )


@dataclass(slots=True)
class Work:
    """Running sums of what calls of one name did.

    Attributes:
        errors: how many of them ended with one. uncounted: why a unit was not counted in some of them.
    """

    calls: int = 0
    duration_s: float = 0.0
    units: dict[str, float] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)
    errors: int = 0

    def copy(self) -> Work:
        """One of its own, as it stands."""
        return replace(self, units=dict(self.units), uncounted=dict(self.uncounted))

    def add(self, other: Work) -> None:
        """Adds what other calls did."""
        self.calls += other.calls
        self.duration_s += other.duration_s
        self.errors += other.errors
        for unit, amount in other.units.items():
            self.units[unit] = self.units.get(unit, 0.0) + amount
        self.uncounted = {**other.uncounted, **self.uncounted}


@dataclass(slots=True)
class DomainAccounts:
    """Running sums of one domain: by owner, and of what no span drew.

    Attributes:
        doubts: how far the joules of each group may be off; busy_doubt: those of all owners together.
        start_variance_j2, end_variance_j2: of the counter at the two ends of what has been accounted for.
        scatter_j2, free_scatter_j2: variance of its readings, of all and of those while nothing ran.
        estimators: those used in the parts that held work.
        seconds: how much time has been accounted for.
    """

    owners: dict[Owner, Account] = field(default_factory=dict)
    doubts: dict[Group, Doubt] = field(default_factory=dict)
    busy_doubt: Doubt = field(default_factory=Doubt)
    start_variance_j2: float | None = None
    end_variance_j2: float = 0.0
    scatter_j2: float = 0.0
    free_scatter_j2: float = 0.0
    idle_j: float = 0.0
    unattributed_j: float = 0.0
    total_j: float = 0.0
    lost_s: float = 0.0
    idle_power_w: float | None = None
    estimators: set[Estimator] = field(default_factory=set)
    seconds: float = 0.0

    def copy(self) -> DomainAccounts:
        """One of its own, as it stands."""
        return replace(
            self,
            owners={owner: replace(account) for owner, account in self.owners.items()},
            doubts=dict(self.doubts),
            estimators=set(self.estimators),
        )

    def add(self, ledger: Ledger, owners: Sequence[Owner], groups: Sequence[Group], duration_s: float) -> None:
        """Adds one ledger, whose owners and groups are these, in order."""
        columns = zip(owners, ledger.energy_j, ledger.occupied_s, ledger.others_j, strict=True)
        for owner, energy_j, occupied_s, others_j in columns:
            self._credit(owner, Account(float(energy_j), float(occupied_s), others_j=float(others_j)))
        for group, doubt in zip(groups, ledger.doubts, strict=True):
            self.doubts[group] = self.doubts.get(group, Doubt()) + doubt
        self.busy_doubt += ledger.busy_doubt
        if self.start_variance_j2 is None:
            self.start_variance_j2 = ledger.start_variance_j2
        self.end_variance_j2 = ledger.end_variance_j2
        self.scatter_j2 += ledger.scatter_j2
        self.free_scatter_j2 += ledger.free_scatter_j2
        self.idle_j += ledger.idle_j
        self.unattributed_j += ledger.unattributed_j
        self.total_j += ledger.total_j
        if owners:
            self.estimators.add(ledger.estimator)
        self.seconds += duration_s
        if ledger.idle_power_w is not None:
            self.idle_power_w = ledger.idle_power_w

    def held(self, group: Group) -> list[tuple[Owner, Account]]:
        """The accounts of a group's owners."""
        return [(owner, account) for owner, account in self.owners.items() if group.holds(owner)]

    def doubt(self, group: Group) -> Doubt:
        """How far a group's joules may be off."""
        return self.doubts.get(group, Doubt())

    def settle(self, open_ids: Collection[int]) -> None:
        """Moves what spans drew while they ran to the accounts of finished ones, where they have ended."""
        for owner in [owner for owner in self.owners if owner.running]:
            left = tuple(span for span in owner.running if span[0] in open_ids)
            if left != owner.running:
                self._credit(owner._replace(running=left), self.owners.pop(owner))

    def _credit(self, owner: Owner, account: Account) -> None:
        self.owners[owner] = self.owners.get(owner, Account()) + account


def groups_of(owners: Sequence[Owner]) -> list[Group]:
    """Every figure that some of the owners belong to."""
    found: dict[Group, None] = {}
    for owner in owners:
        for primary in (False, True) if owner.primary else (False,):
            found.update(dict.fromkeys(Group("within", primary, name) for name in owner.path))
            found[Group("own", primary, owner.path[-1])] = None
    return list(found)


def path_of(span: Finished) -> Path:
    """Distinct names from the outermost span to this one; a name that recurs keeps its innermost place."""
    names: dict[str, None] = {}
    walk: OpenSpan | None
    if isinstance(span, Bundle):
        names.update(dict.fromkeys(span.names))
        walk = span.parent
    else:
        walk = span
    while walk is not None:
        names.setdefault(walk.name)
        walk = walk.parent
    return tuple(reversed(names))
