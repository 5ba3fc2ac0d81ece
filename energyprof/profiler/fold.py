"""Turns spans and ticks into accounts, stretch of time by stretch of time, and then lets go of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain

from energyprof.analysis.cpu_use import CpuUse
from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.exclusive import Stretch, clipped, union, without
from energyprof.analysis.ledger import Carry, Piece, apportion
from energyprof.analysis.reference import starting
from energyprof.capture.bundle import Bundle
from energyprof.capture.spans import Finished, OpenSpan, SpanLog
from energyprof.model.domain import Domain, outermost
from energyprof.model.timeline import Timeline
from energyprof.profiler.accounts import DomainAccounts, Group, Owner, Work, groups_of, path_of

NS_PER_S = 1e9
BEST = 1
Key = tuple[str, int]
"""(domain id, bound): bound 0 low, 1 best, 2 high; a metered domain has only its best."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A span's segments as they stood when it was looked at."""

    span: Finished
    segments: list[Stretch]


@dataclass(frozen=True, slots=True)
class Occupants:
    """Who was active between two instants, and when.

    Attributes:
        owners: numbered from 0. pieces: their exclusive stretches.
        groups: the figures that they belong to. members: for each of these, the numbers of its owners.
        kinds: for each owner, the number of its path: calls of one path draw alike, whether they have ended or not.
    """

    owners: list[Owner]
    pieces: list[Piece]
    groups: list[Group]
    members: list[list[int]]
    kinds: list[int]

    @classmethod
    def of(cls, owners: list[Owner], pieces: list[Piece]) -> Occupants:
        """The owners and their pieces, with what follows from them for every domain."""
        groups = groups_of(owners)
        members = [[number for number, owner in enumerate(owners) if group.holds(owner)] for group in groups]
        paths = {path: number for number, path in enumerate(dict.fromkeys(owner.path for owner in owners))}
        return cls(owners, pieces, groups, members, [paths[owner.path] for owner in owners])


@dataclass(frozen=True, slots=True)
class Until:
    """An instant up to which books are closed, and when something ran next; the same where it went on."""

    instant_s: float
    next_s: float


class Books:
    """The accounts of one profiler, from its start to the instant up to which it has been closed.

    Attributes:
        waiting: spans that ended later than that.
    """

    def __init__(self, log: SpanLog, domains: Sequence[Domain], start_s: float) -> None:
        self._log = log
        self.domains = outermost(domains)
        self.references = starting(domains, start_s)
        self.start_s = start_s
        self.closed_s = start_s
        self.accounts: dict[Key, DomainAccounts] = {}
        self.work: dict[tuple[bool, str], Work] = {}
        self.missing: dict[str, str] = {}
        self.others_known = True
        self._carries: dict[Key, Carry] = {}
        self._inner: dict[int, dict[tuple[bool, str], Work]] = {}
        self.waiting: list[Finished] = []

    def copy(self) -> Books:
        """Books of their own that stand where these do."""
        new = copy(self)
        new.references = [replace(reference) for reference in self.references]
        new.accounts = {key: accounts.copy() for key, accounts in self.accounts.items()}
        new.work = _copied(self.work)
        new.missing = dict(self.missing)
        new._carries = dict(self._carries)
        new._inner = {outer: _copied(works) for outer, works in self._inner.items()}
        return new

    def close_until(
        self,
        instant_s: float,
        spans: Iterable[Finished],
        running: Iterable[OpenSpan],
        timelines: Sequence[Timeline],
        use: CpuUse | None = None,
    ) -> None:
        """Accounts for all joules up to an instant.

        Args:
            instant_s: no later than what the timelines cover.
            spans: closed since the last time. running: others, open at that instant or when they were looked up.
            timelines: all domains; ticks before the last `closed_s` may be missing.
            use: who kept the CPU busy since the last `closed_s`; None = not known.
        """
        if instant_s <= self.closed_s:
            self.waiting = [*self.waiting, *spans]
            return
        waiting = [*self.waiting, *spans]
        running = list(running)
        later = [span for span in waiting if span.segments and span.segments[-1][1] / NS_PER_S > instant_s]
        open_ids = {span.id for span in [*later, *running]}
        self.others_known &= use is not None or not any(map(meters_cpu, self.domains))
        occupants = self._occupants(waiting, [_snapshot(span, instant_s) for span in running], open_ids, instant_s)
        until = Until(instant_s, min((_next_s(span, instant_s) for span in [*later, *running]), default=math.inf))
        for timeline in timelines:
            if timeline.domain in self.domains:
                self._close_domain(timeline, occupants, until, use if meters_cpu(timeline.domain) else None)
        for accounts in self.accounts.values():
            accounts.settle(open_ids)
        for span in waiting:
            if span.id not in open_ids:
                self._count(span, open_ids)
        for outer in self._inner.keys() - open_ids:
            for key, work in self._inner.pop(outer).items():
                self.work.setdefault(key, Work()).add(work)
        self.waiting = later
        self.closed_s = instant_s

    def total_j(self) -> float:
        """J of all domains up to `closed_s`, as far as they are known."""
        return math.fsum(accounts.total_j for (_, bound), accounts in self.accounts.items() if bound == BEST)

    def _close_domain(self, timeline: Timeline, occupants: Occupants, until: Until, use: CpuUse | None) -> None:
        for bound in (0, 1, 2) if timeline.domain.model is not None else (BEST,):
            made = curve(timeline, bound=bound)
            if made is None:
                self.missing[timeline.domain.id] = f"the counter of {timeline.domain.label} did not move"
                continue
            self.missing.pop(timeline.domain.id, None)
            self._close_curve((timeline.domain.id, bound), made, occupants, until, use)

    def _close_curve(self, key: Key, made: Curve, occupants: Occupants, until: Until, use: CpuUse | None) -> None:
        carry, instant_s = self._carries.get(key), until.instant_s
        # A counter that could not be read before has lost what was drawn since the start.
        start_s = self.start_s if carry is None else carry.end_s
        ledger = apportion(
            made,
            occupants.pieces,
            len(occupants.owners),
            start_s,
            instant_s,
            groups=occupants.members,
            kinds=occupants.kinds,
            carry=carry,
            use=use,
            next_s=until.next_s,
        )
        accounts = self.accounts.setdefault(key, DomainAccounts())
        accounts.add(ledger, occupants.owners, occupants.groups, instant_s - start_s)
        accounts.lost_s += made.lost_s(start_s, instant_s)
        for low_s, high_s in made.unsound(start_s, instant_s):
            for number, begin_s, finish_s in occupants.pieces:
                accounts.owners[occupants.owners[number]].lost_s += max(
                    min(finish_s, high_s) - max(begin_s, low_s), 0.0
                )
        self._carries[key] = ledger.carry

    def _occupants(
        self, closed: Sequence[Finished], running: Sequence[Snapshot], open_ids: Collection[int], end_s: float
    ) -> Occupants:
        """Exclusive stretches of every span since the books were closed, their owners numbered by path.

        Those that have closed stay as they are, so that their segments are looked up one after the other, which keeps
        no more of them in memory than the pieces.
        """
        nested: dict[int, list[Stretch]] = {}
        inner = [span for span in closed if span.parent is not None]
        for snapshot in chain((_snapshot(span, end_s) for span in inner), running):
            if snapshot.span.parent is not None:
                nested.setdefault(snapshot.span.parent.id, []).extend(snapshot.segments)
        numbers: dict[Owner, int] = {}
        pieces: list[Piece] = []
        for snapshot in chain((_snapshot(span, end_s) for span in closed), running):
            own = clipped(snapshot.segments, self.closed_s, end_s)
            if not own:
                continue
            if snapshot.span.id in nested:
                own = without(own, union(nested[snapshot.span.id]))
            owner = Owner(snapshot.span.primary is self._log, path_of(snapshot.span), _running(snapshot, open_ids))
            number = numbers.setdefault(owner, len(numbers))
            pieces += [(number, low, high) for low, high in own]
        return Occupants.of(list(numbers), pieces)

    def _count(self, span: Finished, open_ids: Collection[int]) -> None:
        """Adds a finished call to the work of its name, or keeps it until the one of the same name around it ends."""
        outer = _running_of_the_name(span, open_ids)
        works = self.work if outer is None else self._inner.setdefault(outer, {})
        work = Work(units=dict(span.units or {}), uncounted=dict(span.uncounted or {}))
        if isinstance(span, Bundle):
            work.calls, work.errors, work.duration_s = span.calls, span.errors, span.duration_ns / NS_PER_S
        else:
            work.calls, work.errors = 1, int(span.error is not None)
            segments = clipped(_snapshot(span, math.inf).segments, self.start_s, math.inf)
            work.duration_s = math.fsum(end - start for start, end in _outside_its_name(segments, span))
        works.setdefault((span.primary is self._log, span.name), Work()).add(work)


def _copied(works: Mapping[tuple[bool, str], Work]) -> dict[tuple[bool, str], Work]:
    return {key: work.copy() for key, work in works.items()}


def meters_cpu(domain: Domain) -> bool:
    """Whether a domain meters processors that other processes may keep busy too; a model counts one tree alone."""
    return domain.kind == "cpu" and domain.model is None


def covered_s(timeline: Timeline) -> float:
    """Up to when the counter's course is known: a modelled one to its last reading, others to their last tick."""
    if timeline.domain.model is not None:
        return timeline.end_s
    made = curve(timeline)
    return timeline.end_s if made is None else float(made.times_s[-1])


def _snapshot(span: Finished, instant_s: float) -> Snapshot:
    active_ns = span.active_ns  # before the segments: a stretch that ends in between is then seen as one of these
    segments = [(start / NS_PER_S, end / NS_PER_S) for start, end in span.segments]
    last_s = segments[-1][0] if segments else 0.0
    if active_ns is not None and last_s < active_ns / NS_PER_S < instant_s:
        segments.append((active_ns / NS_PER_S, instant_s))
    return Snapshot(span, segments)


def _next_s(span: Finished, instant_s: float) -> float:
    """When a span was active next after an instant; the instant itself where it was just then."""
    starts_s = [start / NS_PER_S for start, end in span.segments if end / NS_PER_S > instant_s]
    if span.active_ns is not None:
        starts_s.append(span.active_ns / NS_PER_S)
    return max(min(starts_s, default=math.inf), instant_s)


def _running(snapshot: Snapshot, open_ids: Collection[int]) -> tuple[tuple[int, str], ...]:
    """Id and name of the span and of those around it, as far as they have not ended."""
    found = []
    span: OpenSpan | None
    if isinstance(snapshot.span, Bundle):
        span = snapshot.span.parent
        if snapshot.span.id in open_ids:
            found += [(snapshot.span.id, name) for name in snapshot.span.names]
    else:
        span = snapshot.span
    while span is not None:
        if span.id in open_ids:
            found.append((span.id, span.name))
        span = span.parent
    return tuple(found)


def _outside_its_name(segments: list[Stretch], span: Finished) -> list[Stretch]:
    """Those in which no other of the same name around it was active: its seconds are counted, with the joules, once."""
    around = span.parent
    while around is not None and segments:
        if around.name == span.name:
            segments = without(segments, union(_snapshot(around, math.inf).segments))
        around = around.parent
    return segments


def _running_of_the_name(span: Finished, open_ids: Collection[int]) -> int | None:
    """The outermost span of the same name around it that has not ended: to its joules those of this one belong."""
    found = None
    around = span.parent
    while around is not None:
        if around.name == span.name and around.id in open_ids:
            found = around.id
        around = around.parent
    return found
