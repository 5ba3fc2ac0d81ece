"""Short calls of one path as one: how long they were active, millisecond by millisecond, and what they did.

A loop of short calls makes more spans a second than are worth keeping: no counter tells where in a millisecond a call
ran. In each millisecond the time of every path, without what was nested in it, is kept exactly, and so is for how
long one, two, three of them ran at once, so that shares come out as they would span by span; only the order within
the millisecond is lost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from energyprof.capture.spans import OpenSpan, SpanLog

    Array = NDArray[Any]

CELL_NS = 1_000_000
"""Calls shorter than this are bundled, and within it the order is lost. No energy counter moves oftener."""

CELLS_PER_BUNDLE = 100
"""A bundle counts as running up to its last call: not for longer than a tenth of a second."""

_ids = itertools.count(-1, -1)


@dataclass(slots=True, eq=False)
class Bundle:
    """Calls of one path that began within a tenth of a second.

    Attributes:
        names: of the calls and of what they ran in, each once, innermost first, up to `parent`.
        parent: the nearest span around them that is kept.
        primary: the innermost log that was active when they began.
        segments: (start_ns, end_ns), together as long as the calls were active without what was nested in them; in
            order of their ends. Several run at once where several calls did.
        duration_ns: of the calls with what was nested in them, but for those inside another one of the same name.
        units: work done in all of them. errors: how many ended with one. uncounted: as for spans.
    """

    names: tuple[str, ...]
    parent: OpenSpan | None
    primary: SpanLog | None
    id: int = field(default_factory=lambda: next(_ids))
    calls: int = 0
    duration_ns: int = 0
    segments: list[tuple[int, int]] = field(default_factory=list)
    units: dict[str, float] | None = None
    errors: int = 0
    uncounted: dict[str, str] | None = None
    active_ns: None = None

    @property
    def name(self) -> str:
        """Whose calls they are."""
        return self.names[0]

    def count(self, span: OpenSpan) -> None:
        """Adds what a call did besides taking time."""
        self.errors += span.error is not None
        if span.units:
            self.units = self.units or {}
            for unit, amount in span.units.items():
                self.units[unit] = self.units.get(unit, 0.0) + amount
        if span.uncounted:
            self.uncounted = {**span.uncounted, **(self.uncounted or {})}


@dataclass(slots=True)
class _Short:
    """Spans to be bundled, as columns.

    Attributes:
        keys: who they are. outer_keys, outer_places: of the span around each that is bundled too; -1 where none is.
        roots: place of the outermost of these. again: whether it ran inside another one of its name.
    """

    spans: list[OpenSpan]
    keys: list[int]
    again: list[bool]
    outer_keys: list[int]
    roots: list[int]
    outer_places: list[int]
    starts_ns: Array
    ends_ns: Array


_Key = tuple[tuple[str, ...], "OpenSpan | None", "SpanLog | None"]


def keep(spans: Iterable[OpenSpan | None]) -> None:
    """These are not to be bundled, nor what is around them: something refers to them."""
    for span in spans:
        walk = span
        while walk is not None and not walk.kept:
            walk.kept = True
            walk = walk.parent


def bundled(batch: Sequence[OpenSpan], since_ns: int) -> tuple[list[Bundle], list[OpenSpan]]:
    """Bundles of the short spans, and the others.

    Args:
        batch: closed spans in the order in which they closed. What spans outside it lie in is marked as kept.
        since_ns: not 0; spans that began before are left alone.
    """
    _keep_unsuitable(batch, since_ns)
    short, keys = _columns([span for span in batch if not span.kept])
    tangled = _tangled(short)
    if tangled:
        keep(span for span, root in zip(short.spans, short.roots, strict=True) if root in tangled)
        short, keys = _columns([span for span in reversed(short.spans) if not span.kept])
    taken = set(short.spans)  # and not what is marked by now: another thread may have marked one in between
    return _bundles(short, keys), [span for span in batch if span not in taken]


def _keep_unsuitable(batch: Sequence[OpenSpan], since_ns: int) -> None:
    """Long ones, suspended ones, and those that outlived what they ran in."""
    unsuitable = []
    over: set[OpenSpan] = set()
    for span in batch:
        if (
            span.later is not None
            or span.marks is not None
            or span.end_ns - span.start_ns >= CELL_NS
            or span.start_ns < since_ns
            or (span.parent is not None and span.parent in over)
        ):
            unsuitable.append(span)
        over.add(span)
    keep(unsuitable)


def _columns(spans: list[OpenSpan]) -> tuple[_Short, list[_Key]]:
    """The spans in the opposite order, so that each comes after what it ran in."""
    import numpy as np

    spans = spans[::-1]
    places = dict(zip(spans, range(len(spans)), strict=True))
    numbers: dict[tuple[object, ...], tuple[int, bool]] = {}
    found: dict[_Key, int] = {}
    keys: list[int] = []
    again: list[bool] = []
    outer_keys: list[int] = []
    roots: list[int] = []
    outer_places: list[int] = []
    starts_ns, ends_ns = [], []
    for place, span in enumerate(spans):
        parent, outer, root, outer_place = span.parent, -1, place, -1
        if parent is not None and (outer_place := places.get(parent, -1)) >= 0:
            outer, root, parent = keys[outer_place], roots[outer_place], None
        mark = span.name, parent, outer, span.primary
        known = numbers.get(mark)
        if known is None:
            keep([parent])
            outer_names, around, _ = ((), parent, None) if outer < 0 else list(found)[outer]
            names = (span.name, *(name for name in outer_names if name != span.name))
            key = found.setdefault((names, around, span.primary), len(found))
            known = numbers[mark] = key, span.name in outer_names or _runs_in(around, span.name)
        keys.append(known[0])
        again.append(known[1])
        outer_keys.append(outer)
        roots.append(root)
        outer_places.append(outer_place)
        starts_ns.append(span.start_ns)
        ends_ns.append(span.end_ns)
    columns = np.array(starts_ns, np.int64), np.array(ends_ns, np.int64)
    return _Short(spans, keys, again, outer_keys, roots, outer_places, *columns), list(found)


def _runs_in(around: OpenSpan | None, name: str) -> bool:
    """Whether a span, or one around it, has that name."""
    while around is not None and around.name != name:
        around = around.parent
    return around is not None


def _tangled(short: _Short) -> set[int]:
    """Roots of spans whose children overlap each other or reach beyond them, as tasks may."""
    import numpy as np

    nested = np.flatnonzero(np.asarray(short.outer_keys) >= 0)
    if not len(nested):
        return set()
    parents = np.asarray(short.outer_places)[nested]
    starts_ns, ends_ns = short.starts_ns[nested], short.ends_ns[nested]
    order = np.lexsort((starts_ns, parents))
    overlap = (np.diff(parents[order]) == 0) & (starts_ns[order][1:] < ends_ns[order][:-1])
    beyond = (starts_ns < short.starts_ns[parents]) | (ends_ns > short.ends_ns[parents])
    bad = np.concatenate((nested[order][1:][overlap], nested[beyond]))
    return {short.roots[place] for place in bad.tolist()}


def _bundles(short: _Short, keys: Sequence[_Key]) -> list[Bundle]:
    import numpy as np

    if not short.spans:
        return []
    origin_ns = int(short.starts_ns.min()) // CELL_NS * CELL_NS
    starts, ends = short.starts_ns - origin_ns, short.ends_ns - origin_ns
    key, outer = np.asarray(short.keys), np.asarray(short.outer_keys)
    made: dict[tuple[int, int], Bundle] = {}

    def of(number: int, cell: int) -> Bundle:
        place = number, cell // CELLS_PER_BUNDLE
        if place not in made:
            made[place] = Bundle(*keys[number])
        return made[place]

    windows = starts // (CELL_NS * CELLS_PER_BUNDLE)
    codes, where, calls = np.unique(windows * len(keys) + key, return_inverse=True, return_counts=True)
    durations = np.bincount(where, np.where(short.again, 0, ends - starts))
    for code, count, duration_ns in zip(codes.tolist(), calls.tolist(), durations.tolist(), strict=True):
        bundle = of(code % len(keys), code // len(keys) * CELLS_PER_BUNDLE)
        bundle.calls, bundle.duration_ns = count, round(duration_ns)
    for span, number, start in zip(short.spans, short.keys, starts.tolist(), strict=True):
        if span.units or span.error or span.uncounted:
            of(number, start // CELL_NS).count(span)
    for number, cell, low_ns, high_ns in _laid_out(starts, ends, key, outer, len(keys)):
        of(number, cell).segments.append((origin_ns + low_ns, origin_ns + high_ns))
    for bundle in made.values():
        bundle.segments.sort(key=lambda segment: segment[1])
    return list(made.values())


def _laid_out(starts: Array, ends: Array, key: Array, outer: Array, keys: int) -> Iterable[tuple[int, int, int, int]]:
    """(key, cell, start, end) of stretches that stand for the spans: the same time of each key, alone or at once."""
    import numpy as np

    top = outer < 0
    edges = np.concatenate((starts[top], ends[top]))
    order = np.argsort(edges, kind="stable")
    instants = edges[order].astype(np.float64)
    level = np.cumsum(np.where(order < int(top.sum()), 1, -1))[:-1]
    # Cut at the edge of a cell, which a span crosses once at most.
    cells = starts // CELL_NS
    border = (cells + 1) * CELL_NS
    over = ends > border
    cell = np.concatenate((cells, cells[over] + 1))
    low, high = np.concatenate((starts, border[over])), np.concatenate((np.minimum(ends, border), ends[over]))
    key, outer = np.concatenate((key, key[over])), np.concatenate((outer, outer[over]))
    used, place = np.unique(cell, return_inverse=True)
    first = np.full(len(used), np.iinfo(np.int64).max)
    np.minimum.at(first, place, low)
    at = first.astype(np.float64)
    for running in range(1, int(level.max(initial=0)) + 1):
        spent = np.concatenate(([0.0], np.cumsum(np.where(level == running, np.diff(instants), 0.0))))
        busy = np.interp((used + 1) * CELL_NS, instants, spent) - np.interp(used * CELL_NS, instants, spent)
        if not busy.any():
            continue
        time = np.interp(high, instants, spent) - np.interp(low, instants, spent)
        own = np.bincount(place * keys + key, time, len(used) * keys)
        inside = outer >= 0
        own -= np.bincount(place[inside] * keys + outer[inside], time[inside], len(used) * keys)
        for row in np.flatnonzero(busy > 0).tolist():
            shares = own[row * keys : (row + 1) * keys].tolist()
            for number, begin, finish in _lanes(shares, float(busy[row])):
                yield number, int(used[row]), round(at[row] + begin), round(at[row] + finish)
        at += busy


def _lanes(shares: Sequence[float], length: float) -> Iterable[tuple[int, float, float]]:
    """Shares laid end to end along lanes of a length that they fill; less than half a nanosecond is nothing."""
    at = 0.0
    for number, share in enumerate(shares):
        while share > 0.5:
            if length - at < 0.5:
                at = 0.0
            part = min(share, length - at)
            yield number, at, at + part
            at, share = at + part, share - part
