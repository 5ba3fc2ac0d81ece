"""A provider with a memory: what was told just now is not asked again, and what failed is left alone for a while."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from energyprof.live.deadline import within
from energyprof.live.no_answer import NoAnswer
from energyprof.live.provider import HOUR_S, Provider
from energyprof.model.live import LiveAnswer, LiveReading

LIMIT_S = 20.0
"""For one question in all: how long measuring may be held up by it before it begins, and after it has ended."""

CACHE_S = 60.0
SLOT_S = HOUR_S / 2
"""No service tells more often than this what it does not call an estimate."""

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = HOUR_S

EXPIRED_AFTER_S = 3 * HOUR_S
"""A newest reading that ended longer ago says nothing of now. The slowest of the services lag by an hour or two."""

AHEAD_S = 300.0
"""A reading that begins later than this from now is no reading: one of the two clocks is wrong."""


@dataclass(slots=True)
class Memory:
    """What is remembered of one service and zone, for as long as the process lives.

    Attributes:
        asked_s: when it was asked last with success, seconds since 1970.
        pause_ends_s: on the monotonic clock. failure: why the last question failed.
    """

    readings: list[LiveReading] = field(default_factory=list)
    asked_s: float = -math.inf
    failures: int = 0
    pause_ends_s: float = -math.inf
    failure: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


def wall_s() -> float:
    """Seconds since 1970 in UTC."""
    return datetime.now(UTC).timestamp()


class LiveService:
    """Asks a provider, and never raises what it or the network does."""

    def __init__(
        self,
        provider: Provider,
        memory: Memory | None = None,
        *,
        wall: Callable[[], float] = wall_s,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._memory = memory or Memory()
        self._wall = wall
        self._steady = steady

    def ask(self, start_s: float | None = None) -> tuple[list[LiveReading], LiveAnswer]:
        """The readings from `start_s`, seconds since 1970, until now, with the newest before; None = just now.

        Readings are empty where it fell back: the answer says why.
        """
        now_s = self._wall()
        if not self._memory.lock.acquire(timeout=LIMIT_S):  # its holder may have been left behind by a fork
            return [], LiveAnswer(now_s, "fell back", "another question to it has not ended")
        try:
            return self._ask(now_s if start_s is None else min(start_s, now_s), now_s)
        finally:
            self._memory.lock.release()

    def _ask(self, start_s: float, now_s: float) -> tuple[list[LiveReading], LiveAnswer]:
        memory = self._memory
        if self._remembers(start_s, now_s):
            return _of_stretch(memory.readings, start_s, now_s), LiveAnswer(now_s, "cached")
        left_s = memory.pause_ends_s - self._steady()
        if left_s > 0:
            reason = f"not asked again for another {left_s:.0f} s, after: {memory.failure}"
            return [], LiveAnswer(now_s, "fell back", reason)
        try:
            told = within(LIMIT_S, lambda: self._provider.readings(start_s, now_s))
            readings = _checked(told, now_s)
        except NoAnswer as reason:
            self._pause(str(reason))
            return [], LiveAnswer(now_s, "fell back", str(reason))
        memory.readings, memory.asked_s, memory.failures = readings, now_s, 0
        return _of_stretch(readings, start_s, now_s), LiveAnswer(now_s, "live")

    def _remembers(self, start_s: float, now_s: float) -> bool:
        """Asked within the last minute, or within this half hour where a firm reading covers now; and since the start.

        A clock that went back forgets.
        """
        memory = self._memory
        age_s = now_s - memory.asked_s
        if not memory.readings or age_s < 0 or start_s < memory.readings[0].start_s:
            return False
        newest = memory.readings[-1]
        same_slot = now_s // SLOT_S == memory.asked_s // SLOT_S
        return age_s < CACHE_S or (same_slot and not newest.estimated and newest.end_s > now_s)

    def _pause(self, reason: str) -> None:
        memory = self._memory
        pause_s = min(FIRST_PAUSE_S * 2.0 ** min(memory.failures, 20), LONGEST_PAUSE_S)
        memory.failures += 1
        memory.pause_ends_s, memory.failure = self._steady() + pause_s, reason


def _checked(told: Sequence[LiveReading], now_s: float) -> list[LiveReading]:
    """In order of time, one a start.

    Raises:
        NoAnswer: none, one without a length, one from the future, or the newest is too old.
    """
    readings = sorted({reading.start_s: reading for reading in told}.values(), key=lambda reading: reading.start_s)
    past = [reading for reading in readings if reading.start_s <= now_s]
    if not readings:
        raise NoAnswer("the answer holds no value for this time")
    if any(not 0 < reading.end_s - reading.start_s <= 24 * HOUR_S for reading in readings):
        raise NoAnswer("a value in the answer is for no time, or for more than a day")
    if not past or readings[-1].start_s > now_s + AHEAD_S + SLOT_S:
        raise NoAnswer("a value in the answer lies in the future; see that this machine's clock is right")
    if now_s - past[-1].end_s > EXPIRED_AFTER_S:
        hours = (now_s - past[-1].end_s) / HOUR_S
        raise NoAnswer(f"the newest value is {hours:.1f} hours old, and one older than 3 hours says nothing of now")
    return past


def _of_stretch(readings: Sequence[LiveReading], start_s: float, end_s: float) -> list[LiveReading]:
    """Those that touch the stretch; and the newest before it where none covers its end."""
    touching = [reading for reading in readings if reading.end_s > start_s and reading.start_s <= end_s]
    return touching or list(readings[-1:])
