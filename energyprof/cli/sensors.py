"""`energyprof sensors`: what can be measured on this machine, and what would have to change."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from energyprof.analysis.reference import HOLDS_THE_MACHINE
from energyprof.cli import options as shared
from energyprof.model.domain import outermost
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord, meter_sentence
from energyprof.model.run import SensorRecord
from energyprof.model.timeline import NS_PER_S, seen_period_s

if TYPE_CHECKING:
    from energyprof.model.timeline import Timeline

WATCHED_S = 1.7
SLOW = ("wall", "battery")
SLOW_WATCHED_S = 5.0
"""Plugs and batteries measure about once a second."""

POLL_PERIOD_S = 0.002
"""Faster than any counter known but RAPL's, so that its period can be seen."""

EXAMPLES = """\
  energyprof sensors
  ENERGYPROF_PLUG=http://192.168.1.20 energyprof sensors --sensors rapl,plug
  energyprof sensors --json | jq '.sensors[] | select(.remedy) | .remedy'"""

DESCRIPTION = """\
Watches every counter for a second and a half, a battery or a plug for five, and says what it found: what is metered,
how often the counter moves, in what steps, how long a reading takes, the lowest power seen, the power now, and the
gain where `energyprof calibrate` has found one. For what cannot be measured: why, and the command that would change
that."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One domain as it was seen just now; None where that could not be seen.

    Attributes:
        period_s: between two ticks of the counter.
        step_j: what a tick added, in the middle.
        power_w: mean over the time watched; (low, best, high) for a model.
        apart: why no total adds it. parent: id of the domain whose joules hold its own.
        meter: what the sampler saw of the meter in its first polls, now or at an earlier start; None = not asked.
        fitted: the gain against a reference meter that is applied to its joules.
    """

    id: str
    kind: str
    label: str
    sensor: str
    basis: str
    period_s: float | None
    step_j: float | None
    power_w: tuple[float, float, float] | None
    note: str | None
    apart: str | None = None
    parent: str | None = None
    meter: MeterRecord | None = None
    fitted: FittedGain | None = None


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "sensors", summary="what can be measured here", description=DESCRIPTION, examples=EXAMPLES
    )
    shared.add_sensors(parser)
    shared.add_json(parser, "it")
    parser.set_defaults(command=sensors)


def sensors(options: argparse.Namespace) -> int:
    """Prints the sensors of this machine."""
    from energyprof.capture.sampler import Sampler

    with Sampler(options.sensors, period_s=POLL_PERIOD_S) as sampler:
        slow = any(domain.kind in SLOW for domain in sampler.domains)
        time.sleep(SLOW_WATCHED_S if slow else WATCHED_S)
        timelines, records = sampler.timelines(), sampler.records
        sampler.stop()
        meters, warnings = {meter.domain: meter for meter in sampler.meters}, sampler.warnings
    counted = {domain.id for domain in outermost(timeline.domain for timeline in timelines)}
    observed = [observe(timeline, meters.get(timeline.domain.id)) for timeline in timelines]
    if options.json:
        found = {
            "sensors": [asdict(record) for record in records],
            "domains": [asdict(domain) for domain in observed],
            "warnings": warnings,
        }
        print(json.dumps(found, indent=2))
    else:
        print(
            "\n".join([line for record in records for line in _lines(record, observed)] + _compared(observed, counted))
        )
        print("".join(f"warning: {warning}\n" for warning in warnings), end="", file=sys.stderr)
    return 0


def observe(timeline: Timeline, meter: MeterRecord | None = None) -> Observed:
    """What a timeline shows of its counter, beside what is known of its meter."""
    domain = timeline.domain
    return Observed(
        domain.id,
        domain.kind,
        domain.label,
        domain.sensor,
        domain.basis,
        _period_s(timeline, meter),
        _step_j(timeline),
        _power_w(timeline),
        domain.note,
        domain.apart,
        domain.parent,
        meter,
        domain.fitted,
    )


def _period_s(timeline: Timeline, meter: MeterRecord | None) -> float | None:
    """None for a model, which has no counter of its own, and for a counter that was found moved at every poll."""
    if meter is not None and meter.period_s is not None:
        return meter.period_s
    if timeline.domain.model is not None or len(timeline.seen_s) < 3:
        return None
    windows_s = [seen_s - after_s for after_s, seen_s in zip(timeline.after_s, timeline.seen_s, strict=True)]
    return seen_period_s(timeline.seen_s, statistics.median(windows_s[1:]))  # as far apart as readings really came


def _step_j(timeline: Timeline) -> float | None:
    steps = [later - earlier for earlier, later in pairwise(timeline.counts) if later > earlier]
    if timeline.domain.model is not None or not steps:
        return None
    return statistics.median(steps) * timeline.domain.joules_per_count


def _power_w(timeline: Timeline) -> tuple[float, float, float] | None:
    """From the first tick to the last; of a model, which is exact whenever it is read, to the last reading.

    The first reading lies somewhere between two ticks, so it only stands in for a tick where fewer than two came.
    """
    if not timeline.seen_s:
        return None
    model = timeline.domain.model
    first = 1 if model is None and len(timeline.seen_s) > 2 else 0
    start_s = timeline.seen_s[first]
    watched_s = (timeline.seen_s[-1] if model is None else timeline.end_s) - start_s
    if watched_s <= 0:
        return None
    if model is None:
        power_w = (timeline.energy_j()[-1] - timeline.energy_j()[first]) / watched_s
        return power_w, power_w, power_w
    busy_cores = (timeline.counts[-1] - timeline.counts[0]) / NS_PER_S / watched_s
    low, best, high = (
        idle_w + active_w * busy_cores for idle_w, active_w in zip(model.idle_w, model.active_w_per_core, strict=True)
    )
    return low, best, high


def _lines(record: SensorRecord, observed: list[Observed]) -> list[str]:
    lines = [f"{record.name}: {record.status}{'' if record.reason is None else f'. {record.reason}'}"]
    for domain in observed:
        if domain.id in record.domains:
            lines += [f"  {_sentence(domain)}", *(f"    {sentence}" for sentence in _known(domain))]
    if record.remedy is not None:
        lines.append(f"  to change that: {record.remedy}")
    return lines


def _sentence(domain: Observed) -> str:
    parts = [f"{domain.id}  {domain.label}, {domain.basis}"]
    if domain.power_w is not None:
        low, best, high = domain.power_w
        parts.append(f"{best:.3g} W now" if low == high else f"~{best:.2g} W now ({low:.2g}-{high:.2g})")
    if domain.period_s is not None:
        parts.append(f"moves every {domain.period_s * 1e3:.3g} ms")
    if domain.step_j is not None:
        parts.append(f"in steps of about {domain.step_j:.2g} J")
    if domain.note is not None:
        parts.append(domain.note)
    if domain.apart is not None:
        parts.append(f"in no total: {domain.apart}")
    return "; ".join(parts)


def _known(domain: Observed) -> list[str]:
    """What is known of the meter, and of its gain."""
    known = "" if domain.meter is None else meter_sentence(replace(domain.meter, period_s=None))
    driver = "" if domain.meter is None or domain.meter.driver is None else f" (driver {domain.meter.driver})"
    sentences = [f"{known}{driver}"] if known else []
    if domain.fitted is not None:
        sentences.append(f"{domain.fitted}; its joules are good to ±{100 * domain.fitted.half_width:.2g} %")
    return sentences


def _compared(observed: list[Observed], counted: Collection[str]) -> list[str]:
    """What the domains that totals add, by id, draw, as a share of what each meter of the whole machine sees."""
    powers_w = [domain.power_w for domain in observed if domain.id in counted]
    if not powers_w or None in powers_w:
        return []
    counted_w = math.fsum(power_w[1] for power_w in powers_w if power_w is not None)
    seen_w = {
        domain.label: domain.power_w[1]
        for domain in observed
        if domain.kind in HOLDS_THE_MACHINE and domain.apart is not None and domain.power_w is not None
    }
    return [
        f"{label} sees {watts:.3g} W; what totals add is {100 * counted_w / watts:.2g} % of it"
        for label, watts in seen_w.items()
        if watts > 0
    ]
