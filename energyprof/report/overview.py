"""reports/index.html: every profile that was measured, with its verdict and a link to its page."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from energyprof.report import summary
from energyprof.report.headline import STATUS, Badge, badge
from energyprof.report.page import moment, render
from energyprof.report.publish import write
from energyprof.report.text import shown


@dataclass(frozen=True, slots=True)
class Entry:
    """One profile on the overview, all of it fit to be shown."""

    name: str
    title: str
    link: str
    created: str
    badge: Badge
    energy: str
    quality: str
    variants: str
    warnings: str
    quick: bool
    complete: bool


def publish_overview(reports: Path) -> None:
    """Writes index.html from every `*/summary.json` in `reports`; a damaged one is named on the page.

    Raises:
        UnwritableOutput: the folder cannot be written.
    """
    write(reports / "index.html", overview_html(reports))


def overview_html(reports: Path) -> str:
    """The overview as text, profiles in the order of their names."""
    entries, damaged = [], []
    for path in sorted(reports.glob("*/summary.json")):
        try:
            entries.append(_entry(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            damaged.append(
                f"{shown(path.parent.name)}/summary.json cannot be read ({_cause(error)}), so its result is missing "
                f"here. Make it again with {_command(path.parent)}."
            )
    return render("overview.html.j2", entries=entries, damaged=damaged)


def _entry(path: Path) -> Entry:
    """
    Raises:
        OSError: the file cannot be read.
        ValueError, KeyError, TypeError, AttributeError: it is not the summary of a profile.
    """
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document["schema"] != summary.SCHEMA:
        raise ValueError(f"schema {document['schema']!r}, not {summary.SCHEMA}")
    verdict, warnings, variants = document["verdict"], len(document["warnings"]), len(document["variants"])
    status = verdict["status"]
    if status not in STATUS:
        raise ValueError("the verdict is none that is known")
    return Entry(
        name=shown(document["profile"]),
        title=shown(document["title"]),
        link=f"{quote(path.parent.name)}/index.html",
        created=moment(document["created"]),
        badge=badge(status, verdict["saves"]),
        energy=shown(verdict["energy_claim"]),
        quality=shown(verdict["quality_claim"]),
        variants=f"{variants} {'variant' if variants == 1 else 'variants'}",
        warnings=f"{warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else "",
        quick=bool(document["quick"]),
        complete=bool(document["complete"]),
    )


def _command(folder: Path) -> str:
    """What makes a profile's files again, from where energyprof was called.

    A folder that was given from the root on may lie in someone's home: of it the page tells only the last two names.
    """
    near = Path(*folder.parts[-2:]) if folder.is_absolute() else folder
    return shlex.join(["energyprof", "report", shown(str(near))])


def _cause(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "it cannot be opened"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg} at line {error.lineno}"
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}"
    return shown(str(error))
