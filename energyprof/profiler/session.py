"""Writes what a profiler recorded: the evidence and what was derived from it, as one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.model.errors import UnwritableOutput
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.span import Span
from energyprof.model.timeline import Timeline
from energyprof.profiler.measurement import Measurement

if TYPE_CHECKING:
    from energyprof.profiler.result import Result

SESSION_SCHEMA = 1


def write_session(
    folder: Path,
    result: Result,
    timelines: Sequence[Timeline],
    spans: Sequence[Span],
    sensors: Sequence[SensorRecord],
    sampler: SamplerRecord,
) -> None:
    """Writes `profiler.json` into a folder, whole or not at all.

    Raises:
        UnwritableOutput: the folder cannot be written.
    """
    document = {
        "schema": SESSION_SCHEMA,
        "measurements": [measurement_json(measurement) for measurement in result.measurements],
        "total_j": result.total.to_json(),
        "idle_j": result.idle.to_json(),
        "unattributed_j": result.unattributed.to_json(),
        "coverage": asdict(result.coverage),
        "warnings": result.warnings,
        "sensors": [asdict(record) for record in sensors],
        "sampler": asdict(sampler),
        "timelines": [asdict(timeline) for timeline in timelines],
        "spans": [asdict(span) for span in spans],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".profiler-{os.getpid()}.json"
        draft.write_text(json.dumps(document) + "\n")
        os.replace(draft, folder / "profiler.json")
    except OSError as error:
        raise UnwritableOutput(
            f"{folder} cannot be written ({error.strerror}), so the record is lost, but the result is still in "
            "Profiler.result. Give `out` a folder you may write to."
        ) from error


def measurement_json(measurement: Measurement) -> dict[str, Any]:
    """A measurement as plain JSON values, its quantities in their usual form."""
    return {
        "name": measurement.name,
        "calls": measurement.calls,
        "errors": measurement.errors,
        "duration_s": measurement.duration_s,
        "units": measurement.units,
        "energy_j": measurement.energy.to_json(),
        "energy_exclusive_j": measurement.energy_exclusive.to_json(),
        "energy_net_j": measurement.energy_net.to_json(),
        "per_call_j": measurement.per_call.to_json(),
        "per_unit_j": {
            unit: measurement.per(unit).to_json() for unit in {**measurement.units, **measurement.uncounted}
        },
        "domains_j": {domain: quantity.to_json() for domain, quantity in measurement.domains.items()},
        "power_w": measurement.power_w.to_json(),
        "co2e_g": measurement.co2e_g.to_json(),
        "water_l": measurement.water_l.to_json(),
        "estimator": measurement.estimator,
    }
