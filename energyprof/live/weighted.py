"""The mean intensity of a stretch in which it changed: each value counts with the joules that were drawn under it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from energyprof.live.service import EXPIRED_AFTER_S
from energyprof.model.domain import outermost

if TYPE_CHECKING:
    from energyprof.model.live import LiveReading
    from energyprof.model.timeline import Timeline

Stretch = tuple[float, float]
Joules = Callable[[float, float], float]
"""(start, end) -> J drawn between two instants."""

CARRIED_S = EXPIRED_AFTER_S
"""For so long after it has ended the newest reading still stands for now, since services lag; then it has expired."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A mean over joules.

    Attributes:
        g_per_kwh: the mean. lowest, highest: of the values that joules were drawn under, in g/kWh.
        live: share of the joules under a reading of their own time. carried: under the newest one, which had ended.
        annual: at the annual value. unknown: at none, left out of the mean. The four sum to 1.
        estimated: share of the joules under a reading that the service calls an estimate.
        shares: of generation by source, over the joules under readings that tell it; None where less than half do.
    """

    g_per_kwh: float
    lowest: float
    highest: float
    live: float
    carried: float
    annual: float
    unknown: float
    estimated: float
    shares: dict[str, float] | None = None


def along(course: Sequence[tuple[float, float]]) -> Joules:
    """Joules between two instants of a course of (instant, cumulative J), linear between its points, flat beyond."""
    times_s, energies_j = [t for t, _ in course], [e for _, e in course]

    def at(instant_s: float) -> float:
        after = bisect_right(times_s, instant_s)
        if after == 0:
            return energies_j[0]
        if after == len(times_s):
            return energies_j[-1]
        share = (instant_s - times_s[after - 1]) / (times_s[after] - times_s[after - 1])
        return energies_j[after - 1] + share * (energies_j[after] - energies_j[after - 1])

    return lambda start_s, end_s: max(at(end_s) - at(start_s), 0.0) if times_s else 0.0


def of_timelines(timelines: Iterable[Timeline], offset_s: float) -> Joules:
    """Joules of all outermost domains as their ticks were seen; a tick is late by less than intensities care for.

    Args:
        offset_s: added to the timelines' clock to have that of the instants.
    """
    timelines = list(timelines)
    chosen = {domain.id for domain in outermost(timeline.domain for timeline in timelines)}
    courses = [
        along([(seen_s + offset_s, energy_j) for seen_s, energy_j in zip(each.seen_s, each.energy_j(), strict=True)])
        for each in timelines
        if each.domain.id in chosen
    ]
    return lambda start_s, end_s: math.fsum(joules(start_s, end_s) for joules in courses)


def steadily(start_s: float, end_s: float) -> float:
    """As if one watt had been drawn: where no meter tells more."""
    return end_s - start_s


def weighted(
    joules: Joules, stretches: Iterable[Stretch], readings: Sequence[LiveReading], annual_g_per_kwh: float | None
) -> Weighted | None:
    """The mean of the readings over what was drawn in some stretches of time; None where nothing has a value.

    Where no reading covers a time it has the annual value; only after the last of all that one is carried on, for
    `CARRIED_S`.

    Args:
        readings: of any order; where two overlap, the one that began later counts.
        annual_g_per_kwh: None = unknown, so that such joules are left out and named.
    """
    pieces = _pieces(list(stretches), _slots(readings))
    drawn = [(joules(start_s, end_s), slot) for start_s, end_s, slot in pieces]
    total_j = math.fsum(energy_j for energy_j, _ in drawn)
    if total_j <= 0:
        return None
    values = [(energy_j, annual_g_per_kwh if slot is None else slot.reading.g_per_kwh) for energy_j, slot in drawn]
    known = [(energy_j, value) for energy_j, value in values if value is not None and energy_j > 0]
    known_j = math.fsum(energy_j for energy_j, _ in known)
    if not known:
        return None
    uncovered = math.fsum(energy_j for energy_j, slot in drawn if slot is None) / total_j
    return Weighted(
        math.fsum(energy_j * value for energy_j, value in known) / known_j,
        min(value for _, value in known),
        max(value for _, value in known),
        math.fsum(energy_j for energy_j, slot in drawn if slot and not slot.carried) / total_j,
        math.fsum(energy_j for energy_j, slot in drawn if slot and slot.carried) / total_j,
        0.0 if annual_g_per_kwh is None else uncovered,
        uncovered if annual_g_per_kwh is None else 0.0,
        math.fsum(energy_j for energy_j, slot in drawn if slot and slot.reading.estimated) / total_j,
        _shares(drawn, total_j),
    )


@dataclass(frozen=True, slots=True)
class _Slot:
    """When a reading counts."""

    start_s: float
    end_s: float
    reading: LiveReading
    carried: bool = False


def _slots(readings: Sequence[LiveReading]) -> list[_Slot]:
    ordered = sorted(readings, key=lambda reading: reading.start_s)
    slots = [_Slot(reading.start_s, reading.end_s, reading) for reading in ordered]
    slots = [replace(slot, end_s=min(slot.end_s, later.start_s)) for slot, later in pairwise(slots)] + slots[-1:]
    if slots:
        last = slots[-1]
        slots.append(_Slot(last.end_s, last.end_s + CARRIED_S, last.reading, carried=True))
    return slots


def _pieces(stretches: list[Stretch], slots: list[_Slot]) -> list[tuple[float, float, _Slot | None]]:
    """The stretches, cut where another slot begins or none does."""
    pieces: list[tuple[float, float, _Slot | None]] = []
    ends_s = [slot.end_s for slot in slots]
    for start_s, end_s in stretches:
        covered_s = start_s
        for slot in slots[bisect_right(ends_s, start_s) :]:
            if slot.start_s >= end_s:
                break
            low_s, high_s = max(slot.start_s, covered_s), min(slot.end_s, end_s)
            if low_s < high_s:
                pieces += [(covered_s, low_s, None)] if covered_s < low_s else []
                pieces.append((low_s, high_s, slot))
                covered_s = high_s
        pieces += [(covered_s, end_s, None)] if covered_s < end_s else []
    return pieces


def _shares(drawn: Sequence[tuple[float, _Slot | None]], total_j: float) -> dict[str, float] | None:
    told = [(energy_j, slot.reading.shares) for energy_j, slot in drawn if slot and slot.reading.shares]
    told_j = math.fsum(energy_j for energy_j, _ in told)
    if told_j < total_j / 2:
        return None
    sources = dict.fromkeys(source for _, shares in told for source in shares)
    return {
        source: math.fsum(energy_j * shares.get(source, 0.0) for energy_j, shares in told) / told_j
        for source in sources
    }
