"""Every kind of function becomes spans without any change that its caller could see."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from energyprof.capture.spans import CURRENT, OpenSpan, SpanLog, begin, open_spans
from energyprof.capture.wrap import wrap

Caught = Callable[[], list[OpenSpan]]


def seconds(span: OpenSpan) -> float:
    return sum(end - start for start, end in span.segments) / 1e9


def spent(duration_s: float) -> None:
    end_s = time.monotonic() + duration_s
    while time.monotonic() < end_s:
        pass


def test_a_plain_call_is_one_segment(caught: Caught) -> None:
    def double(x: int) -> int:
        """Doubles."""
        return 2 * x

    wrapped = wrap(double, "double", None)
    assert wrapped(4) == 8
    assert (wrapped.__name__, wrapped.__doc__) == ("double", "Doubles.")
    [span] = caught()
    assert (span.name, len(span.segments), span.error, span.parent) == ("double", 1, None, None)


def test_an_exception_passes_through_and_is_named(caught: Caught) -> None:
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        wrap(broken, "broken", None)()
    assert [span.error for span in caught()] == ["KeyError"]


def test_nested_and_recursive_calls_know_their_parents(caught: Caught) -> None:
    def down(n: int) -> int:
        return 0 if n == 0 else wrapped(n - 1) + 1

    wrapped = wrap(down, "down", None)
    assert wrapped(3) == 3
    spans = caught()
    assert [span.parent for span in spans] == [*spans[1:], None]


def test_a_coroutine_stays_one_and_is_measured_to_its_end(caught: Caught) -> None:
    async def answer() -> int:
        await asyncio.sleep(0.02)
        return 7

    wrapped = wrap(answer, "answer", None)
    assert inspect.iscoroutinefunction(wrapped)
    assert asyncio.run(wrapped()) == 7
    [span] = caught()
    assert seconds(span) >= 0.02


def test_a_cancelled_coroutine_is_closed(caught: Caught) -> None:
    async def endless() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(wrap(endless, "endless", None)())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [span.error for span in caught()] == ["CancelledError"]


def test_concurrent_tasks_are_not_nested_in_each_other(caught: Caught) -> None:
    async def short() -> None:
        await asyncio.sleep(0.005)

    wrapped = wrap(short, "short", None)

    async def main() -> None:
        await asyncio.gather(*(wrapped() for _ in range(5)))

    asyncio.run(main())
    assert [span.parent for span in caught()] == [None] * 5


def test_threads_and_executors_are_not_nested_in_each_other(caught: Caught) -> None:
    barrier = threading.Barrier(4)
    wrapped = wrap(lambda: barrier.wait(5), "meet", None)
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(wrapped) for _ in range(4)]:
            future.result()
    assert [span.parent for span in caught()] == [None] * 4


def numbers() -> Generator[int, str | None, str]:
    for number in range(3):
        spent(0.01)
        yield number
    return "end"


def test_a_generator_is_charged_only_for_the_time_inside_it(caught: Caught) -> None:
    wrapped = wrap(numbers, "numbers", None)
    assert inspect.isgeneratorfunction(wrapped)
    for _ in wrapped():
        time.sleep(0.05)
    [span] = caught()
    assert len(span.segments) == 4
    assert 0.03 <= seconds(span) < 0.05 + 0.04


def test_a_generator_takes_send_throw_and_return_like_the_one_it_wraps(caught: Caught) -> None:
    def talk() -> Generator[str, str, str]:
        got = yield "first"
        try:
            yield got
        except KeyError:
            yield "caught"
        return "end"

    talking = wrap(talk, "talk", None)()
    assert next(talking) == "first"
    assert talking.send("hello") == "hello"
    assert talking.throw(KeyError()) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(talking)
    assert stop.value.value == "end"
    assert [len(span.segments) for span in caught()] == [4]


def test_what_the_consumer_calls_is_not_nested_in_the_generator(caught: Caught) -> None:
    consume = wrap(lambda: None, "consume", None)
    for _ in wrap(numbers, "numbers", None)():
        consume()
    assert {span.parent for span in caught() if span.name == "consume"} == {None}


def test_a_generator_closed_early_is_closed(caught: Caught) -> None:
    running = wrap(numbers, "numbers", None)()
    next(running)
    running.close()
    [span] = caught()
    assert (span.closed, span.error) == (True, "GeneratorExit")


def test_a_generator_never_finished_is_closed_with_its_last_reference(caught: Caught) -> None:
    running = wrap(numbers, "numbers", None)()
    next(running)
    del running
    gc.collect()
    assert len(caught()) == 1


def test_a_generator_never_started_is_no_span(caught: Caught) -> None:
    wrap(numbers, "numbers", None)()
    gc.collect()
    assert caught() == []


async def letters() -> AsyncGenerator[str, None]:
    for letter in "abc":
        await asyncio.sleep(0.01)
        yield letter


def test_an_async_generator_is_charged_only_for_its_own_steps(caught: Caught) -> None:
    wrapped = wrap(letters, "letters", None)
    assert inspect.isasyncgenfunction(wrapped)

    async def main() -> list[str]:
        got = []
        async for letter in wrapped():
            got.append(letter)
            await asyncio.sleep(0.05)
        return got

    assert asyncio.run(main()) == ["a", "b", "c"]
    [span] = caught()
    assert len(span.segments) == 4
    assert 0.03 <= seconds(span) < 0.03 + 3 * 0.05


def test_an_async_generator_closed_early_is_closed(caught: Caught) -> None:
    async def main() -> None:
        running = wrap(letters, "letters", None)()
        await anext(running)
        await running.aclose()

    asyncio.run(main())
    assert [span.error for span in caught()] == ["GeneratorExit"]


def test_methods_and_classmethods_are_bound_as_before(caught: Caught) -> None:
    class Model:
        scale = 3

        def run(self, x: int) -> int:
            return self.scale * x

        @classmethod
        def made(cls) -> type[Model]:
            return cls

    Model.run = wrap(Model.run, "run", None)  # type: ignore[method-assign]
    assert Model().run(2) == 6
    assert wrap(Model.made, "made", None)() is Model
    assert [span.name for span in caught()] == ["run", "made"]


def test_units_are_counted_from_results_and_from_items(caught: Caught) -> None:
    def count(span: OpenSpan, result: Any) -> None:
        span.units = {"tokens": (span.units or {}).get("tokens", 0.0) + 1}

    wrap(lambda: "x", "plain", count)()
    list(wrap(numbers, "numbers", count)())
    assert [span.units for span in caught()] == [{"tokens": 1.0}, {"tokens": 3.0}]


def test_a_span_is_closed_though_its_counting_is_interrupted(caught: Caught) -> None:
    def interrupted(span: OpenSpan, result: Any) -> None:
        raise KeyboardInterrupt

    for work in (wrap(lambda: "x", "plain", interrupted), lambda: asyncio.run(wrap(_seven, "async", interrupted)())):
        with pytest.raises(KeyboardInterrupt):
            work()
    assert [span.error for span in caught()] == ["KeyboardInterrupt", "KeyboardInterrupt"]


def test_a_call_before_any_log_is_active_is_let_through() -> None:
    awaitable: Callable[[], Awaitable[int]] = wrap(_seven, "seven", None)
    assert asyncio.run(awaitable()) == 7  # type: ignore[arg-type]
    assert not open_spans()


async def _seven() -> int:
    return 7


def test_the_innermost_log_is_a_spans_primary_one() -> None:
    outer, inner = SpanLog(), SpanLog()
    outer.activate()
    inner.activate()
    span = begin("x")
    inner.deactivate()
    outer.deactivate()
    assert span.primary is inner
    assert open_spans() == [span]
    from energyprof.capture.spans import finish

    finish(span)


def test_work_that_a_task_hands_to_a_thread_is_nested_in_it_and_a_bare_executors_is_not(caught: Caught) -> None:
    inner = wrap(lambda: None, "inner", None)

    async def outer() -> None:
        await asyncio.to_thread(inner)
        await asyncio.get_running_loop().run_in_executor(None, inner)

    asyncio.run(wrap(outer, "outer", None)())
    first, second, span = caught()
    assert (first.parent, second.parent) == (span, None)


def test_tasks_started_inside_a_span_are_nested_in_it_and_overlap(caught: Caught) -> None:
    async def inner() -> None:
        await asyncio.sleep(0.02)

    wrapped = wrap(inner, "inner", None)

    async def outer() -> None:
        await asyncio.gather(*(wrapped() for _ in range(3)))

    asyncio.run(wrap(outer, "outer", None)())
    *inside, span = caught()
    assert [each.parent for each in inside] == [span] * 3
    assert max(each.start_ns for each in inside) < min(each.end_ns for each in inside)


def test_objects_that_are_called_are_wrapped_by_what_their_call_is(caught: Caught) -> None:
    class Sync:
        def __call__(self, x: int) -> int:
            return x

    class Async:
        async def __call__(self, x: int) -> int:
            await asyncio.sleep(0.02)
            return x

    class Stream:
        def __call__(self) -> Iterator[int]:
            yield from range(3)

    assert wrap(Sync(), "sync", None)(3) == 3
    assert asyncio.run(wrap(Async(), "async", None)(4)) == 4
    assert list(wrap(Stream(), "stream", None)()) == [0, 1, 2]
    found = {span.name: span for span in caught()}
    assert seconds(found["async"]) >= 0.02
    assert len(found["stream"].segments) == 4


def test_partial_functions_keep_their_kind(caught: Caught) -> None:
    wrapped = wrap(functools.partial(_add, 3), "add", None)
    assert inspect.iscoroutinefunction(wrapped)
    assert asyncio.run(wrapped(4)) == 7
    assert [span.name for span in caught()] == ["add"]


async def _add(x: int, y: int) -> int:
    return x + y


def test_a_generator_that_refuses_to_close_says_so_as_before(caught: Caught) -> None:
    def stubborn() -> Generator[int, None, None]:
        while True:
            try:
                yield 1
            except GeneratorExit:
                yield 2

    running = wrap(stubborn, "stubborn", None)()
    next(running)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        running.close()
    assert [span.error for span in caught()] == ["RuntimeError"]


def test_a_generator_resumed_in_other_threads_leaves_each_its_own_span(caught: Caught) -> None:
    running = wrap(numbers, "numbers", None)()
    with ThreadPoolExecutor(2) as pool:
        assert [pool.submit(next, running).result() for _ in range(3)] == [0, 1, 2]
        assert pool.submit(CURRENT.get).result() is None
    running.close()
    [span] = caught()
    assert len(span.segments) == 4


def test_an_async_generator_takes_asend_and_athrow_like_the_one_it_wraps(caught: Caught) -> None:
    async def talk() -> AsyncGenerator[str, str]:
        got = yield "first"
        try:
            yield got
        except KeyError:
            yield "caught"

    async def main() -> list[str]:
        talking = wrap(talk, "talk", None)()
        got = [await anext(talking), await talking.asend("hello"), await talking.athrow(KeyError())]
        with pytest.raises(StopAsyncIteration):
            await anext(talking)
        return got

    assert asyncio.run(main()) == ["first", "hello", "caught"]
    assert [len(span.segments) for span in caught()] == [4]


def test_a_task_cancelled_inside_an_async_generator_closes_its_span(caught: Caught) -> None:
    async def endless() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.sleep(60)

    async def consume() -> None:
        async for _ in wrap(endless, "endless", None)():
            pass

    async def main() -> None:
        task = asyncio.create_task(consume())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [span.error for span in caught()] == ["CancelledError"]
