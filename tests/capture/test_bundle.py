"""Bundles of short calls against the same calls one by one: nothing that a counter could tell may differ."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pytest

from energyprof.capture import spans
from energyprof.capture.bundle import CELL_NS, Bundle, bundled
from energyprof.capture.spans import Active, OpenSpan, SpanLog, begin, finish
from energyprof.capture.wrap import wrap

ORIGIN_NS = 10**12
Pieces = list[tuple[tuple[str, ...], int, int]]


def closed(name: str, start_ns: int, end_ns: int, parent: OpenSpan | None = None) -> OpenSpan:
    span = OpenSpan(name, parent)
    span.segments, span.closed = [(ORIGIN_NS + start_ns, ORIGIN_NS + end_ns)], True
    return span


def thread(generator: random.Random, names: str, until_ns: int) -> Iterator[OpenSpan]:
    """Calls of 2 to 300 us, one after the other, some with others in them; each after what ran in it."""
    now_ns = 0
    while now_ns < until_ns:
        end_ns = now_ns + generator.randint(2_000, 300_000)
        outer = closed(generator.choice(names), now_ns, end_ns)
        inner_ns = now_ns
        for name in generator.choices(names, k=generator.randint(0, 2)):
            inner_ns += generator.randint(0, 500)
            if inner_ns + 400 > end_ns:
                break
            yield closed(name, inner_ns, inner_ns + 400, outer)
            inner_ns += 400
        yield outer
        now_ns = end_ns + generator.randint(0, 50_000)


def one_by_one(found: Sequence[OpenSpan]) -> Pieces:
    """The stretches of each path without what was nested in it."""
    inner: dict[OpenSpan, list[tuple[int, int]]] = {}
    for span in found:
        if span.parent is not None:
            inner.setdefault(span.parent, []).extend(span.segments)
    pieces: Pieces = []
    for span in found:
        path = (span.name,) if span.parent is None else (span.parent.name, span.name)
        path = tuple(reversed(dict.fromkeys(reversed(path))))
        [(cursor, end)] = span.segments
        for low, high in [*sorted(inner.get(span, [])), (end, end)]:
            pieces += [(path, cursor, low)]
            cursor = high
    return pieces


def of_bundles(bundles: Iterable[Bundle]) -> Pieces:
    return [(bundle.names[::-1], low, high) for bundle in bundles for low, high in bundle.segments]


def shares_ns(pieces: Pieces) -> tuple[Counter[tuple[str, ...]], Counter[int]]:
    """Each path's share of the time, split equally among those active at once; and how long so many were."""
    edges = sorted([(low, 1, path) for path, low, _ in pieces] + [(high, -1, path) for path, _, high in pieces])
    shares: Counter[tuple[str, ...]] = Counter()
    levels: Counter[int] = Counter()
    active: Counter[tuple[str, ...]] = Counter()
    before = 0
    for instant, change, path in edges:
        running = active.total()
        if running and instant > before:
            levels[running] += instant - before
            for who, times in active.items():
                shares[who] += times * (instant - before) / running  # type: ignore[assignment]
        active[path] += change
        before = instant
    return shares, levels


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_path_keeps_its_share_of_the_time_also_where_threads_run_at_once(threads: int) -> None:
    generator = random.Random(threads)
    found = [span for _ in range(threads) for span in thread(generator, "fgh", 50 * CELL_NS)]
    found.sort(key=lambda span: span.end_ns)
    bundles, kept = bundled(found, 1)
    assert not kept
    expected, levels = shares_ns(one_by_one(found))
    shares, bundled_levels = shares_ns(of_bundles(bundles))
    assert shares.keys() == expected.keys()
    for path, share_ns in expected.items():
        assert shares[path] == pytest.approx(share_ns, rel=1e-3, abs=100)
    for running, time_ns in levels.items():
        assert bundled_levels[running] == pytest.approx(time_ns, rel=1e-3, abs=100)


def test_a_call_is_moved_by_less_than_a_millisecond() -> None:
    found = [closed("f", k * 100_000, k * 100_000 + 30_000) for k in range(1000)]
    [bundle] = bundled(found, 1)[0]
    for low, high in bundle.segments:
        cell = (low - ORIGIN_NS) // CELL_NS
        assert cell == (high - ORIGIN_NS) // CELL_NS
        assert high - low == 300_000
    assert len(bundle.segments) == 100


def test_calls_times_units_and_errors_are_exact() -> None:
    found = [closed("f", k * 10_000, k * 10_000 + 4_000) for k in range(100_000)]
    for span in found[::10]:
        span.units, span.error = {"tokens": 3.0}, "KeyError"
    found[7].uncounted = {"tokens": "why"}
    bundles = bundled(found, 1)[0]
    assert sum(bundle.calls for bundle in bundles) == 100_000
    assert sum(bundle.duration_ns for bundle in bundles) == 400_000_000
    assert sum(bundle.units["tokens"] for bundle in bundles if bundle.units) == 30_000
    assert sum(bundle.errors for bundle in bundles) == 10_000
    assert [bundle.uncounted for bundle in bundles if bundle.uncounted] == [{"tokens": "why"}]


def test_long_and_suspended_calls_and_what_lies_around_them_are_kept_as_they_are() -> None:
    around = closed("around", 0, 5 * CELL_NS)
    long = closed("long", 0, 2 * CELL_NS, around)
    stream = closed("stream", 2 * CELL_NS, 2 * CELL_NS + 10, around)
    stream.segments = [*stream.segments, (ORIGIN_NS + 3 * CELL_NS, ORIGIN_NS + 3 * CELL_NS + 10)]
    short = closed("short", 10, 20, long)
    bundles, kept = bundled([short, long, stream, around], 1)
    assert kept == [long, stream, around]
    assert [(bundle.names, bundle.parent) for bundle in bundles] == [(("short",), long)]


def test_tasks_that_overlap_inside_a_call_are_kept_one_by_one() -> None:
    outer = closed("outer", 0, 1000)
    tasks = [closed("task", 100, 600, outer), closed("task", 200, 700, outer)]
    alone = closed("alone", 2000, 2100)
    bundles, kept = bundled([*tasks, outer, alone], 1)
    assert kept == [*tasks, outer]
    assert [bundle.names for bundle in bundles] == [("alone",)]


def test_a_task_that_outlived_its_call_is_kept_with_it() -> None:
    outer = closed("outer", 0, 1000)
    task = closed("task", 100, 3000, outer)
    assert bundled([outer, task], 1) == ([], [outer, task])


def test_recursion_is_one_path() -> None:
    outer = closed("f", 0, 1000)
    middle = closed("g", 100, 900, outer)
    inner = closed("f", 200, 800, middle)
    bundles = bundled([inner, middle, outer], 1)[0]
    assert sorted((bundle.names, bundle.calls) for bundle in bundles) == [(("f",), 1), (("f", "g"), 1), (("g", "f"), 1)]
    durations_ns = {bundle.names: bundle.duration_ns for bundle in bundles}
    assert durations_ns == {("f",): 1000, ("f", "g"): 0, ("g", "f"): 800}, "the time of a recursion is that of its root"


def test_a_log_of_300000_calls_holds_no_more_than_one_of_10000(log: SpanLog) -> None:
    outer = begin("outer")
    nothing = wrap(lambda: None, "nothing", None)
    most = 0
    with Active(outer):
        for _ in range(300):
            for _ in range(1000):
                nothing()
            most = max(most, len(log.closed) + len(log._held.kept))
    finish(outer)
    assert most < 30_000  # besides those that wait, only calls in which a busy machine did something else for long
    found, running = log.take()
    assert running == []
    bundles = [one for one in found if isinstance(one, Bundle)]
    assert all(bundle.parent is outer for bundle in bundles)
    alone = [one for one in found if isinstance(one, OpenSpan)]
    assert sum(bundle.calls for bundle in bundles) + len(alone) == 300_001
    assert alone[-1] is outer


def test_calls_wait_for_whoever_takes_them_but_not_for_ever(log: SpanLog) -> None:
    """Somebody holds the log: from `OVERFULL` on a call waits, and after it waited in vain not before twice as many."""
    nothing = wrap(lambda: None, "nothing", None)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with log._lock:
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    waits_from = [log._waits_from]
    for _ in range(5 * spans.OVERFULL):
        nothing()
        if log._waits_from != waits_from[-1]:
            waits_from.append(log._waits_from)
    done.set()
    holder.join()
    assert waits_from == [spans.OVERFULL * 2**times for times in range(4)]
    nothing()
    assert log._waits_from == spans.OVERFULL
    assert len(log.closed) <= spans.FULL


def test_what_closes_while_others_are_taken_is_in_one_of_the_two_times(log: SpanLog) -> None:
    made = itertools.count()
    nothing = wrap(lambda: next(made), "nothing", None)
    going_on = threading.Event()

    def calls() -> None:
        while not going_on.is_set():
            nothing()

    caller = threading.Thread(target=calls)
    caller.start()
    found = [one for _ in range(50) for one in log.take(most=1)[0]]
    going_on.set()
    caller.join()
    found += log.take()[0]
    assert sum(one.calls if isinstance(one, Bundle) else 1 for one in found) == next(made)


def test_a_log_that_holds_much_that_cannot_be_bundled_asks_to_be_taken_from() -> None:
    asked: list[int] = []
    log = SpanLog(crowded=lambda: asked.append(len(log._held.kept)))
    log.activate()
    for _ in range(spans.CROWDED + 2 * spans.FULL):
        span = begin("x")
        span.segments = [(1, 2), (3, 4)]
        finish(span)
    log.deactivate()
    assert asked
    assert min(asked) > spans.CROWDED


def test_what_is_open_is_not_lost_when_its_children_are_bundled(log: SpanLog) -> None:
    outer = begin("outer")
    inner = wrap(lambda: None, "inner", None)
    with Active(outer):
        for _ in range(2 * spans.FULL):
            inner()
    finish(outer)
    log.bundle()
    found, _ = log.take()
    assert outer in found


def test_two_logs_bundle_the_same_calls_each_by_itself(log: SpanLog) -> None:
    inner = wrap(lambda: None, "inner", None)
    outer = wrap(lambda: [inner() for _ in range(3)], "outer", None)
    for _ in range(1000):
        outer()
    second = SpanLog()
    second.activate()
    for _ in range(3000):
        outer()
    second.deactivate()
    for each, calls in ((log, 4000), (second, 3000)):
        found, running = each.take(0)
        assert running == []
        counted: Counter[str] = Counter()
        for one in found:
            counted[one.name] += one.calls if isinstance(one, Bundle) else 1
        assert counted == {"outer": calls, "inner": 3 * calls}
