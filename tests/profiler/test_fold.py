"""Accounts of spans that are looked at while they go on."""

from __future__ import annotations

import pytest
from simulated.readings import GPU, Course, polled

from energyprof.capture.spans import OpenSpan, SpanLog
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
