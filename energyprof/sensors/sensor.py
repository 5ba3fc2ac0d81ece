"""What a sensor is: it reads the raw counters of one device family, and nothing else.

The sampler child runs without site-packages, so a sensor imports only the standard library, the values of
`energyprof.model` and, each in one file, `pynvml`, `amdsmi` and `zeus_apple_silicon`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from energyprof.model.domain import Domain


class Sensor(Protocol):
    """One device family, opened.

    Attributes:
        name: "nvml", "rapl", "cpu-model".
        domains: what it reads, in the order of `read`.
        own_period_s: seconds between two readings where one may take long: it is then read by a thread of its own, so
            that it holds up no other sensor. None: it is read whenever the others are.
    """

    name: str
    domains: list[Domain]

    @property
    def own_period_s(self) -> float | None: ...

    def read(self) -> list[int | str]:
        """For each domain the raw counter, or a sentence that says why it could not be read; never 0 for that."""

    def close(self) -> None:
        """Gives back descriptors and libraries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What looking for one device family gave.

    Attributes:
        sensor: opened and read once without a fault; None where the family cannot measure here.
        reason: why there is none, or what part of the machine it misses.
        remedy: the exact command that would change that.
    """

    sensor: Sensor | None
    reason: str | None = None
    remedy: str | None = None
