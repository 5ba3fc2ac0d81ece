"""The spans that close while a test runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from energyprof.capture.spans import CURRENT, OpenSpan, SpanLog, open_spans


@pytest.fixture
def caught(log: SpanLog) -> Iterator[Callable[[], list[OpenSpan]]]:
    """Looks at them; at the end none may be current or open."""
    yield lambda: list(log.closed)
    log.deactivate()
    assert CURRENT.get() is None
    assert not open_spans()
