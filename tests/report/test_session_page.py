"""The page, the Markdown and the CSV of a profiler's record: every function, and nothing that a name smuggles in."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace

import pytest
from report.rendered import Document
from simulated.readings import Course, polled

from energyprof.footprint.site import Site
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.session import NamedMeasurement, Session, SessionCoverage, SessionSite, session_of
from energyprof.report.session import session_report, session_summary
from energyprof.report.session_page import session_html
from energyprof.report.session_tables import session_csv, session_markdown, session_text

HOSTILE = "<script>alert(1)</script>|=1+1"


def joules(value: float, unit: str = "J") -> Quantity:
    return Quantity(value, 0.9 * value, 1.1 * value, unit, "measured")


def measured(name: str, energy_j: float, calls: int, *, errors: int = 0) -> NamedMeasurement:
    nothing = unknown("g", "no grid was given")
    return NamedMeasurement(
        name=name,
        calls=calls,
        errors=errors,
        duration_s=2.0,
        units={"tokens": 100.0},
        energy_j=joules(energy_j),
        energy_exclusive_j=joules(energy_j),
        energy_net_j=joules(energy_j / 2),
        per_call_j=joules(energy_j / calls, "J/call") if calls else unknown("J/call", "no call has finished"),
        per_unit_j={"tokens": joules(energy_j / 100, "J/tokens")},
        domains_j={"gpu:0": joules(energy_j)},
        power_w=joules(energy_j / 2, "W"),
        co2e_g=nothing,
        water_l=nothing,
        estimator="interpolate",
        energy_provisioned_j=joules(1.25 * energy_j),
        energy_process_j=joules(0.75 * energy_j),
        contended=name == HOSTILE,
    )


@pytest.fixture
def session() -> Session:
    course = Course()
    course.pulse(2.0, 3.0, 300)
    return Session(
        created="2026-03-01T12:00:00+00:00",
        version="0.1.0",
        python="3.12.1",
        platform="Linux-6.1",
        start_s=1.0,
        end_s=9.0,
        complete=False,
        site=SessionSite("FRA", 1.2, 0.0),
        measurements=[measured("small", 10, 5), measured(HOSTILE, 90, 9, errors=2), measured("open", 50, 0)],
        total_j=joules(200),
        idle_j=joules(40),
        unattributed_j=joules(10),
        coverage=SessionCoverage(["GPU 0"], [], ["the rest of the machine"]),
        warnings=["The process ended without stopping its profiler. <b>"],
        sensors=[SensorRecord("nvml", "used", ["gpu:0"])],
        sampler=SamplerRecord("thread", 0.02, 0.04, 8.0),
        timelines=[polled(course, 9.0)],
        unfinished={"open": 1},
    )


def test_the_page_has_a_row_a_function_with_figures_intervals_and_what_is_not_known(session: Session) -> None:
    page = session_html(session_report(session))
    parsed = Document()
    parsed.feed(page)
    assert parsed.unbalanced is None
    for text in (
        "small 5",
        "2.00 J",
        "100 mJ/tokens (90–110)",
        "45.0 %",
        "2 ended with an exception",
        "1 had not ended",
        "no call has finished",
        "Cut off",
        "a thread of the profiled process",
        "0.50 % of a core",
        "Power over time",
        "France",
        "GPU 0",
    ):
        assert text in parsed.text, text
    assert page.count("<script>") == 1
    assert HOSTILE in parsed.text
    assert "<svg" in page


def test_pauses_and_other_processes_are_shown_in_every_form(session: Session) -> None:
    report = session_report(replace(session, measurements=[measured(HOSTILE, 80, 8)]))
    parsed = Document()
    parsed.feed(session_html(report))
    for text in ("with its pauses", "100 J", "without other processes", "60.0 J", "contended by other processes"):
        assert text in parsed.text, text
    assert "| 100 J (90–110) | 60.0 J (54.0–66.0) |" in session_markdown(report)
    [row] = csv.DictReader(io.StringIO(session_csv(report)))
    found = (row["energy_provisioned_j"], row["energy_process_j"], row["energy_process_j_low"], row["contended"])
    assert found == ("100.0", "60.0", "54.0", "true")
    [function] = session_summary(report)["functions"]
    assert function["power_w"]["value"] == float(row["power_w"])
    assert (function["energy_process_j"]["value"], function["contended"]) == (60, True)


def test_a_record_from_before_they_were_worked_out_says_so(session: Session) -> None:
    document = asdict(session)
    for name in ("energy_provisioned_j", "energy_process_j", "contended"):
        del document["measurements"][0][name]
    first = session_of(document, "profiler.json").measurements[0]
    assert first.energy_process_j.value is None
    assert "did not work it out" in (first.energy_process_j.reason or "")
    assert first.contended is None


def test_page_and_spreadsheet_show_what_the_meter_may_be_off_and_not_the_repeatability_alone(session: Session) -> None:
    wide = Quantity(0.91, 0.907, 0.908, "J/call", "estimated", None, 0.6, 1.8)
    report = session_report(replace(session, measurements=[replace(measured("small", 10, 5), per_call_j=wide)]))
    parsed = Document()
    parsed.feed(session_html(report))
    assert "~910 mJ 600–1800" in parsed.text
    [row] = csv.DictReader(io.StringIO(session_csv(report)))
    bounds = [float(row[f"energy_per_call_j{end}"]) for end in ("_low", "_high", "_total_low", "_total_high")]
    assert bounds == [0.907, 0.908, 0.6, 1.8]


def test_the_rows_are_ordered_by_their_joules_and_share_the_total(session: Session) -> None:
    report = session_report(session)
    assert [row.measurement.name for row in report.rows] == [HOSTILE, "open", "small"]
    shares = [row.share.value for row in report.rows]
    assert shares == [pytest.approx(45), pytest.approx(25), pytest.approx(5)]
    assert sum(filter(None, shares)) + 100 * (40 + 10) / 200 == pytest.approx(100)


def test_another_site_changes_carbon_and_not_joules(session: Session) -> None:
    one, other = (session_summary(session_report(session, Site(grid))) for grid in (50.0, 500.0))
    for before, after in zip(one["functions"], other["functions"], strict=True):
        assert before["energy_j"] == after["energy_j"]
        assert after["co2e_g"]["value"] == pytest.approx(10 * before["co2e_g"]["value"])


def test_markdown_and_csv_show_hostile_names_as_they_are(session: Session) -> None:
    report = session_report(replace(session, measurements=[measured("=cmd|x", 90, 9)]))
    assert r"| \=cmd\|x | 9 | 10.0 J (9.0–11.0) |" in session_markdown(report)
    [row] = csv.DictReader(io.StringIO(session_csv(report)))
    assert row["function"] == "'=cmd|x"
    assert float(row["energy_per_call_j"]) == 10
    assert float(row["energy_j per tokens"]) == pytest.approx(0.9)


def test_without_a_grid_carbon_is_not_known_and_the_reason_is_told(session: Session) -> None:
    text = session_text(session_report(replace(session, site=SessionSite(None, 1.0, 0.0))))
    assert "CO₂e of the total: not known" in text
    assert "set one with --grid" in text


def test_a_session_without_spans_has_a_page(session: Session) -> None:
    page = session_html(session_report(replace(session, measurements=[], timelines=[], unfinished={})))
    assert "No span was recorded" in page
    assert session_csv(session_report(replace(session, measurements=[]))).strip() == "function"
