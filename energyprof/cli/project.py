"""`energyprof project`: a measured run, asked for more requests over years."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project
from energyprof.cli.records import load_run

if TYPE_CHECKING:
    from energyprof.footprint.demand import Demand
    from energyprof.footprint.site import Site
    from energyprof.model.run import Run

EXAMPLES = """\
  energyprof project reports/digits --requests-per-day 1e6 --grid FRA
  energyprof project reports/digits --requests-per-day 5000 --device laptop --price 0.25EUR
  energyprof project reports/llm --requests-per-day 1e9 --years 3 --growth 0.5 --grid US-VA --pue 1.15 \\
      --device h100-sxm --device server=0.125"""

DESCRIPTION = """\
What a fleet of the measured machine would need for so many requests a day: devices, electricity with idle capacity,
peak power, CO2e, water, embodied carbon and cost, each variant beside the baseline. Ranges hold 95 % of 10,000 draws;
what the variants share is drawn once, so that their ratios are tighter than their figures. It says where it stops being
valid. Nothing is measured, and what is not known is not counted as 0."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "project", summary="scale a run up to a fleet over years", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder of a run, or its run.json")
    parser.add_argument("--requests-per-day", type=float, required=True, metavar="N", help="mean of the first year")
    parser.add_argument(
        "--utilisation", type=float, metavar="U", help="busy part of a device's time at mean load; default: 0.5"
    )
    parser.add_argument("--years", type=int, default=1, metavar="Y", help="how many years; default: 1")
    parser.add_argument(
        "--growth", type=float, default=0.0, metavar="G", help="of demand a year, 0.2 = a fifth more; default: 0"
    )
    parser.add_argument(
        "--peak-to-mean",
        type=float,
        metavar="P",
        help="highest load over mean load; default: what the utilisation leaves room for, 1 / U",
    )
    shared.add_site(parser)
    shared.add_json(parser, "the projection")
    parser.set_defaults(command=project)


def project(options: argparse.Namespace) -> int:
    """Prints the projection."""
    demand = _demand(options)
    run = load_run(options.run)
    site = _site(options, run)
    from energyprof.analysis.compare import compare
    from energyprof.footprint.projection import project as projected
    from energyprof.report.projection import projection_json, projection_text

    found = projected(compare(run), demand, site)
    print(json.dumps(projection_json(found)) if options.json else projection_text(found), flush=True)
    return 0


def _demand(options: argparse.Namespace) -> Demand:
    from energyprof.footprint.demand import DEFAULT_UTILISATION, Demand

    utilisation = DEFAULT_UTILISATION if options.utilisation is None else options.utilisation
    return Demand(options.requests_per_day, utilisation, options.years, options.growth, options.peak_to_mean)


def _site(options: argparse.Namespace, run: Run) -> Site:
    """The command line goes before the record, and the record before [tool.energyprof]; GPUs are those of the run."""
    from energyprof.footprint.embodied import detected

    said = shared.SiteOptions.of(options).before(shared.SiteOptions.recorded(run.profile))
    site = with_project(said).site()
    return site if site.hardware else replace(site, hardware=detected(run.host.gpus))
