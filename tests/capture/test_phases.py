"""A stream's prefill and decode are spans below its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator

import pytest

from energyprof.capture.spans import OpenSpan
from energyprof.capture.wrap import wrap

Caught = Callable[[], list[OpenSpan]]


def tokens(count: int) -> Generator[str, None, int]:
    for number in range(count):
        yield f"token {number}"
    return count


def one(span: OpenSpan, item: object) -> None:
    span.units = {"tokens": (span.units or {}).get("tokens", 0.0) + 1}


def shapes(spans: list[OpenSpan]) -> list[tuple[str, str | None, int, float | None, str | None]]:
    return [
        (
            span.name,
            span.parent and span.parent.name,
            len(span.segments),
            (span.units or {}).get("tokens"),
            span.error,
        )
        for span in spans
    ]


def test_the_first_item_ends_the_prefill_and_the_rest_is_decode(caught: Caught) -> None:
    assert list(wrap(tokens, "answer", one, phases=True)(4)) == [f"token {number}" for number in range(4)]
    assert shapes(caught()) == [
        ("answer.prefill", "answer", 1, 1, None),
        ("answer.decode", "answer", 4, 3, None),
        ("answer", None, 5, 4, None),
    ]


def test_a_stream_closed_early_ends_its_decode_with_it(caught: Caught) -> None:
    stream = wrap(tokens, "answer", one, phases=True)(4)
    next(stream)
    next(stream)
    stream.close()
    assert [(span.name, span.error) for span in caught()] == [
        ("answer.prefill", None),
        ("answer.decode", "GeneratorExit"),
        ("answer", "GeneratorExit"),
    ]


def test_a_stream_that_fails_before_its_first_item_has_a_failed_prefill(caught: Caught) -> None:
    def broken() -> Generator[str, None, None]:
        raise KeyError("x")
        yield ""

    with pytest.raises(KeyError, match="x"):
        list(wrap(broken, "answer", None, phases=True)())
    assert [(span.name, span.error) for span in caught()] == [("answer.prefill", "KeyError"), ("answer", "KeyError")]


def test_an_async_stream_has_phases_too(caught: Caught) -> None:
    async def streamed() -> AsyncGenerator[str, None]:
        for token in tokens(3):
            await asyncio.sleep(0)
            yield token

    async def main() -> list[str]:
        return [token async for token in wrap(streamed, "answer", one, phases=True)()]

    assert len(asyncio.run(main())) == 3
    assert [shape[:4] for shape in shapes(caught())] == [
        ("answer.prefill", "answer", 1, 1),
        ("answer.decode", "answer", 3, 2),
        ("answer", None, 4, 3),
    ]


def test_what_is_sent_and_returned_passes_through(caught: Caught) -> None:
    def echo() -> Generator[object, str, str]:
        heard = yield "ready"
        yield heard
        return "done"

    stream = wrap(echo, "echo", None, phases=True)()
    assert next(stream) == "ready"
    assert stream.send("hello") == "hello"
    with pytest.raises(StopIteration) as stop:
        next(stream)
    assert stop.value.value == "done"
    assert [span.name for span in caught()] == ["echo.prefill", "echo.decode", "echo"]
