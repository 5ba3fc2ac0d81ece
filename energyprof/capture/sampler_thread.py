"""The sampler as a thread of the profiled process: where a child process is forbidden, or `ENERGYPROF_SAMPLER=thread`.

The same loop writes into the same ring. It needs the interpreter for a moment at each reading, so that readings come
late while Python code runs; each is stamped before and after, and the intervals know what lies between.
"""

from __future__ import annotations

import atexit
import json
import queue
import threading
import time
from typing import Any

from energyprof.capture.background import start_thread
from energyprof.capture.polling import Surroundings
from energyprof.capture.sampler_process import serve

STEP_S = 0.05
"""How often one that waits looks whether the thread still lives."""

LEAVE_S = 2.0
"""What the end of a program waits at most for the thread, which needs one period unless a sensor hangs."""


class SamplerThread:
    """Stands where the child process would; speaks the same line of JSON.

    It ends with the program, and then removes the files that nobody stopped it from writing, as a child would.

    Raises:
        NotMeasurable: there is no thread to be had.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._request = request
        self._left = threading.Event()
        self._thread = start_thread(self._run, "sampler")
        atexit.register(self._leave)

    def _run(self) -> None:
        surroundings = Surroundings(alive=lambda: not self._left.is_set(), cpu_ns=time.thread_time_ns)
        try:
            serve(self._request, lambda message: self._lines.put(json.dumps(message)), surroundings)
        finally:
            atexit.unregister(self._leave)

    def _leave(self) -> None:
        self._left.set()
        self._thread.join(LEAVE_S)

    def first_line(self, timeout_s: float) -> str | None:
        """What it says first; empty where it ended, None where it took too long."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            ended = not self._thread.is_alive()
            try:
                return self._lines.get(timeout=STEP_S)
            except queue.Empty:
                if ended:
                    return ""
        return None

    def last_words(self) -> str:
        """Why it ended, once it has."""
        return "its thread failed, and said so on standard error"

    def poll(self) -> int | None:
        """None while it lives, as of a process."""
        return None if self._thread.is_alive() else 0

    def wait(self, timeout_s: float) -> None:
        """Returns when it has ended, or does not."""
        self._thread.join(timeout_s)
