"""Writes the derived files of a run or of a profiler's record, each of them whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from energyprof.model.errors import UnwritableOutput
from energyprof.report.assessment import Assessment
from energyprof.report.markdown import markdown
from energyprof.report.page import page_html
from energyprof.report.session import SessionReport
from energyprof.report.session_page import session_html
from energyprof.report.session_tables import session_csv, session_markdown
from energyprof.report.spreadsheet import spreadsheet
from energyprof.report.summary import summary

_PERMISSIONS = 0o644


def publish_assessment(assessment: Assessment, folder: Path) -> None:
    """Writes summary.json, summary.md, summary.csv and index.html into `folder`, which is made if it is missing.

    Raises:
        UnwritableOutput: the folder cannot be made or a file cannot be written; files already there stay whole.
    """
    # All four are derived before the first is written: an error leaves the folder as it was.
    files = {
        "summary.json": json.dumps(summary(assessment), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        "summary.md": markdown(assessment),
        "summary.csv": spreadsheet(assessment),
        "index.html": page_html(assessment),
    }
    for name, text in files.items():
        write(folder / name, text)


def publish_session(report: SessionReport, folder: Path) -> None:
    """Writes index.html, profiler.md and profiler.csv into `folder`, which is made if it is missing.

    Raises:
        UnwritableOutput: the folder cannot be made or a file cannot be written; files already there stay whole.
    """
    files = {
        "profiler.md": session_markdown(report),
        "profiler.csv": session_csv(report),
        "index.html": session_html(report),
    }
    for name, text in files.items():
        write(folder / name, text)


def write(path: Path, text: str) -> None:
    """Puts a text in the place of a file in one step, so that a reader sees the old or the new one.

    Raises:
        UnwritableOutput: names the file and the cause.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            os.chmod(temporary, _PERMISSIONS)
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnwritableOutput(
            f"{path} could not be written ({error.strerror}), so this result is not on disk. "
            "Free or open that place, or choose another with --out."
        ) from error
