"""Turns spans and ticks into accounts, stretch of time by stretch of time, and then lets go of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.exclusive import Stretch, clipped, union, without
from energyprof.analysis.ledger import Carry, Piece, apportion
from energyprof.capture.spans import OpenSpan, SpanLog
from energyprof.model.domain import Domain, outermost
from energyprof.model.timeline import Timeline
from energyprof.profiler.accounts import DomainAccounts, Owner, Work, path_of

NS_PER_S = 1e9
BEST = 1
Key = tuple[str, int]
"""(domain id, bound): bound 0 low, 1 best, 2 high; a metered domain has only its best."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A span's segments as they stood when it was looked at."""

    span: OpenSpan
    segments: list[Stretch]
    ended: bool


class Books:
    """The accounts of one profiler, from its start to the instant up to which it has been closed."""

    def __init__(self, log: SpanLog, domains: Sequence[Domain], start_s: float) -> None:
        self._log = log
        self.domains = outermost(domains)
        self.start_s = start_s
        self.closed_s = start_s
        self.accounts: dict[Key, DomainAccounts] = {}
        self.work: dict[tuple[bool, str], Work] = {}
        self.missing: dict[str, str] = {}
        self._carries: dict[Key, Carry] = {}
        self._waiting: list[OpenSpan] = []

    def close_until(
        self, instant_s: float, spans: Iterable[OpenSpan], running: Iterable[OpenSpan], timelines: Sequence[Timeline]
    ) -> None:
        """Accounts for all joules up to an instant.

        Args:
            instant_s: no later than what the timelines cover.
            spans: closed since the last time. running: others, open at that instant or when they were looked up.
            timelines: all domains; ticks before the last `closed_s` may be missing.
        """
        if instant_s <= self.closed_s:
            self._waiting += spans
            return
        waiting = [*self._waiting, *spans]
        snapshots = [_snapshot(span, instant_s) for span in [*waiting, *running]]
        owners, pieces = _pieces(snapshots, self._log, self.closed_s, instant_s)
        for timeline in timelines:
            if timeline.domain in self.domains:
                self._close_domain(timeline, owners, pieces, instant_s)
        self._waiting = []
        for span in waiting:
            if not span.segments or span.segments[-1][1] / NS_PER_S <= instant_s:
                self._count(span)
            else:
                self._waiting.append(span)
        self.closed_s = instant_s

    def _close_domain(self, timeline: Timeline, owners: list[Owner], pieces: list[Piece], instant_s: float) -> None:
        for bound in (0, 1, 2) if timeline.domain.model is not None else (BEST,):
            made = curve(timeline, bound=bound)
            if made is None:
                self.missing[timeline.domain.id] = f"the counter of {timeline.domain.label} did not move"
                continue
            self.missing.pop(timeline.domain.id, None)
            self._close_curve((timeline.domain.id, bound), made, owners, pieces, instant_s)

    def _close_curve(self, key: Key, made: Curve, owners: list[Owner], pieces: list[Piece], instant_s: float) -> None:
        carry = self._carries.get(key)
        start_s = self.closed_s if carry is None else carry.end_s
        quiet_after = all(high_s < instant_s for _, _, high_s in pieces)
        ledger = apportion(made, pieces, len(owners), start_s, instant_s, carry=carry, quiet_after=quiet_after)
        accounts = self.accounts.setdefault(key, DomainAccounts())
        accounts.add(ledger, owners, instant_s - start_s)
        accounts.lost_s += made.lost_s(start_s, instant_s)
        self._carries[key] = ledger.carry

    def _count(self, span: OpenSpan) -> None:
        work = self.work.setdefault((span.primary is self._log, span.name), Work())
        work.calls += 1
        work.duration_s += sum(end - start for start, end in span.segments) / NS_PER_S
        for unit, amount in (span.units or {}).items():
            work.units[unit] = work.units.get(unit, 0.0) + amount
        work.uncounted = {**(span.uncounted or {}), **work.uncounted}


def _snapshot(span: OpenSpan, instant_s: float) -> Snapshot:
    active_ns = span.active_ns  # before the segments: a stretch that ends in between is then seen as one of these
    segments = [(start / NS_PER_S, end / NS_PER_S) for start, end in span.segments]
    last_s = segments[-1][0] if segments else 0.0
    if active_ns is not None and last_s < active_ns / NS_PER_S < instant_s:
        segments.append((active_ns / NS_PER_S, instant_s))
    return Snapshot(span, segments, span.closed)


def _pieces(
    snapshots: Sequence[Snapshot], log: SpanLog, start_s: float, end_s: float
) -> tuple[list[Owner], list[Piece]]:
    """Exclusive stretches of every span between two instants, their owners numbered by path."""
    nested: dict[int, list[Stretch]] = {}
    for snapshot in snapshots:
        if snapshot.span.parent is not None:
            nested.setdefault(snapshot.span.parent.id, []).extend(snapshot.segments)
    numbers: dict[Owner, int] = {}
    pieces: list[Piece] = []
    for snapshot in snapshots:
        own = clipped(snapshot.segments, start_s, end_s)
        if not own:
            continue
        if snapshot.span.id in nested:
            own = without(own, union(nested[snapshot.span.id]))
        owner = numbers.setdefault((snapshot.span.primary is log, path_of(snapshot.span)), len(numbers))
        pieces += [(owner, low, high) for low, high in own]
    return list(numbers), pieces
