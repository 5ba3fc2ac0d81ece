"""`@profile`: every call of a function becomes a span; its joules are worked out later, when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from energyprof.capture.wrap import Count, wrap
from energyprof.model.errors import InvalidValue
from energyprof.profiler.measurement import LiveMeasurement, Measurement
from energyprof.profiler.profiler import energy_of, remember
from energyprof.profiler.result import unmeasured
from energyprof.profiler.units import Units, count

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S", contravariant=True)


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
def profile(function: Callable[P, R], /) -> Profiled[P, R]: ...


@overload
def profile(*, name: str | None = None, units: Units | None = None) -> Callable[[Callable[P, R]], Profiled[P, R]]: ...


def profile(
    function: Callable[P, R] | None = None, /, *, name: str | None = None, units: Units | None = None
) -> Profiled[P, R] | Callable[[Callable[P, R]], Profiled[P, R]]:
    """Measures every call of a function: sync, async, generator or async generator.

    Calls are recorded by every active Profiler; where none is active, by one of the process's own, which starts with
    the first call. `ENERGYPROF=off` leaves the function as it is.

    Args:
        name: in results; the function's qualified name by default.
        units: work units by name, each counted from the function's result (for generators, from each item).

    Returns:
        The function, with an attribute `energy`: the Measurement of all its calls so far.

    Raises:
        InvalidValue: a unit cannot be counted because it is not a function.
    """
    for unit, of in (units or {}).items():
        if not callable(of):
            raise InvalidValue(
                f"units[{unit!r}] of @profile must be a function of the result, not {of!r}. "
                "Write, for example, units={'tokens': len}."
            )
    if function is None:
        return lambda later: _profiled(later, name, units)
    return _profiled(function, name, units)


def _profiled(function: Callable[P, R], name: str | None, units: Units | None) -> Profiled[P, R]:
    title = name or str(getattr(function, "__qualname__", repr(function)))
    if os.environ.get("ENERGYPROF", "").lower() == "off":
        return _inert(function, title)
    wrapped = wrap(function, title, _counter(units) if units else None)
    remember(title)
    wrapped.energy = LiveMeasurement(lambda: energy_of(title))  # type: ignore[attr-defined]
    return cast("Profiled[P, R]", wrapped)


def _inert(function: Callable[P, R], title: str) -> Profiled[P, R]:
    function.energy = unmeasured(title, "ENERGYPROF=off: nothing is measured")  # type: ignore[attr-defined]
    return cast("Profiled[P, R]", function)


def _counter(units: Units) -> Count:
    return lambda span, result: count(span, units, result)
