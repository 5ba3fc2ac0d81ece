"""`energyprof footprint`: CO2e and water of an energy from elsewhere, with every factor and range."""

from __future__ import annotations

import argparse
import json

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project

EXAMPLES = """\
  energyprof footprint 0.24Wh --grid USA --pue 1.09 --wue 1.15
  energyprof footprint 1.2kWh --grid FRA --hydro 17         the reservoirs' evaporation in the headline
  energyprof footprint 5kWh --grid IND --device h100-sxm --device server=0.125 --seconds 14400 --requests 20000
  energyprof footprint 864J                                 over a named set of grids
  energyprof footprint 864J --grid SWE --json | jq .co2e_g"""

DESCRIPTION = """\
From joules to CO2e and water by the same code as every report: no sensor is read and nothing is measured. ENERGY is
what the computers drew, with its unit; PUE is applied to it. Without a grid the figures are given over a named set."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands,
        "footprint",
        summary="CO2e and water of an energy from elsewhere",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("energy", metavar="ENERGY", help="such as 864J, 0.24Wh or 1.2kWh")
    shared.add_site(parser)
    parser.add_argument("--seconds", type=float, metavar="S", help="for how long the devices were held, idle included")
    parser.add_argument("--requests", type=float, metavar="N", help="how many requests the energy served, for SCI")
    parser.add_argument(
        "--system",
        metavar="KIND",
        help='for SCI for AI: "LLM", "image generation", "agent", "classical", ...; --requests then counts its units',
    )
    shared.add_json(parser, "the calculation")
    parser.set_defaults(command=footprint)


def footprint(options: argparse.Namespace) -> int:
    """Prints the calculation."""
    from energyprof.footprint.calculator import calculate, joules

    site = with_project(shared.SiteOptions.of(options)).site()
    calculation = calculate(
        joules(options.energy), site, held_s=options.seconds, requests=options.requests, system=options.system
    )
    if options.json:
        print(json.dumps(calculation.to_json()))
    else:
        from energyprof.cli.terminal import terminal
        from energyprof.report.calculation import calculation_text

        here = terminal()
        print(calculation_text(calculation, colour=here.colour, width=here.width))
    return 0
