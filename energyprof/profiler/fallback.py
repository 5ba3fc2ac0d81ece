"""A profiler of the process's own, for decorated calls outside any scope; a failure of it never reaches the caller."""

from __future__ import annotations

import atexit
import os
import threading

from energyprof.capture import spans
from energyprof.model.errors import EnergyprofError
from energyprof.profiler.measurement import Measurement
from energyprof.profiler.profiler import Profiler
from energyprof.profiler.registry import measurements
from energyprof.profiler.result import combined, resolved, unmeasured

_failure: str | None = None
_starts = False
_lock = threading.RLock()


def energy_of(name: str) -> Measurement:
    """All calls of a decorated function so far, over every profiler that was the innermost active one."""
    called = measurements(name)
    if not called:
        return unmeasured(name, _failure or "it was not called yet")
    return resolved(combined(called))


def _start() -> None:
    global _failure, _starts
    with _lock:
        if _failure is not None or _starts or spans.active():  # starts: a signal came meanwhile
            return
        _starts = True
        try:
            profiler = Profiler().start()
        except EnergyprofError as error:
            _failure = str(error)
            return
        finally:
            _starts = False
        atexit.register(profiler._sampler.stop)


def _forget_after_fork() -> None:
    global _failure, _lock, _starts
    _lock = threading.RLock()
    _failure, _starts = None, False


spans.use_fallback(_start)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
