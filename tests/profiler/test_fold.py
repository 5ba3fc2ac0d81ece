"""Accounts of spans that are looked at while they go on."""

from __future__ import annotations

import random

import pytest
from simulated.readings import GPU, Course, polled

from energyprof.capture.spans import OpenSpan, SpanLog
from energyprof.profiler.accounts import Group
from energyprof.profiler.fold import BEST, Books


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
