"""`@profile`: every call of a function becomes a span; its joules are worked out later, when they are asked for."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from energyprof.capture.wrap import Count, wrap, yields
from energyprof.model.errors import InvalidValue
from energyprof.profiler.fallback import energy_of
from energyprof.profiler.measurement import LiveMeasurement, Measurement
from energyprof.profiler.registry import remember
from energyprof.profiler.result import unmeasured
from energyprof.profiler.units import Units, count

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S", contravariant=True)
T = TypeVar("T")


class Profiled(Protocol[P, R_co]):
    """A function with the same signature that also knows its energy."""

    @property
    def energy(self) -> Measurement: ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    @overload
    def __get__(self, instance: None, owner: type) -> Profiled[P, R_co]: ...

    @overload
    def __get__(
        self: Profiled[Concatenate[S, Q], R_co], instance: S, owner: type | None = None
    ) -> Callable[Q, R_co]: ...


Q = ParamSpec("Q")


@overload
def profile(function: staticmethod[P, R], /) -> staticmethod[P, R]: ...  # type: ignore[overload-overlap]


@overload
def profile(function: classmethod[T, P, R], /) -> classmethod[T, P, R]: ...


@overload
def profile(function: Callable[P, R], /) -> Profiled[P, R]: ...


@overload
def profile(
    *, name: str | None = None, units: Units | None = None, phases: bool = False
) -> Callable[[Callable[P, R]], Profiled[P, R]]: ...


def profile(
    function: Any = None, /, *, name: str | None = None, units: Units | None = None, phases: bool = False
) -> Any:
    """Measures every call of a function: sync, async, generator or async generator.

    Calls are recorded by every active Profiler; where none is active, by one of the process's own, which starts with
    the first call. `ENERGYPROF=off` leaves the function as it is.

    Args:
        name: in results; the function's qualified name by default.
        units: work units by name, each counted from the function's result (for generators, from each item).
        phases: of a generator that streams tokens: whether the time to its first item and the time after it are
            measured apart as well, as NAME.prefill and NAME.decode.

    Returns:
        The function, with an attribute `energy`: the Measurement of all its calls so far.

    Raises:
        InvalidValue: what is decorated, or counts a unit, is not a function, or a function has no phases.
    """
    for unit, of in (units or {}).items():
        if not callable(of):
            raise InvalidValue(
                f"units[{unit!r}] of @profile must be a function of the result, not {of!r}. "
                "Write, for example, units={'tokens': len}."
            )
    if function is None:
        return lambda later: _profiled(later, name, units, phases)
    return _profiled(function, name, units, phases)


def _profiled(function: Any, name: str | None, units: Units | None, phases: bool) -> Any:
    if isinstance(function, staticmethod | classmethod):
        return type(function)(_profiled(function.__func__, name, units, phases))
    if not callable(function):
        raise InvalidValue(
            f"@profile measures a function, and {function!r} cannot be called, so nothing was decorated. "
            'Write @profile(name="...") to name it, and put @profile below @property.'
        )
    title = name or _title(function)
    if phases and not yields(function):
        raise InvalidValue(
            f"@profile(phases=True) tells the time to the first item from that after it, and {title} yields no items. "
            "Decorate the generator that yields tokens, or put Profiler.span around each phase."
        )
    if os.environ.get("ENERGYPROF", "").lower() == "off":
        return _inert(function, title)
    wrapped = wrap(function, title, _counter(units) if units else None, phases=phases)
    remember(title)
    wrapped.energy = LiveMeasurement(lambda: energy_of(title))  # type: ignore[attr-defined]
    return wrapped


def _title(function: Any) -> str:
    """The qualified name; of a partial function that of the function, of an object that is called its class's."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _inert(function: Any, title: str) -> Any:
    nothing = unmeasured(title, "ENERGYPROF=off: nothing is measured")
    try:
        function.energy = nothing
    except AttributeError:  # of a built-in function, or of an object without room for it
        function = functools.partial(function)
        function.energy = nothing
    return function


def _counter(units: Units) -> Count:
    return lambda span, result: count(span, units, result)
