"""The reasons of faults, numbered for the ring, in a file beside it. Standard library only."""

from __future__ import annotations

import json
from pathlib import Path

from energyprof.capture.ring import UNNAMED


class FaultNames:
    """Numbers for the reasons of faults: their lines in a file, to which each new one is appended as JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers: dict[str, int] = {}
        former = path.read_text() if path.exists() else ""
        self._before = former.count("\n")
        self._full = bool(former) and not former.endswith("\n")  # a sampler before this one had no room for its last

    def number(self, reason: str) -> int:
        """The number of a reason; `UNNAMED` where the disk has no room for it, now or before."""
        if reason not in self._numbers and not self._full:
            try:
                with self._path.open("a") as file:
                    file.write(json.dumps(reason) + "\n")
            except OSError:
                self._full = True
            else:
                self._numbers[reason] = self._before + len(self._numbers)
        return self._numbers.get(reason, UNNAMED)


def faults_file(ring: Path) -> Path:
    """Where the reasons of a ring's faults stand, a JSON string a line."""
    return ring.with_suffix(".faults")
