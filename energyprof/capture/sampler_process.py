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
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from energyprof.capture.counter_watch import CounterWatch
from energyprof.capture.fault_names import FaultNames, faults_file
from energyprof.capture.first_look import FirstLook
from energyprof.capture.first_look_file import path_of, write_first_look
from energyprof.capture.meter_cache import known_meter, remember_meter, with_fitted_gain
from energyprof.capture.pace import DENSE_S, Pace
from energyprof.capture.ring import Ring
from energyprof.model.domain import Domain
from energyprof.model.errors import EnergyprofError
from energyprof.model.meter import MeterRecord
from energyprof.sensors.discovery import discover
from energyprof.sensors.sensor import Sensor

GOLDEN_RATIO = 0.6180339887498949
DITHER = 0.2
OUT_OF_STEP = 0.955
"""Polls come 0.855 to 1.055 periods after each other, evenly spread: polls in step with a counter would see each of its
ticks equally late, and its grid could not be told to better than a poll. Spread about exactly 20 ms, five polls would
still be one period of a 100 ms counter: simulated, its grid was known to 2.2 ms after 10 s. Of polls that are to come
four times a period now 4.19 do, which is no simple ratio: it is known to 0.04 ms."""


SUSPENDED_S = 0.05
"""Time that the clock which counts on in sleep gained on the other between two polls: no scheduling does that."""


CLOCK_TRIES = 5


def slept_ns() -> int:
    """How long this machine has been suspended since it was started; only differences mean something."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    before_ns = after_ns = asleep_ns = 0
    for _ in range(CLOCK_TRIES):  # until nothing else came in between, which would look like sleep
        before_ns = time.monotonic_ns()
        asleep_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before_ns
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < SUSPENDED_S * 1e9 / 10:
            break
    return asleep_ns


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loop asks of the process and the machine around it.

    Attributes:
        alive: whether there is still somebody to sample for.
        cpu_ns: CPU time that sampling has used.
        slept_ns: time in which the machine was suspended.
    """

    alive: Callable[[], bool]
    cpu_ns: Callable[[], int] = time.process_time_ns
    slept_ns: Callable[[], int] = slept_ns


def main() -> None:
    """Runs until it is stopped. The request is one JSON object in the first argument."""
    request = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    serve(request, _say, Surroundings(alive=lambda: os.getppid() == parent))


def serve(request: dict[str, Any], say: Callable[[dict[str, object]], None], surroundings: Surroundings) -> None:
    """Looks for sensors, says what was found, and polls until it is stopped."""
    try:
        found = discover(request["sensors"], root_pid=request["root_pid"])
    except EnergyprofError as error:
        say({"error": type(error).__name__, "message": str(error)})
        return
    domains = [domain for sensor in found.sensors for domain in sensor.domains]
    if request["domains"] not in (None, [domain.id for domain in domains]):
        say({"error": "NotMeasurable", "message": "there are other domains now than before the sampler was killed"})
        return
    ring = Ring.open(Path(request["ring"]))
    known = [known_meter(domain) for domain in domains]
    domains = [with_fitted_gain(_expecting(domain, meter)) for domain, meter in zip(domains, known, strict=True)]
    say({"domains": [asdict(domain) for domain in domains], "records": [asdict(record) for record in found.records]})
    try:
        poll_until_stopped(found.sensors, ring, request["period_s"], surroundings, known)
    finally:
        for sensor in found.sensors:
            sensor.close()
        if not surroundings.alive() and not request["keep"]:
            _remove(ring.path)


def _remove(ring: Path) -> None:
    """The files of a parent that is gone, and the folder that it had made for them."""
    for path in (ring, faults_file(ring), path_of(ring)):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody has put something of theirs into it
        ring.parent.rmdir()


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _expecting(domain: Domain, known: MeterRecord | None) -> Domain:
    """The domain with the period that an earlier start saw."""
    return domain if known is None else replace(domain, expected_period_s=known.period_s)


def poll_until_stopped(
    sensors: list[Sensor],
    ring: Ring,
    period_s: float,
    surroundings: Surroundings,
    known: list[MeterRecord | None] | None = None,
) -> None:
    """Reads every sensor time and again, and writes into the ring what has changed.

    Args:
        known: for each domain what an earlier start saw of its meter; None = nothing of any.
    """
    own = [domain for sensor in sensors for domain in sensor.domains]
    known = known or [None] * len(own)
    domains = [_expecting(domain, meter) for domain, meter in zip(own, known, strict=True)]
    faults = FaultNames(faults_file(ring.path))
    quick = [sensor for sensor in sensors if sensor.own_period_s is None]
    watches = [[CounterWatch(domain) for domain in sensor.domains] for sensor in quick]
    slow = SlowReadings(sensors, faults) if len(quick) < len(sensors) else None
    due_ns = time.monotonic_ns()
    pace = _pace(domains, known, sum(len(row) for row in watches), period_s, due_ns / 1e9)
    look: FirstLook | None = FirstLook(domains, known)
    turn, asleep_ns = 0.0, surroundings.slept_ns()
    while not ring.stop_wanted and surroundings.alive():
        index, began_ns = 0, time.monotonic_ns()
        before_asleep_ns, asleep_ns = asleep_ns, surroundings.slept_ns()
        slept_s = (asleep_ns - before_asleep_ns) / 1e9
        if slow is not None and slept_s > SUSPENDED_S:
            slow.suspended(slept_s, began_ns, ring)
        for sensor, row in zip(quick, watches, strict=True):
            before_ns = time.monotonic_ns()
            readings = sensor.read()
            seen_ns = time.monotonic_ns()
            for watch, reading in zip(row, readings, strict=True):
                if slept_s > SUSPENDED_S:
                    watch.suspended(slept_s, seen_ns, ring, index, faults)
                moved = watch.notice(reading, before_ns, seen_ns, ring, index, faults)
                if moved:
                    pace.ticked(index, seen_ns / 1e9)
                if look is not None and not isinstance(reading, str):
                    look.read(index, before_ns / 1e9, seen_ns / 1e9)
                    if moved:
                        look.ticked(index, seen_ns / 1e9, watch.count)
                index += 1
        polled_ns = time.monotonic_ns()
        period_ns = round(pace.next_s(began_ns / 1e9, polled_ns / 1e9) * 1e9)
        if slow is not None:
            polled_ns = min(polled_ns, slow.take(ring, look))
        if look is not None and pace.settled and polled_ns / 1e9 > pace.since_s + DENSE_S:
            _tell_meters(look, pace, domains, ring)
            look = None
        ring.finish_poll(polled_ns, surroundings.cpu_ns(), round(pace.period_s * 1e9))
        turn = (turn + GOLDEN_RATIO) % 1.0
        due_ns = _sleep_until(due_ns + spaced(period_ns, turn), period_ns)
    if slow is not None:
        slow.close()
    if look is not None:
        _tell_meters(look, pace, domains, ring)


def _pace(domains: list[Domain], known: list[MeterRecord | None], polled: int, period_s: float, start_s: float) -> Pace:
    """The pace that the first so many domains need; the others have threads of their own."""
    expected_s = {
        index: domain.expected_period_s
        for index, domain in enumerate(domains[:polled])
        if domain.expected_period_s is not None
    }
    cost_s = sum({meter.latency_s for meter in known[:polled] if meter is not None and meter.latency_s is not None})
    return Pace(domains[:polled], period_s, start_s, expected_s, cost_s)


def _tell_meters(look: FirstLook, pace: Pace, domains: list[Domain], ring: Ring) -> None:
    """Writes what has been seen of the meters beside the ring, and keeps it for later starts."""
    records = look.records(pace.since_s, dense=pace.dense)
    for domain, record in zip(domains, records, strict=True):
        if domain.model is None and domain.period_s is None and record.period_s is not None:
            remember_meter(domain, record)
    write_first_look(ring.path, records, look.contradictions(records))


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

    def take(self, ring: Ring, look: FirstLook | None) -> int:
        """Records what has come in.

        Returns:
            Up to when all of these sensors have been read, or were overdue, in ns; 0 = not yet.
        """
        for reader, first, watches in self._rows:
            reading = reader.poll()
            if reading is not None:
                for index, (watch, value) in enumerate(zip(watches, reading.values, strict=True), start=first):
                    moved = watch.notice(value, reading.before_ns, reading.seen_ns, ring, index, self._faults)
                    if look is not None and not isinstance(value, str):
                        look.read(index, reading.before_ns / 1e9, reading.seen_ns / 1e9)
                        if moved:
                            look.ticked(index, reading.seen_ns / 1e9, watch.count)
        return min(reader.seen_ns for reader, _, _ in self._rows)

    def suspended(self, slept_s: float, seen_ns: int, ring: Ring) -> None:
        """The machine slept since the last reading."""
        for reader, first, watches in self._rows:
            reader.forget()
            for place, watch in enumerate(watches):
                watch.suspended(slept_s, seen_ns, ring, first + place, self._faults)

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
