"""The shipped tables as a page for people: every factor with its range, source, year and licence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from energyprof.footprint import codecarbon_files
from energyprof.footprint.catalogue import FACTOR_TABLES
from energyprof.footprint.cloud import CLOUD_REGIONS, cloud_rows
from energyprof.footprint.device import DEVICES, devices
from energyprof.footprint.factor import Factor, shipped_factors
from energyprof.footprint.mix import SOURCES, country_mixes
from energyprof.footprint.table import shipped_text
from energyprof.footprint.water import COOLING, COOLING_SHARES, cooling_rows

INTRODUCTION = """\
# Factors

Every number from outside that energyprof ships, with its range and where it comes from. This page is generated from
the tables in `energyprof/data/` by `energyprof.footprint.document.factors_markdown()`; a test holds the two together.
How the factors are used, and what was left out and why, stands in [footprint.md](footprint.md).

`energyprof factors NAME` explains each one, and a user may put a number of their own in its place: see
[footprint.md](footprint.md#factors-of-your-own).
"""

CPU_POWER = "cpu_vcpu_power.csv"

READ_FROM_CODECARBON = (
    (
        codecarbon_files.COUNTRIES,
        "countries, `grid.FRA`",
        "lifecycle",
        "Ember, processed by Our World in Data",
        "of each row, 2021-2023 for most",
        "CC BY 4.0; file MIT",
    ),
    (codecarbon_files.US_STATES, "US states, `grid.US-CA`", "direct", "EPA eGRID", "2023", "US Government; file MIT"),
    (
        codecarbon_files.CANADIAN_PROVINCES,
        "mixes of Canadian provinces, times `ghg.*`, `grid.CA-ON`",
        "lifecycle; mixed where oil is 1 % or more",
        "provincial mix, as in the file",
        "2023",
        "MIT",
    ),
    (
        codecarbon_files.CHINESE_PROVINCES,
        "Chinese provinces, `grid.CN-BJ`",
        "CO2 only",
        "Ministry of Ecology and Environment and National Bureau of Statistics of China",
        "of each row",
        "official publication; file MIT",
    ),
)
"""(file, what it gives, what its intensity counts, source, year, licence)."""


def factors_markdown() -> str:
    """The page `docs/factors.md`."""
    parts = [INTRODUCTION]
    parts += [_section(title, file, _factor_table(shipped_factors(file).values())) for title, file in FACTOR_TABLES]
    parts.append(_section("Embodied carbon of devices", DEVICES, _device_table()))
    parts.append(_section("Cooling systems of thermal plants, by region", COOLING_SHARES, _cooling_table()))
    parts.append(_section("Regions of cloud providers, and the grid each is on", CLOUD_REGIONS, _cloud_table()))
    parts.append(_section("Electricity mixes, % of generation", "country_mixes.csv", _mix_table()))
    parts.append(_section("Power of a virtual CPU, where no sensor meters it", CPU_POWER, _cpu_table()))
    parts.append(_codecarbon_section())
    return "\n".join(parts)


def _codecarbon_section() -> str:
    head = ("file", "what it gives", "intensity counts", "source", "year", "licence")
    introduction = (
        "Carbon intensities of countries, US states and provinces are not shipped: they are read from the data files\n"
        "of the installed [codecarbon](https://github.com/mlco2/codecarbon) package, and each result names its\n"
        "version, the file's source and year. Their range is `range.grid`, or `range.grid_clean` below 100 g/kWh.\n"
        "`energyprof factors grid` lists them all."
    )
    return f"## Read from codecarbon\n\n{introduction}\n\n{_table(head, READ_FROM_CODECARBON)}"


def _section(title: str, file: str, table: str) -> str:
    return f"## {title}\n\n`energyprof/data/{file}`\n\n{table}"


def _factor_table(factors: Iterable[Factor]) -> str:
    head = ("id", "low", "value", "high", "unit", "distribution", "source", "year", "licence", "note")
    return _table(head, [_factor_cells(factor) for factor in factors])


def _factor_cells(factor: Factor) -> list[str]:
    numbers = [f"{number:.4g}" for number in (factor.low, factor.value, factor.high)]
    origin = [_link(factor.source, factor.url), str(factor.year), factor.licence or ""]
    return [factor.id, *numbers, factor.unit, factor.distribution, *origin, factor.note or ""]


def _device_table() -> str:
    head = ("id", "device", "reported as", "low", "value", "high", "unit", "distribution", "counts", "life", "use")
    rows = []
    for device in devices().values():
        id, *numbers_to_distribution, source, year, licence, note = _factor_cells(device.embodied)
        amortised = [device.boundary, device.lifetime.id, device.active.id]
        origin = [source, year, licence, note]
        rows.append([id, device.label, ", ".join(device.aliases), *numbers_to_distribution, *amortised, *origin])
    return _table((*head, "source", "year", "licence", "note"), rows)


def _cooling_table() -> str:
    rows = []
    for row in cooling_rows():
        shares = [f"{row.number(cooling):.3f}" for cooling in COOLING]
        origin = [_link(row.text("source"), row.url()), str(row.year()), row.text("licence")]
        rows.append([row.text("region"), row.text("plant"), *shares, *origin])
    return _table(("region", "plant", *COOLING, "source", "year", "licence"), rows)


def _cloud_table() -> str:
    rows = []
    for row in cloud_rows():
        origin = [
            _link(row.text("source"), row.url()),
            str(row.year()),
            row.text("licence"),
            row.optional("note") or "",
        ]
        rows.append([row.text(column) for column in ("provider", "region", "place", "grid")] + origin)
    return _table(("provider", "region", "place", "grid", "source", "year", "licence", "note"), rows)


def _mix_table() -> str:
    rows = []
    for mix in country_mixes().values():
        shares = [f"{100 * mix.share(source):.1f}" for source in SOURCES]
        origin = [_link(mix.source, mix.url), str(mix.year), mix.licence or ""]
        rows.append([mix.name, mix.label, mix.cooling_region, *shares, *origin])
    return _table(("id", "country", "cooling region", *SOURCES, "source", "year", "licence"), rows)


def _cpu_table() -> str:
    """The one table that measuring rests on, not footprints; it says how many watts where no meter does."""
    columns = ("microarchitecture", "cpus", "idle_w_per_vcpu", "full_w_per_vcpu")
    rows = []
    for row in csv.DictReader(io.StringIO(shipped_text(CPU_POWER))):
        rows.append(
            [row[column] for column in columns] + [_link(row["source"], row["url"]), row["year"], row["licence"]]
        )
    return _table((*columns, "source", "year", "licence"), rows)


def _link(text: str, url: str | None) -> str:
    return f"[{text}]({url})" if url else text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
