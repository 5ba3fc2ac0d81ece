"""Wraps a function of any kind so that each call is a span: sync, async, generator, async generator.

A generator's span is active only inside `next()`, `send()`, `throw()` and `close()`, so that the consumer's time
between two items is not charged to it, and what the consumer calls is not nested in it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

from energyprof.capture.phases import Phases, Undivided
from energyprof.capture.spans import Active, OpenSpan, begin, enter, finish, leave

Count = Callable[[OpenSpan, Any], None]
"""Called with the span and the function's result, before the span is closed; counts work units."""


def wrap(function: Callable[..., Any], name: str, count: Count | None, *, phases: bool = False) -> Callable[..., Any]:
    """The function with each call made a span of that name; results and exceptions pass through untouched.

    Args:
        phases: of a generator: whether the time to its first item and the time after it become spans of their own.
    """
    body = _body(function)
    if inspect.isasyncgenfunction(body):
        return _wrap_async_generator(function, name, count, phases)
    if inspect.isgeneratorfunction(body):
        return _wrap_generator(function, name, count, phases)
    if inspect.iscoroutinefunction(body):
        return _wrap_coroutine(function, name, count)
    return _wrap_plain(function, name, count)


def yields(function: Callable[..., Any]) -> bool:
    """Whether a call gives items one by one."""
    body = _body(function)
    return inspect.isgeneratorfunction(body) or inspect.isasyncgenfunction(body)


def _body(function: Callable[..., Any]) -> Callable[..., Any]:
    """What runs when it is called: itself, or the method of an object that is no function, such as a PyTorch model."""
    if inspect.isroutine(function) or isinstance(function, functools.partial):
        return function
    return getattr(type(function), "__call__", function)  # noqa: B004 - it is wanted itself, not whether it is there


def _wrap_plain(function: Callable[..., Any], name: str, count: Count | None) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        span = begin(name)
        try:
            before = enter(span)
            try:
                result = function(*args, **kwargs)
            finally:
                leave(span, before)
            if count is not None:
                count(span, result)
        except BaseException as error:
            finish(span, error)
            raise
        finish(span)
        return result

    return call


def _wrap_coroutine(function: Callable[..., Awaitable[Any]], name: str, count: Count | None) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        span = begin(name)
        try:
            before = enter(span)
            try:
                result = await function(*args, **kwargs)
            finally:
                leave(span, before)
            if count is not None:
                count(span, result)
        except BaseException as error:
            finish(span, error)
            raise
        finish(span)
        return result

    return call


def _wrap_generator(
    function: Callable[..., Generator[Any, Any, Any]], name: str, count: Count | None, phases: bool
) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        span = begin(name)
        parts = Phases(name, count) if phases else Undivided()
        try:
            result = yield from _stretches(span, parts, function(*args, **kwargs), count)
        except BaseException as error:
            parts.end(error)
            finish(span, error)
            raise
        parts.end()
        finish(span)
        return result

    return call


def _stretches(
    span: OpenSpan, parts: Phases | Undivided, source: Generator[Any, Any, Any], count: Count | None
) -> Generator[Any, Any, Any]:
    resume: Callable[[], Any] = functools.partial(next, source)
    while True:
        try:
            with Active(span), parts:
                item = resume()
        except StopIteration as stop:
            return stop.value
        if count is not None:
            count(span, item)
        parts.made(item)
        try:
            sent = yield item
            resume = functools.partial(source.send, sent)
        except GeneratorExit:
            with Active(span), parts:
                source.close()
            raise
        except BaseException as error:  # handed to the wrapped generator, as `yield from` does
            resume = functools.partial(source.throw, error)


def _wrap_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], name: str, count: Count | None, phases: bool
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        span = begin(name)
        parts = Phases(name, count) if phases else Undivided()
        source = function(*args, **kwargs)
        resume: Callable[[], Awaitable[Any]] = source.__anext__
        try:
            while True:
                try:
                    with Active(span), parts:
                        item = await resume()
                except StopAsyncIteration:
                    break
                if count is not None:
                    count(span, item)
                parts.made(item)
                try:
                    sent = yield item
                    resume = functools.partial(source.asend, sent)
                except GeneratorExit:
                    with Active(span), parts:
                        await source.aclose()
                    raise
                except BaseException as error:  # handed to the wrapped generator, as `yield from` does
                    resume = functools.partial(source.athrow, error)
        except BaseException as error:
            parts.end(error)
            finish(span, error)
            raise
        parts.end()
        finish(span)

    return call
