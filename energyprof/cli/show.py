"""Writes a run's page and prints its result: derived once, for the files and for stdout alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.footprint.site import Site
    from energyprof.model.run import Run


def show(run: Run, folder: Path, *, site: Site | None, as_json: bool) -> None:
    """Puts the derived files into `folder` and prints the summary, as one line of JSON or as a table.

    Args:
        site: where the energy is drawn; None = where the run's profile says.

    Raises:
        UnwritableOutput: a file cannot be written.
    """
    from energyprof.report.assessment import assess_run
    from energyprof.report.publish import publish_assessment
    from energyprof.report.summary import summary

    assessment = assess_run(run, site)
    publish_assessment(assessment, folder)
    if as_json:
        print(json.dumps(summary(assessment)), flush=True)
        return
    from rich.console import Console

    from energyprof.report.terminal import PIPED_WIDTH, terminal_text

    console = Console()
    colour = console.is_terminal and not console.no_color and not console.is_dumb_terminal
    width = console.width if console.is_terminal else PIPED_WIDTH
    print(f"{terminal_text(assessment, colour=colour, width=width)}\n{folder / 'index.html'}", flush=True)
