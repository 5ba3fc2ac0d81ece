"""The sampler's process as the profiled one sees it: how it is started, what it says, how it ends."""

from __future__ import annotations

import importlib.util
import json
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

VENDOR_BINDINGS = ("pynvml", "amdsmi", "zeus_apple_silicon")
_START = (
    "import sys; sys.path[:0] = sys.argv[2].split('\\n'); from energyprof.capture.sampler_process import main; main()"
)


class SamplerChild:
    """A process that runs from when this is made.

    Args:
        request: what it is to do, as JSON values.
        heard: whether anybody listens to what it says; one that is started again is not heard.

    Raises:
        OSError: there is no process to be had.
    """

    def __init__(self, request: dict[str, Any], *, heard: bool) -> None:
        command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(request), "\n".join(_import_paths())]
        said = subprocess.PIPE if heard else subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid

    def first_line(self, timeout_s: float) -> str | None:
        """What it says first; empty where it ended, None where it took too long: it is killed then."""
        said = self._process.stdout
        assert said is not None
        ready, _, _ = select.select([said], [], [], timeout_s)
        if not ready:
            self._process.kill()
            return None
        return said.readline()

    def last_words(self) -> str:
        """Why it ended, once it has."""
        assert self._process.stderr is not None
        lines = self._process.stderr.read().strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.wait()}"

    def poll(self) -> int | None:
        """None while it lives."""
        return self._process.poll()

    def wait(self, timeout_s: float) -> None:
        """Returns when it has ended; one that does not end in time is killed."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _import_paths() -> list[str]:
    """Folders from which the child imports energyprof itself and, where they are installed, the vendors' bindings."""
    paths = [Path(__file__).resolve().parents[2]]
    for name in VENDOR_BINDINGS:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            module = Path(found.origin).resolve()
            paths.append(module.parents[1] if found.submodule_search_locations else module.parent)
    return list(dict.fromkeys(map(str, paths)))
