"""The sampler's loop: reads every sensor time and again, and writes into the ring what has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.capture.beginning import Beginning
from energyprof.capture.fault_names import FaultNames, faults_file
from energyprof.capture.pace import spacings
from energyprof.capture.quick_readings import QuickReadings
from energyprof.capture.ring import Ring
from energyprof.capture.sensor_watch import SensorWatch
from energyprof.capture.suspension import Suspension, slept_ns
from energyprof.model.meter import MeterRecord
from energyprof.sensors.sensor import Sensor

if TYPE_CHECKING:
    from energyprof.capture.slow_readings import SlowReadings

Watched = tuple[Sensor, SensorWatch]

SELDOM_NS = 500_000_000
"""So often the loop looks whether it is still wanted by a living process, and says what it has cost."""


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


def poll_until_stopped(
    sensors: Sequence[Sensor],
    ring: Ring,
    period_s: float,
    surroundings: Surroundings,
    known: Sequence[MeterRecord | None] | None = None,
) -> None:
    """Polls until the ring says so, or nobody is there any more.

    Args:
        sensors: those that have threads of their own come last.
        known: for each domain what an earlier start saw of its meter; None = nothing of any.
    """
    quick, slow = _readings(sensors, ring, surroundings)
    domains = [domain for sensor in sensors for domain in sensor.domains]
    due_ns = time.monotonic_ns()
    beginning: Beginning | None = Beginning(
        domains,
        known or [None] * len(domains),
        polled=sum(len(sensor.domains) for sensor in sensors if sensor.own_period_s is None),
        period_s=period_s,
        start_s=due_ns / 1e9,
    )
    seldom_ns, period_ns, waits = due_ns, 0, spacings(0)
    stop_wanted = ring.stop_wanted
    while not stop_wanted:
        began_ns = time.monotonic_ns()
        ended_ns = quick.take(began_ns, beginning)
        polled_ns = began_ns if slow is None else min(began_ns, slow.take(beginning))
        stop_wanted = ring.say_polled(polled_ns)
        if beginning is not None:
            former_ns, period_ns = period_ns, round(beginning.next_s(began_ns / 1e9, ended_ns / 1e9) * 1e9)
            if period_ns != former_ns:
                waits = spacings(period_ns)
            ring.say_period(round(beginning.period_s * 1e9))
            if beginning.over(polled_ns / 1e9):
                beginning.keep(ring)
                beginning = None
        if ended_ns >= seldom_ns:
            seldom_ns = ended_ns + SELDOM_NS
            ring.say_cost(surroundings.cpu_ns())
            if not surroundings.alive():
                break
        due_ns += next(waits)
        if due_ns > ended_ns:
            time.sleep((due_ns - ended_ns) / 1e9)
        else:  # deadlines that have passed are skipped, not caught up with
            due_ns += (ended_ns - due_ns) // period_ns * period_ns
    ring.say_cost(surroundings.cpu_ns())
    if slow is not None:
        slow.close()
    if beginning is not None:
        beginning.keep(ring)


def _readings(
    sensors: Sequence[Sensor], ring: Ring, surroundings: Surroundings
) -> tuple[QuickReadings, SlowReadings | None]:
    """The sensors that are read at every poll, and the others, where there are any."""
    faults, first = FaultNames(faults_file(ring.path)), 0
    quick, slow = list[Watched](), list[Watched]()
    for sensor in sensors:
        watch = SensorWatch(sensor.domains, first, ring, faults)
        (quick if sensor.own_period_s is None else slow).append((sensor, watch))
        first += len(sensor.domains)
    readings = QuickReadings(quick, Suspension(surroundings.slept_ns))
    if not slow:
        return readings, None
    from energyprof.capture.slow_readings import SlowReadings

    return readings, SlowReadings(slow, Suspension(surroundings.slept_ns))
