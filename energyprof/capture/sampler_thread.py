"""The sampler as a thread of the profiled process: where a child process is forbidden, or `ENERGYPROF_SAMPLER=thread`.

The same loop writes into the same ring. It needs the interpreter for a moment at each reading, so that readings come
late while Python code runs; each is stamped before and after, and the intervals know what lies between.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from typing import Any

from energyprof.capture.sampler_process import Surroundings, serve

STEP_S = 0.05
"""How often one that waits looks whether the thread still lives."""


class SamplerThread:
    """Stands where the child process would; speaks the same line of JSON."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._request = request
        self._thread = threading.Thread(target=self._run, name="energyprof-sampler", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        surroundings = Surroundings(alive=lambda: True, cpu_ns=time.thread_time_ns)
        serve(self._request, lambda message: self._lines.put(json.dumps(message)), surroundings)

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

    def poll(self) -> int | None:
        """None while it lives, as of a process."""
        return None if self._thread.is_alive() else 0

    def wait(self, timeout_s: float) -> None:
        """Returns when it has ended, or does not."""
        self._thread.join(timeout_s)
