"""`energyprof report`: renders a recorded run again, without measuring."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project
from energyprof.cli.records import is_session, load_run, load_session
from energyprof.cli.show import show, show_session
from energyprof.model.errors import InvalidValue
from energyprof.model.session import Session

if TYPE_CHECKING:
    from energyprof.footprint.site import Site
    from energyprof.model.run import ProfileRecord, Run
    from energyprof.model.session import SessionSite

EXAMPLES = """\
  energyprof report reports/digits
  energyprof report reports/digits --grid POL --pue 1.4     the same joules elsewhere
  energyprof report reports/*/run.json --out public         all pages and an overview in public/
  energyprof report reports/digits --json | jq .verdict
  energyprof report record                                  what Profiler(out="record") wrote, or left when killed"""

DESCRIPTION = """\
Derives summary.json, summary.md, summary.csv and index.html from run.json alone. A run that was cut off is rendered
with what it had measured. Everything but run.json is written anew.

The record of a Profiler (profiler.json) gives index.html, profiler.md and profiler.csv: one row a function. Where its
process was killed, they are made from what it had written and the sampler had read until then."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "report", summary="render recorded runs again", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="a folder of a run or of a profiler, its run.json or profiler.json, or the .journal of a killed profiler",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write to DIR/NAME, and the overview of runs to DIR/index.html; default: beside each record",
    )
    shared.add_site(parser)
    shared.add_json(parser, "the summary of each run, one a line,")
    parser.set_defaults(command=report)


def report(options: argparse.Namespace) -> int:
    """Renders every run; all are read before the first is written."""
    runs = [load_session(path) if is_session(path) else load_run(path) for path in options.runs]
    folders = [_folder(run, path, options.out) for path, run in zip(options.runs, runs, strict=True)]
    _require_apart(options.runs, folders)
    for run, folder in zip(runs, folders, strict=True):
        if isinstance(run, Session):
            site = _site(run.site, options)
            show_session(run, folder, site=site, as_json=options.json)
        else:
            _render(run, folder, options)
    return 0


def _site(record: ProfileRecord | SessionSite, options: argparse.Namespace) -> Site:
    """The command line goes before the record, and the record before [tool.energyprof]."""
    said = shared.SiteOptions.of(options).before(shared.SiteOptions.recorded(record))
    return with_project(said).site()


def _folder(run: Run | Session, path: Path, out: Path | None) -> Path:
    """Where a run's page goes."""
    from energyprof.profiler.journal import SUFFIX

    beside = path if path.is_dir() else path.parent
    if out is None:
        return beside
    if not isinstance(run, Session):
        return out / run.profile.name
    named = path.stem if path.suffix == SUFFIX else beside.resolve().name
    return out / (named or "profiler")


def _require_apart(paths: list[Path], folders: list[Path]) -> None:
    """Two runs into one folder would leave the page of the second alone."""
    taken: dict[Path, Path] = {}
    for path, folder in zip(paths, folders, strict=True):
        other = taken.setdefault(folder.resolve(), path)
        if other.resolve() != path.resolve():
            raise InvalidValue(
                f"The pages of {other} and {path} would both go to {folder}, so none was written. Render them one at a "
                "time, each with an --out of its own."
            )


def _render(run: Run, folder: Path, options: argparse.Namespace) -> None:
    from energyprof.report.overview import publish_overview

    site = _site(run.profile, options)
    show(run, folder, site=site, as_json=options.json)
    if options.out is not None or (folder.parent / "index.html").exists():
        publish_overview(folder.parent)
