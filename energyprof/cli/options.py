"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.footprint.site import Site
    from energyprof.model.run import ProfileRecord
    from energyprof.model.session import SessionSite

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What was given of the site; None = not given."""

    grid: str | float | None
    pue: float | None
    wue_l_per_kwh: float | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> SiteOptions:
        """The site options of a command line."""
        return cls(options.grid, options.pue, options.wue)

    def over(self, profile: ProfileRecord | SessionSite) -> Site:
        """The site of a run or a profiler, with what was given in place of what was recorded."""
        from energyprof.footprint.site import Site

        return Site(
            profile.grid if self.grid is None else self.grid,
            profile.pue if self.pue is None else self.pue,
            profile.wue_l_per_kwh if self.wue_l_per_kwh is None else self.wue_l_per_kwh,
        )

    def alone(self) -> Site:
        """The site where no profile says anything."""
        from energyprof.footprint.site import Site

        return Site(self.grid, 1.0 if self.pue is None else self.pue, self.wue_l_per_kwh or 0.0)


def add_site(parser: argparse.ArgumentParser) -> None:
    """Adds --grid, --pue and --wue."""
    site = parser.add_argument_group("where the electricity comes from")
    site.add_argument(
        "--grid", type=grid, metavar="GRID", help='a country ("FRA"), a region ("US-CA"), or a number of g CO2e per kWh'
    )
    site.add_argument("--pue", type=float, help="energy of the building over that of its computers, from 1.0")
    site.add_argument("--wue", type=float, metavar="L_PER_KWH", help="litres of water used on site per kWh")


def add_live(parser: argparse.ArgumentParser) -> None:
    """Adds --live."""
    parser.add_argument(
        "--live",
        metavar="SERVICE[:ZONE]",
        help='ask a service for the carbon intensity of now, such as "electricity-maps:FR" or "neso"; default: none',
    )


def add_sensors(parser: argparse.ArgumentParser) -> None:
    """Adds --sensors."""
    parser.add_argument(
        "--sensors",
        type=_names,
        metavar="NAMES",
        help='such as "nvml,rapl,plug"; default: all that can be used',
    )


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError('it names no sensor; leave it out, or name some, such as "nvml,rapl"')
    return names


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON on stdout")


def grid(text: str) -> str | float:
    """A grid's name, or its carbon intensity where the text is a number."""
    try:
        return float(text)
    except ValueError:
        return text


def command(commands: Commands, name: str, *, summary: str, description: str, examples: str) -> argparse.ArgumentParser:
    """A parser for one command, with examples below its help."""
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
