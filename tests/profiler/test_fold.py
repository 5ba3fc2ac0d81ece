"""Accounts of spans that are looked at while they go on."""

from __future__ import annotations

import random

import pytest
from simulated.readings import GPU, Course, polled

from energyprof.analysis.statistics import Z95
from energyprof.capture.bundle import bundled
from energyprof.capture.spans import OpenSpan, SpanLog
from energyprof.footprint.site import Site
from energyprof.profiler.accounts import Group
from energyprof.profiler.fold import BEST, Books
from energyprof.profiler.result import measurement_of, result_of


def test_a_stretch_that_ends_just_as_it_is_looked_at_is_charged_once_and_to_its_end() -> None:
    course = Course()
    course.pulse(1.0, 2.0, 500)
    span = OpenSpan("x", None)
    span.segments, span.active_ns = [(1_000_000_000, 2_000_000_000)], 1_000_000_000
    books = Books(SpanLog(), [GPU], 0.5)
    books.close_until(4.0, [], [span], [polled(course, 5.0)])
    [account] = books.accounts[GPU.id, BEST].owners.values()
    assert account.energy_j == pytest.approx(500, rel=0.02)


def test_how_often_the_books_are_closed_does_not_change_what_functions_get() -> None:
    generator, course, spans, now_s = random.Random(1), Course(), [], 2.0
    truth_j = {"f": 0.0, "g": 0.0}
    while now_s < 20:
        name, power_w = generator.choice((("f", 300), ("g", 120)))
        for _ in range(generator.randint(3, 12)):
            duration_s = generator.uniform(0.008, 0.014)
            span = OpenSpan(name, None)
            span.segments, span.closed = [(round(now_s * 1e9), round((now_s + duration_s) * 1e9))], True
            course.pulse(now_s, duration_s, power_w)
            spans.append(span)
            truth_j[name] += power_w * duration_s
            now_s += duration_s
    books, timeline = Books(SpanLog(), [GPU], 0.5), polled(course, 22.0)
    for instant_s in (7.0, 12.0, 17.0, 21.5):  # the first three in the middle of a call
        closed = [span for span in spans if span.segments[-1][1] / 1e9 <= instant_s + 0.05]
        spans = spans[len(closed) :]
        books.close_until(instant_s, closed, [], [timeline])
    accounts = books.accounts[GPU.id, BEST]
    for name, drawn_j in truth_j.items():
        [account] = [account for owner, account in accounts.owners.items() if owner.path == (name,)]
        assert account.energy_j == pytest.approx(drawn_j, rel=0.005)
        assert accounts.doubt(Group("own", False, name)).uncertainty_j < 0.01 * drawn_j


@pytest.mark.parametrize("before_s", [0.0, 0.02])
def test_a_call_right_after_the_books_are_closed_between_two_ticks_keeps_its_joules(before_s: float) -> None:
    course, span = Course(), OpenSpan("next", None)
    course.times_s += [4.06 - before_s, 4.06, 4.08, 4.1]
    course.powers_w += [600.0 if before_s else 70.0, 70.0, 600.0, 70.0]
    earlier = OpenSpan("before", None)
    earlier.segments, earlier.closed = [(round((4.06 - before_s) * 1e9), 4_060_000_000)], True
    span.segments, span.closed = [(4_080_000_000, 4_100_000_000)], True
    books, timeline = Books(SpanLog(), [GPU], 0.5), polled(course, 8.0)
    books.close_until(4.07, [earlier, span] if before_s else [span], [], [timeline])
    books.close_until(7.5, [], [], [timeline])
    [account] = [x for owner, x in books.accounts[GPU.id, BEST].owners.items() if owner.path == ("next",)]
    assert account.energy_j == pytest.approx(12, rel=0.5 if before_s else 0.02)


def test_the_interval_of_the_total_holds_readings_that_scatter() -> None:
    held = 0
    for seed in range(30):
        course, span = Course(), OpenSpan("x", None)
        course.pulse(3.0, 2.0, 400)
        span.segments, span.closed = [(3_000_000_000, 5_000_000_000)], True
        books = Books(SpanLog(), [GPU], 0.5)
        books.close_until(8.0, [span], [], [polled(course, 9.0, noise=0.02, seed=seed)])
        total = result_of(books, Site(grid=None), [], []).total
        assert total.low is not None
        assert total.high is not None
        held += total.low <= course.energy_j(0.5, 8.0) <= total.high
        assert total.high - total.low < 0.02 * course.energy_j(0.5, 8.0)
    assert held >= 25


def test_bundled_calls_far_below_the_counters_period_get_the_joules_that_each_drew() -> None:
    generator, course, spans, now_s = random.Random(2), Course(), [], 2.0
    truth_j, calls = {"f": 0.0, "g": 0.0}, {"f": 0, "g": 0}
    while now_s < 20:
        for name, power_w in (("f", 300), ("g", 120)):
            start_s = now_s
            for _ in range(generator.randint(20, 150)):
                duration_s = generator.uniform(0.0002, 0.0008)
                span = OpenSpan(name, None)
                span.segments, span.closed = [(round(now_s * 1e9), round((now_s + duration_s) * 1e9))], True
                spans.append(span)
                calls[name] += 1
                now_s += duration_s
            course.pulse(start_s, now_s - start_s, power_w)
            truth_j[name] += power_w * (now_s - start_s)
        now_s += generator.uniform(0.0, 0.3)
    bundles, kept = bundled(spans, 1)
    assert kept == []
    books, timeline = Books(SpanLog(), [GPU], 0.5), polled(course, 23.0)
    books.close_until(9.0, bundles, [], [timeline])
    books.close_until(22.5, [], [], [timeline])
    accounts = books.accounts[GPU.id, BEST]
    for name, drawn_j in truth_j.items():
        [account] = [account for owner, account in accounts.owners.items() if owner.path == (name,)]
        assert account.energy_j == pytest.approx(drawn_j, rel=0.01)
        assert abs(account.energy_j - drawn_j) < 2 * Z95 * accounts.doubt(Group("own", False, name)).uncertainty_j
    assert {name: work.calls for (_, name), work in books.work.items()} == calls
    shared_j = sum(account.energy_j for account in accounts.owners.values())
    assert shared_j + accounts.idle_j + accounts.unattributed_j == pytest.approx(accounts.total_j, rel=1e-9)


def test_the_energy_per_call_of_a_recursive_function_is_right_while_its_outermost_call_runs() -> None:
    course, log = Course(), SpanLog()
    course.pulse(2.0, 1.0, 300)
    course.pulse(4.0, 4.0, 300)
    ended, outer = OpenSpan("f", None), OpenSpan("f", None)
    ended.segments, ended.closed = [(2_000_000_000, 3_000_000_000)], True
    outer.active_ns = 4_000_000_000
    inner = OpenSpan("f", outer)
    inner.segments, inner.closed = [(5_000_000_000, 6_000_000_000)], True
    books = Books(log, [GPU], 0.5)
    books.close_until(7.0, [ended, inner], [outer], [polled(course, 8.0)])
    found = measurement_of(books, "f", Site(grid=None))
    assert (found.calls, found.duration_s) == (1, 1.0)
    assert found.per_call.value == pytest.approx(300, rel=0.01)
    outer.segments, outer.active_ns, outer.closed = [(4_000_000_000, 8_000_000_000)], None, True
    books.close_until(9.0, [outer], [], [polled(course, 10.0)])
    found = measurement_of(books, "f", Site(grid=None))
    assert (found.calls, found.duration_s) == (3, 5.0)
    assert found.power_w.value == pytest.approx(300, rel=0.01)
    assert found.per_call.value == pytest.approx((300 + 1200) / 3, rel=0.01)


def test_a_fold_that_fails_loses_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    course, span = Course(), OpenSpan("x", None)
    course.pulse(1.0, 2.0, 500)
    span.segments, span.closed = [(1_000_000_000, 3_000_000_000)], True
    books, timeline = Books(SpanLog(), [GPU], 0.5), polled(course, 5.0)
    with monkeypatch.context() as broken:
        broken.setattr("energyprof.profiler.fold.apportion", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            books.close_until(4.0, [span], [], [timeline])
    books.close_until(4.0, [span], [], [timeline])
    [account] = books.accounts[GPU.id, BEST].owners.values()
    assert account.energy_j == pytest.approx(1000, rel=0.01)
    assert books.work[False, "x"].calls == 1
