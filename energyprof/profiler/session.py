"""Writes what a profiler recorded: the evidence and what was derived from it, as one JSON file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof import __version__
from energyprof.footprint.site import Site
from energyprof.footprint.site_record import session_site
from energyprof.model.live import LiveIntensity
from energyprof.model.meter import MeterRecord
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.session import SESSION_SCHEMA
from energyprof.model.timeline import Timeline
from energyprof.profiler.journal import unwritable
from energyprof.profiler.measurement import Measurement

if TYPE_CHECKING:
    from energyprof.profiler.result import Result

SESSION_FILE = "profiler.json"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is fixed when a profiler starts.

    Attributes:
        created: ISO 8601, a label. start_s: on the monotonic clock.
    """

    created: str
    start_s: float
    site: Site

    def to_json(self) -> dict[str, Any]:
        """As JSON values, with what it runs on."""
        return {
            "created": self.created,
            "version": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "start_s": self.start_s,
            "site": asdict(session_site(self.site)),
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a result was derived from.

    Attributes:
        spans: as JSON values. unfinished: how many spans of a name had not ended.
        end_s: up to when joules were accounted for.
        complete: whether the profiler was stopped.
        meters: what was seen of each domain's meter.
        live: what a service told of the grid meanwhile; None where none was asked.
    """

    timelines: Sequence[Timeline]
    spans: Sequence[dict[str, Any]]
    sensors: Sequence[SensorRecord]
    sampler: SamplerRecord
    end_s: float
    complete: bool = True
    unfinished: Mapping[str, int] = field(default_factory=dict)
    meters: Sequence[MeterRecord] = ()
    live: LiveIntensity | None = None


def session_document(scope: Mapping[str, Any], result: Result, evidence: Evidence) -> dict[str, Any]:
    """The record as JSON values; `scope` is `Scope.to_json()`."""
    return {
        "schema": SESSION_SCHEMA,
        **scope,
        "end_s": evidence.end_s,
        "complete": evidence.complete,
        "unfinished": dict(evidence.unfinished),
        "measurements": [measurement_json(measurement) for measurement in result.measurements],
        "total_j": result.total.to_json(),
        "idle_j": result.idle.to_json(),
        "unattributed_j": result.unattributed.to_json(),
        "coverage": asdict(result.coverage),
        "warnings": result.warnings,
        "sensors": [asdict(record) for record in evidence.sensors],
        "meters": [asdict(record) for record in evidence.meters],
        "live": None if evidence.live is None else asdict(evidence.live),
        "sampler": asdict(evidence.sampler),
        "timelines": [asdict(timeline) for timeline in evidence.timelines],
        "spans": list(evidence.spans),
    }


def write_session(folder: Path, document: Mapping[str, Any]) -> None:
    """Writes `profiler.json` into a folder, whole or not at all.

    Raises:
        UnwritableOutput: the folder cannot be written.
    """
    draft = folder / f".profiler-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(document) + "\n")
        os.replace(draft, folder / SESSION_FILE)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise unwritable(folder, error) from error


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
        "energy_provisioned_j": measurement.energy_provisioned.to_json(),
        "energy_process_j": measurement.energy_process.to_json(),
        "contended": measurement.contended,
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
