"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energyprof.footprint.cost import Price
    from energyprof.footprint.embodied import Holding
    from energyprof.footprint.factor import Factor
    from energyprof.footprint.site import Site
    from energyprof.model.run import ProfileRecord
    from energyprof.model.session import SessionSite

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What was said of the site in one place; None = nothing."""

    grid: str | float | None = None
    pue: float | None = None
    wue_l_per_kwh: float | None = None
    hydro_l_per_kwh: float | None = None
    market_g_per_kwh: float | None = None
    factors: tuple[Factor, ...] = ()
    hardware: tuple[Holding, ...] = ()
    electricity_price: Price | None = None
    device_price: Price | None = None

    @classmethod
    def of(cls, options: argparse.Namespace) -> SiteOptions:
        """What a command line says.

        Raises:
            InvalidValue, UnknownName: a factor in it cannot be.
        """
        from energyprof.footprint.cost import given_device_price, given_electricity_price
        from energyprof.footprint.embodied import holding_from_text
        from energyprof.footprint.overrides import factor_from_text, factors_from_table, first_of

        single = [factor_from_text(text, COMMAND_LINE) for text in reversed(options.factor)]
        tables = [factors_from_table(path) for path in reversed(options.factors)]
        given = cls(
            options.grid,
            None,
            None,
            options.hydro,
            options.market,
            first_of(single, *tables),
            tuple(holding_from_text(text) for text in options.device),
            None if options.price is None else given_electricity_price(options.price),
            None if options.device_price is None else given_device_price(options.device_price),
        )
        return given.with_building(options.pue, options.wue, COMMAND_LINE)

    @classmethod
    def recorded(cls, record: ProfileRecord | SessionSite) -> SiteOptions:
        """What a record says. One without a grid said of its site only what is not as on a desk."""
        from energyprof.footprint.site_record import recorded_site

        site = recorded_site(record)

        def said(number: float, on_a_desk: float) -> float | None:
            return None if record.grid is None and number == on_a_desk else number

        return cls(
            record.grid,
            said(record.pue, 1.0),
            said(record.wue_l_per_kwh, 0.0),
            said(record.hydro_l_per_kwh, 0.0),
            record.market_g_per_kwh,
            site.factors,
            site.hardware,
            site.electricity_price,
            site.device_price,
        )

    def with_building(self, pue: float | str | None, wue: float | str | None, origin: str) -> SiteOptions:
        """The same with a building's PUE and WUE, each as a number or by a data centre's name.

        What a name stands for comes with its range, as a factor.

        Raises:
            UnknownName: no data centre of that name. InvalidValue: its WUE is not water consumed.
        """
        from energyprof.footprint.data_centre import pue_of, wue_of
        from energyprof.footprint.overrides import first_of

        named = []
        if isinstance(pue, str):
            named.append(pue_of(pue, origin))
            pue = named[-1].value
        if isinstance(wue, str):
            named.append(wue_of(wue, origin))
            wue = named[-1].value
        factors = first_of(self.factors, named)
        return replace(self, pue=pue, wue_l_per_kwh=wue, factors=factors)

    def said(self) -> dict[str, Any]:
        """What is said, by the name of its option."""
        named = {
            "grid": self.grid,
            "pue": self.pue,
            "wue": self.wue_l_per_kwh,
            "hydro": self.hydro_l_per_kwh,
            "market": self.market_g_per_kwh,
            "factors": self.factors or None,
            "device": self.hardware or None,
            "price": self.electricity_price,
            "device-price": self.device_price,
        }
        return {name: value for name, value in named.items() if value is not None}

    def before(self, other: SiteOptions) -> SiteOptions:
        """What is said here, and what is said there where nothing is said here; factors one by one."""
        from energyprof.footprint.overrides import first_of

        said = {"site.pue": self.pue, "site.wue": self.wue_l_per_kwh}
        theirs = [factor for factor in other.factors if said.get(factor.id) is None]
        return SiteOptions(
            other.grid if self.grid is None else self.grid,
            other.pue if self.pue is None else self.pue,
            other.wue_l_per_kwh if self.wue_l_per_kwh is None else self.wue_l_per_kwh,
            other.hydro_l_per_kwh if self.hydro_l_per_kwh is None else self.hydro_l_per_kwh,
            other.market_g_per_kwh if self.market_g_per_kwh is None else self.market_g_per_kwh,
            first_of(self.factors, theirs),
            self.hardware or other.hardware,
            self.electricity_price or other.electricity_price,
            self.device_price or other.device_price,
        )

    def site(self) -> Site:
        """The site, a machine on a desk in all that nothing is said of.

        Raises:
            UnknownName, InvalidValue: as of `Site`.
        """
        from energyprof.footprint.site import Site

        return Site(
            self.grid,
            1.0 if self.pue is None else self.pue,
            self.wue_l_per_kwh or 0.0,
            self.hydro_l_per_kwh or 0.0,
            self.factors,
            self.market_g_per_kwh,
            self.hardware,
            self.electricity_price,
            self.device_price,
        )


def add_site(parser: argparse.ArgumentParser) -> None:
    """Adds what is said of the site and its hardware: --grid, --pue, --factor, --device, --price and their like."""
    _add_hardware(parser)
    site = parser.add_argument_group("where the electricity comes from")
    origin = site.add_mutually_exclusive_group()
    origin.add_argument(
        "--grid",
        type=name_or_number,
        metavar="GRID",
        help='a country ("FRA"), a region ("US-CA", "aws:eu-west-3"), a mix ("coal=40,wind=60"), or a number of g CO2e '
        "per kWh",
    )
    origin.add_argument("--mix", dest="grid", metavar="MIX", help='a mix in percent, such as "coal=40,wind=60"')
    site.add_argument(
        "--pue",
        type=name_or_number,
        help='energy of the building over that of its computers, from 1.0; or a data centre: "aws", "unknown"',
    )
    site.add_argument(
        "--wue",
        type=name_or_number,
        metavar="L_PER_KWH",
        help='litres of water consumed on site per kWh; or a data centre: "google", "unknown"',
    )
    site.add_argument(
        "--hydro", type=float, metavar="L_PER_KWH", help="evaporation of hydropower's reservoirs: 0 (default) or 17"
    )
    site.add_argument(
        "--market", type=float, metavar="G_PER_KWH", help="intensity by the site's contracts, for a market-based figure"
    )
    site.add_argument(
        "--factor",
        action="append",
        default=[],
        metavar="ID=VALUE[:LOW:HIGH]",
        help="your number in place of a shipped one; may be repeated",
    )
    site.add_argument(
        "--factors",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.csv",
        help="a table of your own, in the format of the shipped ones",
    )


def _add_hardware(parser: argparse.ArgumentParser) -> None:
    held = parser.add_argument_group("what a task holds while it runs")
    held.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="NAME[=SHARE]",
        help='for embodied carbon: "h100-sxm", "laptop", "server=0.125" for an eighth of one, "300kg" where its '
        "kgCO2e are known; may be repeated",
    )
    held.add_argument("--price", metavar="PRICE", help='of a kWh with its currency, such as "0.25EUR"')
    held.add_argument("--device-price", metavar="PRICE", help='of an hour of the hardware, such as "2.10USD"')


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


def name_or_number(text: str) -> str | float:
    """A name, such as a grid's, or the number that the text is."""
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
