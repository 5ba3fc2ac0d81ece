"""What a profiler recorded, as its report reads it: figures by name, and the evidence that they were derived from."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from energyprof.model.errors import InvalidRun
from energyprof.model.given_factor import GivenFactor
from energyprof.model.live import LiveIntensity
from energyprof.model.meter import MeterRecord
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.timeline import Timeline
from energyprof.model.validation import validated

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SESSION_SCHEMA = 2


def _not_recorded() -> Quantity:
    return unknown("J", "the version that made this record did not work it out")


@dataclass(frozen=True, slots=True)
class NamedMeasurement:
    """The figures of one name; fields as in `Measurement`, their unit in the name."""

    name: str
    calls: int
    errors: int
    duration_s: float
    units: dict[str, float]
    energy_j: Quantity
    energy_exclusive_j: Quantity
    energy_net_j: Quantity
    per_call_j: Quantity
    per_unit_j: dict[str, Quantity]
    domains_j: dict[str, Quantity]
    power_w: Quantity
    co2e_g: Quantity
    water_l: Quantity
    estimator: str | None
    energy_provisioned_j: Quantity = field(default_factory=_not_recorded)
    energy_process_j: Quantity = field(default_factory=_not_recorded)
    contended: bool | None = None


@dataclass(frozen=True, slots=True)
class SessionCoverage:
    """What the joules contain: sentences, as in `Coverage`."""

    measured: list[str] = field(default_factory=list)
    estimated: list[str] = field(default_factory=list)
    not_included: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SessionSite:
    """Where the energy was drawn, as the profiler was told.

    Attributes:
        factors: the user's own, in place of the shipped ones of the same id.
        market_g_per_kwh: of the site's contracts; None = not given.
        devices: what a task holds while it runs, as "h100-sxm" or "server=0.125"; empty = not given.
        electricity_price, device_price: per kWh, and per hour of all devices, as "0.25EUR"; None = not given.
    """

    grid: str | float | None
    pue: float
    wue_l_per_kwh: float
    hydro_l_per_kwh: float = 0.0
    factors: list[GivenFactor] = field(default_factory=list)
    market_g_per_kwh: float | None = None
    devices: list[str] = field(default_factory=list)
    electricity_price: str | None = None
    device_price: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The record of one profiler.

    Attributes:
        created: ISO 8601, when it started; a label. version: of energyprof. python, platform: what it ran on.
        start_s, end_s: on the monotonic clock.
        complete: False where the process ended without stopping its profiler.
        unfinished: names of spans that were open at the end, how many of each.
        live: what a service told of the grid meanwhile; None where none was asked.
    """

    created: str
    version: str
    python: str
    platform: str
    start_s: float
    end_s: float
    complete: bool
    site: SessionSite
    measurements: list[NamedMeasurement]
    total_j: Quantity
    idle_j: Quantity
    unattributed_j: Quantity
    coverage: SessionCoverage
    warnings: list[str]
    sensors: list[SensorRecord]
    sampler: SamplerRecord
    timelines: list[Timeline]
    unfinished: dict[str, int] = field(default_factory=dict)
    meters: list[MeterRecord] = field(default_factory=list)
    live: LiveIntensity | None = None


def loads_session(text: str, source: str) -> Session:
    """The session in a JSON document.

    Args:
        source: named in the error.

    Raises:
        InvalidRun: not JSON, of another schema, or with a field of the wrong type.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidRun(
            f"{source} is not JSON ({error}), so nothing can be shown of it. Measure again, or restore the file."
        ) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SESSION_SCHEMA:
        raise InvalidRun(
            f"{source} has schema {schema!r}, but this version of energyprof reads schema {SESSION_SCHEMA} of what a "
            "profiler writes. Use the version that wrote it, or measure again."
        )
    return session_of(document, source)


def session_of(document: object, source: str) -> Session:
    """The session in JSON values.

    Raises:
        InvalidRun: a field is missing or of the wrong type.
    """
    return validated(_adapter(), document, source)


@functools.cache
def _adapter() -> TypeAdapter[Session]:
    from pydantic import TypeAdapter

    return TypeAdapter(Session)
