"""What a report says of a profiler's record: one row a function, at one site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from energyprof.footprint.assess import Footprint, assess
from energyprof.footprint.factor import Factor
from energyprof.footprint.grid import same_grid
from energyprof.footprint.inventory import distinct
from energyprof.footprint.site import Site
from energyprof.footprint.site_record import recorded_site
from energyprof.live.intensity import session_live_intensity
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.session import NamedMeasurement, Session
from energyprof.report.text import shown

SUMMARY_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One name with what is derived for the site.

    Attributes:
        share: its joules without nested ones over the total; unknown where either is. running: how many of its spans
            had not ended.
    """

    measurement: NamedMeasurement
    share: Quantity
    footprint: Footprint
    running: int

    @property
    def name(self) -> str:
        """Fit to be shown."""
        return shown(self.measurement.name)


@dataclass(frozen=True, slots=True)
class SessionReport:
    """A profiler's record at a site; rows by their joules, the largest first.

    Attributes:
        total: of everything drawn, the hardware being held from start to stop. Rows have no embodied carbon and no
            hire: functions that run at once hold the same hardware.
    """

    session: Session
    site: Site
    rows: tuple[FunctionRow, ...]
    total: Footprint

    @property
    def factors(self) -> list[Factor]:
        """Every factor that the CO2e and the water rest on."""
        return distinct([self.total])


def site_of_session(session: Session) -> Site:
    """Where the profiler was told that it ran."""
    return recorded_site(session.site)


def session_report(session: Session, site: Site | None = None) -> SessionReport:
    """The report of a record; at the site that the profiler named where none is given."""
    site = _with_supply(site or site_of_session(session), session)
    rows = [_row(measurement, session, site) for measurement in session.measurements]
    rows.sort(key=lambda row: -(row.measurement.energy_j.value or 0.0))
    seconds = session.end_s - session.start_s
    held = Quantity(seconds, seconds, seconds, "s", "measured")
    return SessionReport(session, site, tuple(rows), assess(session.total_j, site, held=held))


def _with_supply(site: Site, session: Session) -> Site:
    """The site with the grid as it was meanwhile; another grid than the profiler's has its annual values."""
    derived = session_live_intensity(session) if same_grid(site.grid, session.site.grid) else None
    return site if derived is None else replace(site, live=derived.supply())


def session_summary(report: SessionReport) -> dict[str, Any]:
    """The figures of a profiler's record: flat, for programs."""
    session = report.session
    return {
        "schema": SUMMARY_SCHEMA,
        "kind": "profiler",
        "created": session.created,
        "version": session.version,
        "complete": session.complete,
        "duration_s": session.end_s - session.start_s,
        "site": {"grid": report.site.grid, "pue": report.site.pue, "wue_l_per_kwh": report.site.wue_l_per_kwh},
        "total_j": session.total_j.to_json(),
        "idle_j": session.idle_j.to_json(),
        "unattributed_j": session.unattributed_j.to_json(),
        "co2e_g": report.total.co2e.to_json(),
        "water_l": report.total.water.to_json(),
        "co2e_embodied_g": report.total.co2e_embodied.to_json(),
        "co2e_total_g": report.total.co2e_total.to_json(),
        "electricity_cost": report.total.electricity_cost.to_json(),
        "hire_cost": report.total.hire_cost.to_json(),
        "functions": [_function(row) for row in report.rows],
        "warnings": [shown(warning) for warning in session.warnings],
    }


def _row(measurement: NamedMeasurement, session: Session, site: Site) -> FunctionRow:
    share = _share(measurement.energy_exclusive_j, session.total_j)
    footprint = assess(measurement.energy_j, site)
    return FunctionRow(measurement, share, footprint, session.unfinished.get(measurement.name, 0))


def _share(part: Quantity, total: Quantity) -> Quantity:
    """Part of the total, without an interval: errors of the counter are in both, and cancel."""
    if part.value is None or not total.value:
        return unknown("%", part.reason or total.reason or "nothing was drawn", part.basis)
    return Quantity(100 * part.value / total.value, None, None, "%", part.basis)


def _function(row: FunctionRow) -> Mapping[str, Any]:
    measurement = row.measurement
    return {
        "name": row.name,
        "calls": measurement.calls,
        "errors": measurement.errors,
        "running": row.running,
        "duration_s": measurement.duration_s,
        "units": measurement.units,
        "per_call_j": measurement.per_call_j.to_json(),
        "per_unit_j": {unit: quantity.to_json() for unit, quantity in measurement.per_unit_j.items()},
        "energy_j": measurement.energy_j.to_json(),
        "energy_exclusive_j": measurement.energy_exclusive_j.to_json(),
        "energy_net_j": measurement.energy_net_j.to_json(),
        "energy_provisioned_j": measurement.energy_provisioned_j.to_json(),
        "energy_process_j": measurement.energy_process_j.to_json(),
        "contended": measurement.contended,
        "share_percent": row.share.to_json(),
        "power_w": measurement.power_w.to_json(),
        "co2e_g": row.footprint.co2e.to_json(),
        "water_l": row.footprint.water.to_json(),
        "estimator": measurement.estimator,
    }
