"""The profilers of this process that count, and what those that have stopped measured of decorated functions."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from energyprof.profiler.measurement import Measurement
from energyprof.profiler.result import combined


class Counting(Protocol):
    """A profiler that has started."""

    def measurement(self, name: str) -> Measurement: ...
    def leave_to_parent(self) -> None: ...


class _Known(NamedTuple):
    """Replaced as a whole, so that whoever interrupts sees the calls of a profiler once.

    Attributes:
        counting: the profilers that have not stopped, the process's own one included.
        past: for each decorated function, its calls in profilers that have stopped; of these nothing else is kept.
    """

    counting: tuple[Counting, ...]
    past: dict[str, Measurement | None]


_known = _Known((), {})
_lock = threading.RLock()


def started(profiler: Counting) -> None:
    """It counts from now on."""
    global _known
    with _lock:
        _known = _known._replace(counting=(*_known.counting, profiler))


def remember(name: str) -> None:
    """From now on the calls of a function of that name are kept when a profiler stops."""
    global _known
    with _lock:
        _known = _known._replace(past={name: None, **_known.past})


def stopped(profiler: Counting, names: Iterable[str]) -> None:
    """It counts no more; what it measured of the decorated functions among these names is kept."""
    global _known
    with _lock:
        kept: dict[str, Measurement | None] = {}
        for name in _known.past.keys() & set(names):
            found, before = profiler.measurement(name), _known.past[name]
            if found.calls:
                kept[name] = found if before is None else combined([before, found])
        _known = _Known(tuple(each for each in _known.counting if each is not profiler), _known.past | kept)


def measurements(name: str) -> list[Measurement]:
    """The calls of a decorated function, by profiler; all that have stopped are one."""
    with _lock:
        counting, past = _known
    found = [past.get(name), *(profiler.measurement(name) for profiler in counting)]
    return [measurement for measurement in found if measurement is not None and measurement.calls]


def _forget_after_fork() -> None:
    """The child of a fork has none of its parent's profilers: their samplers watch the parent."""
    global _known, _lock
    for profiler in _known.counting:
        profiler.leave_to_parent()
    _lock = threading.RLock()
    _known = _Known((), dict.fromkeys(_known.past))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
