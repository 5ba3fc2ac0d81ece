"""A clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """Called, it says the time in ns."""

    now_s: float = 0.0

    def __call__(self) -> int:
        return round(self.now_s * 1e9)
