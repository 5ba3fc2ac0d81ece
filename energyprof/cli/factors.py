"""`energyprof factors`: every number from outside that a footprint rests on, and where it comes from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project
from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest

if TYPE_CHECKING:
    from energyprof.footprint.factor import Factor
    from energyprof.footprint.grid import Grid
    from energyprof.footprint.site import Site

YOURS = " *"
EXAMPLES = """\
  energyprof factors                          all of them, and what they are for
  energyprof factors water.coal.tower         one: range, source, year, licence
  energyprof factors water                    all whose name begins so
  energyprof factors FRA                      a grid: carbon intensity, mix, water
  energyprof factors coal=40,wind=60          a mix in percent
  energyprof factors --grid FRA --pue aws --factor water.nuclear.tower=2.3 --json"""

DESCRIPTION = """\
Lists the factors that CO2e and water rest on: value, range, unit, source, year. With a NAME, everything that is known
of one factor, of all whose name begins so, or of a grid. With --grid and the other options of a site, and no NAME, the
factors in force there; * marks those that you gave."""


@dataclass(frozen=True, slots=True)
class Section:
    """Factors below one heading.

    Attributes:
        lines: sentences that stand before them.
    """

    title: str
    factors: tuple[Factor, ...]
    lines: tuple[str, ...] = ()


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "factors", summary="list and explain the factors", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="a factor, the beginning of its name, or a grid")
    shared.add_site(parser)
    shared.add_json(parser, "them")
    parser.set_defaults(command=factors)


def factors(options: argparse.Namespace) -> int:
    """Prints the factors."""
    said = with_project(shared.SiteOptions.of(options))
    site = said.site()
    given = {factor.id: factor for factor in site.factors}
    if options.name is not None:
        found = _named(options.name.strip())
    else:
        found = [_in_force(site)] if said.said() else _tables()
    sections = [_with_given(section, given) for section in found]
    if options.json:
        print(json.dumps(_document(sections), indent=2))
    else:
        print("\n".join(_texts(sections, detailed=options.name is not None)))
    return 0


def _tables() -> list[Section]:
    from energyprof.footprint.catalogue import BUILDING, FACTOR_TABLES
    from energyprof.footprint.cloud import cloud_regions
    from energyprof.footprint.device import devices
    from energyprof.footprint.factor import shipped_factors
    from energyprof.footprint.grid import names

    tables = [Section(title, tuple(shipped_factors(file).values())) for title, file in FACTOR_TABLES]
    grids = (
        f"{len(names())} countries, states and provinces, and {len(cloud_regions())} cloud regions: "
        "`energyprof factors FRA` explains one, `energyprof factors grid` lists the intensities of all.",
    )
    tables.append(Section("Embodied carbon of devices", tuple(device.embodied for device in devices().values())))
    return [*tables, Section("Building, where none is given", BUILDING), Section("Grids", (), grids)]


def _in_force(site: Site) -> Section:
    """What a footprint at the site rests on."""
    from energyprof.footprint.assess import assess
    from energyprof.model.quantity import unknown

    footprint = assess(unknown("J", "only the factors are asked for"), site)
    used = {factor.id for factor in footprint.factors}
    others = [factor for factor in site.factors if factor.id not in used]
    return Section("In force at this site", (*footprint.factors, *others), (footprint.boundary,))


def _with_given(section: Section, given: Mapping[str, Factor]) -> Section:
    return Section(section.title, tuple(given.get(factor.id, factor) for factor in section.factors), section.lines)


def _named(name: str) -> list[Section]:
    """What is known under a name.

    Raises:
        UnknownName: nothing is; the nearest names are in the message.
    """
    from energyprof.footprint.catalogue import GRID, factor_named, named_factors
    from energyprof.footprint.grid import find, names

    if name in named_factors() or name.startswith(GRID):
        return [Section(name, (factor_named(name),))]
    if name == GRID.removesuffix("."):
        return [Section("Carbon intensity of grids", tuple(find(code).intensity for code in names()))]
    begun = tuple(factor for id, factor in named_factors().items() if id.startswith(name) and name)
    if begun:
        return [Section(name, begun)]
    try:
        return [_grid_section(find(name))]
    except UnknownName as error:
        near = nearest(name[:60], named_factors(), most=3)
        if not near:
            raise
        message = f"There is neither a factor nor a grid named {name[:40]!r}. Did you mean {either(near)}?"
        raise UnknownName(message) from error


def _grid_section(grid: Grid) -> Section:
    from energyprof.footprint.water import hydro_factor, water_intensity, withdrawal_intensity

    lines = [f"carbon intensity counts: {grid.accounting}"]
    if grid.mix is None:
        return Section(f"{grid.name}: {grid.label}", (grid.intensity,), (*lines, "mix not known, and so no water"))
    shares = ", ".join(f"{source} {100 * share:.3g} %" for source, share in grid.mix.shares if share)
    year = "" if grid.mix.year is None else f" ({grid.mix.year}, {grid.mix.source})"
    lines.append(f"mix{year}: {shares}{'' if grid.mix_note is None else f'; {grid.mix_note}'}")
    lines.append(f"plants cooled as in {grid.mix.cooling_region}")
    terms = tuple(factor for _, factor in grid.terms)
    water = (water_intensity(grid.mix).factor(), hydro_factor(), withdrawal_intensity(grid.mix).factor())
    return Section(f"{grid.name}: {grid.label}", (grid.intensity, *terms, *water), tuple(lines))


def _document(sections: Iterable[Section]) -> dict[str, Any]:
    return {
        "sections": [
            {
                "title": section.title,
                "lines": list(section.lines),
                "factors": [_factor_json(factor) for factor in section.factors],
            }
            for section in sections
        ]
    }


def _factor_json(factor: Factor) -> dict[str, Any]:
    from energyprof.footprint.catalogue import use_of

    return asdict(factor) | {"used_for": use_of(factor.id), "given": factor.by_user}


def _texts(sections: Sequence[Section], *, detailed: bool) -> list[str]:
    lines = []
    for section in sections:
        lines += ["", section.title, *(f"  {line}" for line in section.lines)]
        if detailed and len(section.factors) <= MOST_IN_DETAIL:
            lines += [line for factor in section.factors for line in _explained(factor)]
        else:
            lines += _listed(section.factors)
    if any(factor.by_user for section in sections for factor in section.factors):
        lines += ["", "* given by you"]
    return lines[1:]


MOST_IN_DETAIL = 8


def _listed(factors: Sequence[Factor]) -> list[str]:
    """One line each, in columns."""
    cells = [(f"{factor.id}{_mark(factor)}", _value(factor), _origin(factor)) for factor in factors]
    widths = [max((len(row[column]) for row in cells), default=0) for column in (0, 1)]
    return [f"  {id:<{widths[0]}}  {value:<{widths[1]}}  {origin}".rstrip() for id, value, origin in cells]


def _explained(factor: Factor) -> list[str]:
    from energyprof.footprint.catalogue import use_of

    named = {
        "value": _value(factor),
        "range": RANGES[factor.distribution],
        "source": factor.source,
        "year": factor.year,
        "url": factor.url,
        "licence": factor.licence,
        "note": factor.note,
        "used for": use_of(factor.id),
    }
    known = [f"    {word:<9} {value}" for word, value in named.items() if value is not None]
    return [f"  {factor.id}{_mark(factor)}", *known]


RANGES = {
    "exact": "none: one number",
    "normal": "95 % interval of a normal distribution, wider on one side",
    "lognormal": "95 % interval of a lognormal distribution, wider on one side",
    "triangular": "lowest and highest; triangular, the value being the most likely",
    "composite": "95 % interval of what it is worked out from",
}


def _mark(factor: Factor) -> str:
    return YOURS if factor.by_user else ""


def _value(factor: Factor) -> str:
    ends = "" if factor.low == factor.high else f" ({factor.low:.4g}-{factor.high:.4g})"
    return f"{factor.value:.4g}{ends} {factor.unit}"


def _origin(factor: Factor) -> str:
    year = "" if factor.year is None else f", {factor.year}"
    return f"{factor.source}{year}"
