"""Asks a service before measuring and after it, and keeps what it told as a record."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from energyprof.live.catalogue import Wanted, provider, wanted
from energyprof.live.http import HttpClient, UrlClient
from energyprof.live.service import LiveService, Memory, wall_s
from energyprof.model.live import LiveAnswer, LiveIntensity, LiveReading

_memories: dict[Wanted, Memory] = {}
"""Of this process, so that one profiler after another does not ask the same again."""


class Asks(Protocol):
    """What a watch needs of a service."""

    def ask(self, start_s: float | None = None) -> tuple[list[LiveReading], LiveAnswer]:
        """As `LiveService.ask`."""


class LiveWatch:
    """One stretch of measuring.

    Attributes:
        label: for people: "NESO, zone GB".
    """

    def __init__(
        self,
        asked: Wanted,
        service: Asks,
        *,
        wall: Callable[[], float] = wall_s,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked = asked
        self._service = service
        self._wall, self._steady = wall, steady
        self._readings: dict[float, LiveReading] = {}
        self._answers: list[LiveAnswer] = []
        self._begun_s: float | None = None
        self._epoch_s = 0.0
        self.label = f"{asked.offer.label}, zone {asked.zone}"

    def begin(self) -> LiveIntensity:
        """Asks for the newest value. Call it before measuring begins: asking costs energy, too."""
        self._begun_s = self._wall()
        self._epoch_s = self._begun_s - self._steady()
        self._keep(*self._service.ask())
        return self.record()

    def finish(self) -> LiveIntensity:
        """Asks for all that was told since the beginning; a later value of one time stands in for a former one."""
        self._keep(*self._service.ask(self._begun_s))
        return self.record()

    def record(self) -> LiveIntensity:
        """What is known so far."""
        readings = [self._readings[start_s] for start_s in sorted(self._readings)]
        return LiveIntensity(self._asked.service, self._asked.zone, self._epoch_s, readings, list(self._answers))

    def _keep(self, readings: list[LiveReading], answer: LiveAnswer) -> None:
        self._readings.update({reading.start_s: reading for reading in readings})
        self._answers.append(answer)


def watching(
    text: str | None, environ: Mapping[str, str] | None = None, http: HttpClient | None = None
) -> LiveWatch | None:
    """The watch that "SERVICE:ZONE" asks for; None where nothing is asked for. Nothing goes over the network yet.

    Args:
        environ: where the tokens are; None = the process's own. http: None = the network.

    Raises:
        UnknownName, InvalidValue: there is no such service or zone, or its token or library is missing.
    """
    if text is None:
        return None
    asked = wanted(text)
    made = provider(asked, os.environ if environ is None else environ, http or UrlClient())
    memory = _memories.setdefault(asked, Memory()) if http is None else Memory()
    return LiveWatch(asked, LiveService(made, memory))
