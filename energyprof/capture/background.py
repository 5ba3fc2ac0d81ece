"""Threads of the profiler's own in the measured process: started, or refused in words that a user can act on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from energyprof.model.errors import NotMeasurable


def start_thread(work: Callable[[], None], name: str) -> threading.Thread:
    """Runs work beside the program; the thread ends with the process at the latest.

    Raises:
        NotMeasurable: the system grants no thread, or the interpreter is being shut down.
    """
    thread = threading.Thread(target=work, name=f"energyprof-{name}", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise NotMeasurable(
            f"The profiler cannot have a thread of its own ({error}), so no energy can be measured. Allow this process "
            "more threads: see `ulimit -u`, or the limit of processes of its container."
        ) from error
    return thread
