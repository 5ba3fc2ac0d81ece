"""A profiler's record as table, Markdown, CSV and plain text: one row a function."""

from __future__ import annotations

import csv
import io

from energyprof.model.quantity import Quantity
from energyprof.report import figures
from energyprof.report.assessment import intensity_text
from energyprof.report.figures import Figure
from energyprof.report.listing import NONE, Cell, Line, Listing, outer_cell
from energyprof.report.markdown import escaped
from energyprof.report.session import FunctionRow, SessionReport
from energyprof.report.spreadsheet import cell
from energyprof.report.text import shown, unit_noun

PERCENT: tuple[figures.Scale, ...] = ((1.0, "%"),)

HEADINGS = (
    "Calls",
    "Energy per call",
    "per unit of work",
    "Energy in all",
    "without nested",
    "above idle",
    "with its pauses",
    "without other processes",
    "Share",
    "CO₂e",
    "Water",
    "Mean power",
    "How",
)


def functions_listing(report: SessionReport) -> Listing:
    """All functions, the hungriest first."""
    return Listing(HEADINGS, tuple(Line(row.name, _detail(row), _cells(row)) for row in report.rows))


def session_markdown(report: SessionReport) -> str:
    """profiler.md, as GitHub-flavoured Markdown; nothing that came from outside is read as markup."""
    headings = [
        "Function",
        "Calls",
        "Energy per call",
        "per unit of work",
        "Energy in all",
        "with its pauses",
        "without other processes",
        "Share without nested",
        "CO₂e in all",
        "Water in all",
    ]
    lines = ["| " + " | ".join(headings) + " |", "|:--|" + "--:|" * (len(headings) - 1)]
    for row in report.rows:
        measurement = row.measurement
        cells = [
            escaped(row.name),
            f"{measurement.calls:,}",
            _markdown_cell(figures.figure(measurement.per_call_j, figures.JOULES)),
            "<br>".join(escaped(each) for each in _units(row)) or NONE,
            _markdown_cell(figures.figure(measurement.energy_j, figures.JOULES)),
            _markdown_cell(figures.figure(measurement.energy_provisioned_j, figures.JOULES)),
            _markdown_cell(figures.figure(measurement.energy_process_j, figures.JOULES)),
            _markdown_cell(figures.figure(row.share, PERCENT)),
            _markdown_cell(figures.figure(row.footprint.co2e, figures.GRAMS)),
            _markdown_cell(figures.figure(row.footprint.water, figures.LITRES)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    blocks = [
        "## What a profiler measured",
        *(escaped(sentence) for sentence in state(report)),
        "\n".join(lines),
        "  \n".join(f"**{name}:** {escaped(value)}" for name, value in totals(report)),
        "\n".join(f"- {escaped(warning)}" for warning in report.session.warnings),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def session_csv(report: SessionReport) -> str:
    """profiler.csv (RFC 4180): units in the column names, an empty cell for what is not known."""
    units = sorted({unit for row in report.rows for unit in row.measurement.per_unit_j})
    rows = [_spreadsheet_row(row, units) for row in report.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["function"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def session_text(report: SessionReport) -> str:
    """The figures for a terminal, one line a function."""
    lines = [*state(report)]
    for row in report.rows:
        measurement = row.measurement
        figure = figures.figure(measurement.per_call_j, figures.JOULES)
        in_all = figures.figure(measurement.energy_j, figures.JOULES)
        calls = f"{measurement.calls:,} call{'s' if measurement.calls != 1 else ''}"
        lines.append("; ".join([f"{row.name}: {figure} per call", *_units(row), calls, f"{in_all} in all"]))
    lines += [f"{name}: {value}" for name, value in totals(report)]
    return "\n".join([*lines, *(f"Warning: {shown(warning)}" for warning in report.session.warnings)])


def state(report: SessionReport) -> list[str]:
    """Whether this is all: one sentence, none where it is."""
    session = report.session
    if session.complete and not session.unfinished:
        return []
    running = sum(session.unfinished.values())
    calls = f"{running} call{'s' if running != 1 else ''} had not ended"
    if session.complete:
        return [f"Stopped while {calls}: their joules are counted up to then, and not in the energy per call."]
    open_calls = f", and {calls}" if running else ""
    return [f"Cut off: the profiler was not stopped{open_calls}. What was measured until then is shown."]


def totals(report: SessionReport) -> list[tuple[str, str]]:
    """What the machine drew, and where the rest of it went."""
    session = report.session
    joules = [("Total", session.total_j), ("Idle", session.idle_j), ("Unattributed", session.unattributed_j)]
    return [
        *((name, str(figures.figure(quantity, figures.JOULES))) for name, quantity in joules),
        ("CO₂e of the total", _with_reason(report.total.co2e, figures.GRAMS)),
        ("Water of the total", _with_reason(report.total.water, figures.LITRES)),
        *_held(report),
        ("Duration", figures.seconds(session.end_s - session.start_s)),
        ("Site", site_text(report)),
    ]


def _held(report: SessionReport) -> list[tuple[str, str]]:
    """Embodied carbon and cost, where what they rest on was given."""
    total = report.total
    lines = [
        ("Embodied CO₂e", total.co2e_embodied, figures.GRAMS),
        ("Electricity", total.electricity_cost, ((1.0, total.electricity_cost.unit),)),
        ("Hire of the hardware", total.hire_cost, ((1.0, total.hire_cost.unit),)),
    ]
    return [(name, str(figures.figure(figure, scales))) for name, figure, scales in lines if figure.value is not None]


def site_text(report: SessionReport) -> str:
    """The grid and the building."""
    site = report.site
    grid = site.supply
    if grid is None:
        return "no grid is set, so CO₂e and water are not known; set one with --grid"
    building = f"PUE {site.pue:g}, WUE {site.wue_l_per_kwh:g} L/kWh"
    return f"{shown(grid.label)}, {intensity_text(grid)}, {building}"


def _detail(row: FunctionRow) -> str:
    parts = [f"{row.measurement.errors:,} ended with an exception" if row.measurement.errors else ""]
    parts.append(f"{row.running:,} had not ended" if row.running else "")
    parts.append("contended by other processes" if row.measurement.contended else "")
    return "; ".join(part for part in parts if part)


def _cells(row: FunctionRow) -> tuple[Cell, ...]:
    measurement = row.measurement
    units = _units(row)
    return (
        Cell(f"{measurement.calls:,}", f"{figures.seconds(measurement.duration_s)} active", measurement.calls),
        outer_cell(measurement.per_call_j, figures.JOULES),
        Cell("; ".join(units) or NONE),
        outer_cell(measurement.energy_j, figures.JOULES),
        outer_cell(measurement.energy_exclusive_j, figures.JOULES),
        outer_cell(measurement.energy_net_j, figures.JOULES),
        outer_cell(measurement.energy_provisioned_j, figures.JOULES),
        outer_cell(measurement.energy_process_j, figures.JOULES),
        outer_cell(row.share, PERCENT),
        outer_cell(row.footprint.co2e, figures.GRAMS),
        outer_cell(row.footprint.water, figures.LITRES),
        outer_cell(measurement.power_w, figures.WATTS),
        Cell(shown(measurement.estimator or NONE), measurement.energy_j.basis),
    )


def _units(row: FunctionRow) -> list[str]:
    """ "120 mJ/tokens (110-130)" for each unit of work."""
    found = []
    for unit, quantity in row.measurement.per_unit_j.items():
        figure = figures.figure(quantity, figures.JOULES)
        number, _, scale = figure.value.partition(" ")
        noun = unit_noun(unit)
        value = f"{number} {scale}/{noun}" if quantity.value is not None else f"{figure.value} per {noun}"
        interval = figure.total or figure.interval
        found.append(f"{value} ({interval})" if interval else value)
    return found


def _markdown_cell(figure: Figure) -> str:
    return str(figure).replace("~", "\\~")


def _with_reason(quantity: Quantity, scales: tuple[figures.Scale, ...]) -> str:
    figure = figures.figure(quantity, scales)
    return f"{figure} ({shown(figure.reason)})" if quantity.value is None and figure.reason else str(figure)


def _spreadsheet_row(row: FunctionRow, units: list[str]) -> dict[str, str | int | float | None]:
    measurement = row.measurement
    return {
        "function": cell(measurement.name),
        "calls": measurement.calls,
        "errors": measurement.errors,
        "running": row.running,
        "duration_s": measurement.duration_s,
        "basis": measurement.energy_j.basis,
        "estimator": cell(measurement.estimator),
        **_bounds("energy_per_call_j", measurement.per_call_j),
        **_bounds("energy_j", measurement.energy_j),
        "energy_exclusive_j": measurement.energy_exclusive_j.value,
        "energy_net_j": measurement.energy_net_j.value,
        **_bounds("energy_provisioned_j", measurement.energy_provisioned_j),
        **_bounds("energy_process_j", measurement.energy_process_j),
        "contended": None if measurement.contended is None else str(measurement.contended).lower(),
        "share_percent": row.share.value,
        "power_w": measurement.power_w.value,
        **_bounds("co2e_g", row.footprint.co2e),
        **_bounds("water_l", row.footprint.water),
        **{cell(f"units: {unit}"): measurement.units.get(unit) for unit in units},
        **{cell(f"energy_j per {unit}"): _value(measurement.per_unit_j.get(unit)) for unit in units},
    }


def _value(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.value


def _bounds(name: str, quantity: Quantity) -> dict[str, float | None]:
    """Value and both intervals. An upper bound of an unknown value is not an interval: left out."""
    known = quantity.value is not None
    low, high = (quantity.low, quantity.high) if known else (None, None)
    return {
        name: quantity.value,
        f"{name}_low": low,
        f"{name}_high": high,
        f"{name}_total_low": quantity.total_low if known else None,
        f"{name}_total_high": quantity.total_high if known else None,
    }
