"""What joules contain, what of them is estimated, and what is left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from energyprof.analysis.comparison import Coverage
from energyprof.analysis.reference import follow, starting
from energyprof.analysis.trials import Meters
from energyprof.model.domain import Domain
from energyprof.model.run import Run, SensorRecord

NEVER_INCLUDED = [
    "power supply and cooling losses of this machine",
    "network, storage and the user's own device",
    "making the hardware (embodied carbon and water)",
    "training of the models",
]


def coverage(run: Run, run_meters: Meters) -> Coverage:
    """Sentences for the coverage line of a report."""
    left_out = list(run_meters.missing.values())
    if run.host.gpus and all(domain.kind != "gpu" for domain in run_meters.domains):
        left_out.append(f"GPU ({', '.join(run.host.gpus)}): not read")
    return domain_coverage(run_meters.domains, run.sensors, left_out, _references(run, run_meters))


def _references(run: Run, run_meters: Meters) -> list[str]:
    """What stands apart, from the first trial to the end of the last."""
    if not run.trials:
        return []
    start_s, end_s = min(trial.start_s for trial in run.trials), max(trial.end_s for trial in run.trials)
    found = starting([timeline.domain for timeline in run.timelines], start_s)
    follow(found, run.timelines, end_s)
    best = [curves[len(curves) // 2] for curves in run_meters.curves.values()]
    counted_j = math.fsum(float(curve.at(end_s) - curve.at(start_s)) for curve in best)
    whole = not run_meters.missing and all(curve.lost_s(start_s, end_s) == 0 for curve in best)
    return [reference.sentence(counted_j if whole else None) for reference in found]


def domain_coverage(
    domains: Sequence[Domain], records: Sequence[SensorRecord], left_out: Sequence[str], references: Sequence[str] = ()
) -> Coverage:
    """Sentences for domains that are metered.

    Args:
        left_out: those that are known to be missing. references: those of meters that stand apart.
    """
    missing = list(left_out)
    if not {"dram", "platform"} & {domain.kind for domain in domains}:
        missing.append("memory (DRAM): no sensor here reads it")
    missing += [record.reason for record in records if record.status == "used" and record.reason]
    return Coverage(
        [_sentence(domain) for domain in domains if domain.basis in ("measured", "derived")],
        [_sentence(domain) for domain in domains if domain.basis in ("estimated", "assumed")],
        missing + NEVER_INCLUDED,
        list(references),
    )


def _sentence(domain: Domain) -> str:
    how = {
        "measured": f"{domain.sensor} energy counter",
        "derived": f"{domain.sensor} power readings, integrated",
    }.get(domain.basis, domain.model.source if domain.model is not None else domain.sensor)
    note = f"; {domain.note}" if domain.note else ""
    return f"{domain.label}: {how}{note}"
