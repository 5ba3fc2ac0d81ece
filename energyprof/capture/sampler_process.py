"""The sampler's own process: polls the counters and writes their ticks into the ring. Standard library only.

Started as `python -I -S -c ...` so that nothing of the profiled program is imported again. It speaks one JSON line
on its standard output, what it can measure or why not, and appends the reasons of failed readings to a file beside
the ring. It ends when it is asked to, or when its parent is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from energyprof.capture.pace import Pace
from energyprof.capture.ring import FAULT, FIRST, RESET, TICK, Ring
from energyprof.model.domain import Domain
from energyprof.model.errors import EnergyprofError
from energyprof.sensors.discovery import discover
from energyprof.sensors.sensor import Sensor

UNWRAP_LIMIT = 0.5
"""A counter that wraps is believed only if it moved less than this share of its range between two polls, and could
not have gone round at the domain's greatest power: more than that may have been any number of wraps."""

PLAUSIBLE = 1.5
LATEST_S = 1.0
"""A counter may have gained as much as this many times the greatest power would have drawn since the last poll, and
in the second before it, whose joules it may have been late to count; more than that was a reset."""

GOLDEN_RATIO = 0.6180339887498949
DITHER = 0.2
OUT_OF_STEP = 0.955
"""Polls come 0.855 to 1.055 periods after each other, evenly spread: polls in step with a counter would see each of its
ticks equally late, and its grid could not be told to better than a poll. Spread about exactly 20 ms, five polls would
still be one period of a 100 ms counter: simulated, its grid was known to 2.2 ms after 10 s. Now 5.24 polls are (4.19 of
those that are to come four times a period), which is no simple ratio: it is known to 0.04 ms."""


def main() -> None:
    """Runs until it is stopped. The request is one JSON object in the first argument."""
    request = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    try:
        found = discover(request["sensors"], root_pid=request["root_pid"])
    except EnergyprofError as error:
        _say({"error": type(error).__name__, "message": str(error)})
        return
    domains = [domain for sensor in found.sensors for domain in sensor.domains]
    if request["domains"] not in (None, [domain.id for domain in domains]):
        _say({"error": "NotMeasurable", "message": "there are other domains now than before the sampler was killed"})
        return
    ring = Ring.open(Path(request["ring"]))
    _say({"domains": [asdict(domain) for domain in domains], "records": [asdict(record) for record in found.records]})
    try:
        _poll_until_stopped(found.sensors, ring, request["period_s"], parent)
    finally:
        for sensor in found.sensors:
            sensor.close()
        if os.getppid() != parent and not request["keep"]:
            _remove(ring.path)


def _remove(ring: Path) -> None:
    """The files of a parent that is gone, and the folder that it had made for them."""
    for path in (ring, _faults_file(ring)):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody has put something of theirs into it
        ring.parent.rmdir()


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _poll_until_stopped(sensors: list[Sensor], ring: Ring, period_s: float, parent: int) -> None:
    faults = FaultNames(_faults_file(ring.path))
    quick = [sensor for sensor in sensors if sensor.own_period_s is None]
    watches = [[CounterWatch(domain) for domain in sensor.domains] for sensor in quick]
    slow = SlowReadings(sensors, faults) if len(quick) < len(sensors) else None
    due_ns = time.monotonic_ns()
    pace = Pace([domain for sensor in quick for domain in sensor.domains], period_s, due_ns / 1e9)
    turn = 0.0
    while not ring.stop_wanted and os.getppid() == parent:
        index, began_ns = 0, time.monotonic_ns()
        for sensor, row in zip(quick, watches, strict=True):
            before_ns = time.monotonic_ns()
            readings = sensor.read()
            seen_ns = time.monotonic_ns()
            for watch, reading in zip(row, readings, strict=True):
                if watch.notice(reading, before_ns, seen_ns, ring, index, faults):
                    pace.ticked(index, seen_ns / 1e9)
                index += 1
        polled_ns = time.monotonic_ns()
        period_ns = round(pace.next_s(began_ns / 1e9, polled_ns / 1e9) * 1e9)
        if slow is not None:
            polled_ns = min(polled_ns, slow.take(ring))
        ring.finish_poll(polled_ns, time.process_time_ns(), round(pace.period_s * 1e9))
        turn = (turn + GOLDEN_RATIO) % 1.0
        due_ns = _sleep_until(due_ns + spaced(period_ns, turn), period_ns)
    if slow is not None:
        slow.close()


class SlowReadings:
    """The sensors that have threads of their own; their domains come after those of all others."""

    def __init__(self, sensors: list[Sensor], faults: FaultNames) -> None:
        from energyprof.capture.slow_reader import SlowReader

        self._faults = faults
        self._rows: list[tuple[SlowReader, int, list[CounterWatch]]] = []
        index = 0
        for sensor in sensors:
            if sensor.own_period_s is not None:
                watches = [CounterWatch(domain) for domain in sensor.domains]
                self._rows.append((SlowReader(sensor, sensor.own_period_s), index, watches))
            index += len(sensor.domains)

    def take(self, ring: Ring) -> int:
        """Records what has come in. Returns up to when all of these sensors have been read, in ns; 0 = not yet."""
        for reader, first, watches in self._rows:
            reading = reader.poll()
            if reading is not None:
                for place, (watch, value) in enumerate(zip(watches, reading.values, strict=True)):
                    watch.notice(value, reading.before_ns, reading.seen_ns, ring, first + place, self._faults)
        return min(reader.seen_ns for reader, _, _ in self._rows)

    def close(self) -> None:
        """Ends the threads."""
        for reader, _, _ in self._rows:
            reader.close()


def spaced(period_ns: int, turn: float) -> int:
    """Nanoseconds from one poll to the next.

    Args:
        turn: from 0 to 1, evenly spread over many polls.
    """
    return round(period_ns * (OUT_OF_STEP + DITHER * (turn - 0.5)))


def _sleep_until(due_ns: int, period_ns: int) -> int:
    """Sleeps to an absolute deadline; deadlines that have passed are skipped, not caught up with."""
    wait_ns = due_ns - time.monotonic_ns()
    if wait_ns > 0:
        time.sleep(wait_ns / 1e9)
        return due_ns
    return due_ns + (-wait_ns // period_ns) * period_ns


class CounterWatch:
    """Turns the readings of one counter into ticks: unwraps it, and notices faults and resets."""

    def __init__(self, domain: Domain) -> None:
        self._wrap = domain.counts_per_wrap
        self._counts_per_s = (domain.max_power_w or 0.0) / domain.joules_per_count
        self._raw: int | None = None
        self._count = 0
        self._last_ns = 0
        self._fresh = True
        self._failing = False

    def notice(
        self, reading: int | str, before_ns: int, seen_ns: int, ring: Ring, index: int, faults: FaultNames
    ) -> bool:
        """Records what this reading adds to what was known; the value was taken between the two instants.

        Returns:
            Whether the counter moved.
        """
        if isinstance(reading, str):
            self._fault(reading, seen_ns, ring, index, faults)
            return False
        if self._raw is None:
            kind = FIRST
        elif (moved := self._moved(reading, before_ns)) is None:
            kind = RESET
        else:
            self._count += moved
            kind = FIRST if self._fresh else TICK
        moved_on = reading != self._raw
        if kind != TICK or moved_on:
            ring.append(kind, index, seen_ns if kind != TICK else self._last_ns, seen_ns, self._count)
        self._raw, self._last_ns, self._fresh, self._failing = reading, before_ns, False, False
        return kind == TICK and moved_on

    def _moved(self, reading: int, before_ns: int) -> int | None:
        """Counts since the last reading; None where that cannot be known."""
        assert self._raw is not None
        elapsed_s = (before_ns - self._last_ns) / 1e9
        moved = reading - self._raw
        if self._wrap is not None:
            moved %= self._wrap
            if max(moved, self._counts_per_s * elapsed_s) > UNWRAP_LIMIT * self._wrap:
                return None
        most = PLAUSIBLE * self._counts_per_s * (elapsed_s + LATEST_S)
        return None if moved < 0 or (most and moved > most) else moved

    def _fault(self, reason: str, seen_ns: int, ring: Ring, index: int, faults: FaultNames) -> None:
        if not self._failing:
            ring.append(FAULT, index, self._last_ns or seen_ns, seen_ns, faults.number(reason))
        self._fresh = self._failing = True


class FaultNames:
    """Numbers for the reasons of faults: their lines in a file, to which each new one is appended as JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers: dict[str, int] = {}
        self._before = len(path.read_text().splitlines()) if path.exists() else 0

    def number(self, reason: str) -> int:
        """The number of a reason."""
        if reason not in self._numbers:
            self._numbers[reason] = self._before + len(self._numbers)
            with self._path.open("a") as file:
                file.write(json.dumps(reason) + "\n")
        return self._numbers[reason]


def _faults_file(ring: Path) -> Path:
    return ring.with_suffix(".faults")
