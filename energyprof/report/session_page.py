"""The page of a profiler's record: one HTML file, like that of a run, with functions as rows."""

from __future__ import annotations

from energyprof.live.intensity import session_live_intensity
from energyprof.model.session import Session
from energyprof.report import canvas, chart_power
from energyprof.report.canvas import Chart
from energyprof.report.factor_table import factor_tables
from energyprof.report.page import FIRST_WARNINGS, moment, render, sensor_line
from energyprof.report.session import SessionReport
from energyprof.report.session_tables import functions_listing, state, totals
from energyprof.report.svg import Meaning
from energyprof.report.text import listed, shown

_HEIGHT_PT = 230.0
_MARGINS = canvas.Margins(58.0, 12.0, 24.0, 36.0)


def session_html(report: SessionReport) -> str:
    """The page as text; the same report always gives the same bytes."""
    session = report.session
    chart = _power_chart(session)
    return render(
        "session.html.j2",
        session=session,
        created=moment(session.created),
        state=state(report),
        totals=totals(report),
        coverage={
            "Measured": _sentences(session.coverage.measured),
            "Estimated": _sentences(session.coverage.estimated),
            "Not included": _sentences(session.coverage.not_included),
            **({"Beside it": _sentences(references)} if (references := session.coverage.references) else {}),
        },
        first_warnings=FIRST_WARNINGS,
        warnings=[shown(warning) for warning in session.warnings],
        charts=[] if chart is None else [chart],
        functions=functions_listing(report),
        facts=_facts(report),
        boundary=shown(report.total.boundary),
        sensors=[sensor_line(sensor, session.timelines) for sensor in session.sensors],
        factors=factor_tables(report.factors),
    )


def _power_chart(session: Session) -> Chart | None:
    """Power over time; None where no counter moved twice."""
    timelines = [timeline for timeline in session.timelines if len(timeline.seen_s) > 1]
    if not timelines:
        return None
    caption = (
        "The line is the mean of each column, the band its lowest and highest; breaks are times without readings. "
        "Joules are read from the counters, not from this curve."
    )
    modelled = [shown(timeline.domain.label) for timeline in timelines if timeline.domain.model is not None]
    if modelled:
        caption += f" {listed(modelled)}: no meter; this is the model that turns CPU time into watts."
    with canvas.style():
        figure = canvas.sheet(_HEIGHT_PT)
        ax = canvas.axes(figure, _MARGINS)
        chart_power.draw_power(ax, timelines, session.start_s)
        ax.set_xlim(0, max(session.end_s - session.start_s, 1e-3))
        ax.tick_params(axis="x", labelbottom=True, length=3)
        ax.set_xlabel("Time since the start (s)")
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, borderpad=0.1, handlelength=2.4)
        names = listed([shown(timeline.domain.label) for timeline in timelines])
        meaning = Meaning("Power over time", f"Power of {names} while the profiler ran.", {})
        return Chart("power", "Power over time", caption, canvas.element(figure, "power", meaning))


def _sentences(parts: list[str]) -> str:
    return "; ".join(shown(part) for part in parts) or "nothing"


def _facts(report: SessionReport) -> list[tuple[str, str]]:
    session, sampler = report.session, report.session.sampler
    how = {"process": "a process of its own", "thread": "a thread of the profiled process"}[sampler.mode]
    share = "not known"
    if sampler.cpu_s is not None and sampler.wall_s:
        share = f"{sampler.cpu_s:.2f} s of CPU, {100 * sampler.cpu_s / sampler.wall_s:.2f} % of a core"
    found = session_live_intensity(session)
    rests = "rests" if report.site.live else "does not rest"
    sentences = [] if found is None else [f"{shown(found.sentence())}; CO₂e on this page {rests} on it"]
    return [
        ("Started", moment(session.created)),
        ("System", shown(session.platform)),
        ("Python", shown(session.python)),
        ("energyprof", shown(session.version)),
        ("Sampler", f"{how}, every {1000 * sampler.period_s:.0f} ms" if sampler.period_s else how),
        ("What measuring cost", share),
        *(("Live carbon intensity", sentence) for sentence in sentences),
    ]
