"""The file in which the sampler's process says what its first polls showed of the meters."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from energyprof.capture.meter_cache import device_of, driver_of
from energyprof.model.domain import Domain
from energyprof.model.meter import MeterRecord


@dataclass(frozen=True, slots=True)
class FirstLookFile:
    """What it holds; empty as long as there is none."""

    meters: list[MeterRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def path_of(ring: Path) -> Path:
    """The file beside a ring."""
    return ring.with_suffix(".meters")


def write_first_look(ring: Path, meters: Sequence[MeterRecord], warnings: Sequence[str]) -> None:
    """Writes it whole or not at all: what is not known of a meter is None, and measuring goes on."""
    path = path_of(ring)
    part = path.with_suffix(".meters-part")
    with contextlib.suppress(OSError):
        part.write_text(json.dumps({"meters": [asdict(record) for record in meters], "warnings": list(warnings)}))
        os.replace(part, path)


def read_first_look(ring: Path) -> FirstLookFile | None:
    """What the file beside a ring holds; None where there is none yet, or a damaged one."""
    try:
        document = json.loads(path_of(ring).read_text())
        return FirstLookFile([MeterRecord(**record) for record in document["meters"]], list(document["warnings"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def unseen_meter(domain: Domain) -> MeterRecord:
    """What is known of a meter that nobody has looked at yet."""
    return MeterRecord(domain.id, domain.label, device_of(domain), driver_of(domain), period_s=domain.period_s)
