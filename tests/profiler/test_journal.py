"""What a journal holds of spans that were open when it was written, once they have ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from energyprof.capture.spans import Active, OpenSpan, SpanLog, begin, finish
from energyprof.profiler.journal import Journal, read_journal

MANY = 100


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    journal.open()
    yield journal
    journal.close()


def ended(name: str) -> OpenSpan:
    span = begin(name)
    with Active(span):
        pass
    finish(span)
    return span


def lines(journal: Journal, kind: str) -> list[list[dict[str, Any]]]:
    return [content for each, content in read_journal(journal.path) if each == kind]


def test_a_short_span_seen_open_and_bundled_later_is_open_no_more(log: SpanLog, journal: Journal) -> None:
    span = begin("short")
    with Active(span):
        journal.spans(*log.take(most=MANY))
    finish(span)
    assert [shape["id"] for shape in lines(journal, "open")[-1]] == [span.id]
    for _ in range(2 * MANY):
        ended("short")
    journal.spans(*log.take(most=MANY))
    [found] = lines(journal, "spans")
    assert lines(journal, "open")[-1] == []
    assert sum(shape.get("calls", 1) for shape in found) == 2 * MANY + 1
    assert span.id in {shape["id"] for shape in found}  # so that it has ended also where the other line was cut off


def test_the_last_open_span_leaves_an_empty_list_and_nothing_after_it(log: SpanLog, journal: Journal) -> None:
    span = begin("x")
    journal.spans(*log.take())
    finish(span)
    for _ in range(3):
        journal.spans(*log.take())
    written = [(kind, len(content)) for kind, content in read_journal(journal.path)]
    assert written == [("open", 1), ("spans", 1), ("open", 0)]
