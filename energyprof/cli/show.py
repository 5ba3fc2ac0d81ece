"""Writes a run's page and prints its result: derived once, for the files and for stdout alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.footprint.site import Site
    from energyprof.model.run import Run
    from energyprof.model.session import Session
    from energyprof.report.assessment import Assessment


def show(run: Run, folder: Path, *, site: Site | None, as_json: bool) -> None:
    """Puts the derived files into `folder` and prints the summary, as one line of JSON or as a table.

    Args:
        site: where the energy is drawn; None = where the run's profile says.

    Raises:
        UnwritableOutput: a file cannot be written; the summary is printed all the same.
    """
    from energyprof.report.assessment import assess_run
    from energyprof.report.publish import publish_assessment

    assessment = assess_run(run, site)
    try:
        publish_assessment(assessment, folder)
    finally:
        _tell(assessment, as_json=as_json)
    if not as_json:
        print(folder / "index.html", flush=True)


def show_session(session: Session, folder: Path, *, site: Site, as_json: bool) -> None:
    """The same for the record of a profiler.

    Raises:
        UnwritableOutput: a file cannot be written; the figures are printed all the same.
    """
    from energyprof.report.publish import publish_session
    from energyprof.report.session import session_report, session_summary
    from energyprof.report.session_tables import session_text

    report = session_report(session, site)
    try:
        publish_session(report, folder)
    finally:
        print(json.dumps(session_summary(report)) if as_json else session_text(report), flush=True)
    if not as_json:
        print(folder / "index.html", flush=True)


def show_unsaved(run: Run, *, as_json: bool) -> None:
    """Prints the summary of a run for which there is no room on disk."""
    from energyprof.report.assessment import assess_run

    _tell(assess_run(run), as_json=as_json)


def _tell(assessment: Assessment, *, as_json: bool) -> None:
    from energyprof.report.summary import summary

    if as_json:
        print(json.dumps(summary(assessment)), flush=True)
        return
    from energyprof.cli.terminal import terminal
    from energyprof.report.terminal import terminal_text

    here = terminal()
    print(terminal_text(assessment, colour=here.colour, width=here.width), flush=True)
