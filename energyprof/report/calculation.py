"""A calculated footprint in a terminal: each figure with its ranges, what to find out next, and every factor."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from energyprof.footprint.calculator import Calculation
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Uncertainty
from energyprof.footprint.impact import NOT_HELD
from energyprof.footprint.sci import NOT_MEASURED, STANDARD_FOR_AI
from energyprof.model.quantity import Quantity, significant
from energyprof.report import figures
from energyprof.report.console import console_text
from energyprof.report.text import shown

ALWAYS = ("co2e", "water_offsite", "water", "water_with_hydro")
"""What is shown even where it is not known; the others were not asked for."""

LEAST_SHARE = 0.01
"""Factors with less of the variance are not worth finding out next."""

MOST_SHARES = 3

SHARED_OUT = ("co2e", "co2e_total", "water")
"""The other figures are parts or scenarios of these, with the same factors."""

Line = tuple[str, Quantity, str | None, tuple[figures.Scale, ...]]
"""Heading, figure, name of its uncertainty, units."""


def calculation_text(calculation: Calculation, *, colour: bool, width: int) -> str:
    """The calculation as text.

    Args:
        width: columns of the terminal. colour: False gives text without any control sequence.
    """
    return console_text(_parts(calculation), colour=colour, width=width).rstrip("\n")


def _parts(calculation: Calculation) -> Iterable[Text | Table]:
    yield Text(_energy(calculation.energy_j), "bold")
    yield Text(calculation.footprint.boundary)
    yield Text("")
    yield _figures(calculation)
    yield from (Text(sentence) for sentence in _next(calculation))
    if calculation.sci_for_ai is not None:
        yield Text(f"{STANDARD_FOR_AI}: {NOT_MEASURED}")
    if calculation.over_grids:
        yield Text(
            "\nNo grid was given, and it is never guessed; set one with --grid. The same joules elsewhere:", "bold"
        )
        yield _grids(calculation)
    yield Text("\nFactors", "bold")
    yield _factors(calculation.factors)


def _energy(energy: Quantity) -> str:
    """As it was given: all digits that a person would write."""
    value = energy.value or 0.0
    parts = []
    for scales in (figures.JOULES, figures.WATT_HOURS):
        factor, unit = figures.fitting(value, scales)
        parts.append(f"{value / factor:.4g} {unit}")
    return f"{parts[0]} ({parts[1]})"


def _lines(calculation: Calculation) -> list[Line]:
    footprint = calculation.footprint
    return [
        ("CO2e, operational", footprint.co2e, "co2e", figures.GRAMS),
        ("CO2e, operational, market-based", footprint.co2e_market, None, figures.GRAMS),
        ("CO2e, embodied", footprint.co2e_embodied, "co2e_embodied", figures.GRAMS),
        ("CO2e, operational and embodied", footprint.co2e_total, "co2e_total", figures.GRAMS),
        _sci_line(calculation),
        (
            "cost of the electricity",
            footprint.electricity_cost,
            "electricity_cost",
            ((1.0, footprint.electricity_cost.unit),),
        ),
        ("cost of the devices", footprint.hire_cost, None, ((1.0, footprint.hire_cost.unit),)),
        ("water on-site", footprint.water_onsite, None, figures.LITRES),
        ("water off-site", footprint.water_offsite, "water_offsite", figures.LITRES),
        ("water", footprint.water, "water", figures.LITRES),
        ("water, with hydropower's reservoirs", footprint.water_with_hydro, "water_with_hydro", figures.LITRES),
    ]


def _sci_line(calculation: Calculation) -> Line:
    for_ai = calculation.sci_for_ai
    if for_ai is None:
        return "SCI per request", calculation.sci_g_per_request, "sci_per_request", figures.GRAMS
    return f"SCI for AI per {for_ai.unit.removeprefix('g/')}", for_ai, "sci_per_request", figures.GRAMS


def _figures(calculation: Calculation) -> Table:
    table = _table("", "central", "median (5-95 %)", "95 %", "worst case")
    for heading, quantity, name, scales in _lines(calculation):
        if quantity.value is None and not _shown_unknown(quantity, name, calculation):
            continue
        value = figures.figure(quantity, scales)
        if quantity.value is None:
            table.add_row(heading, "not known", _why(quantity))
            continue
        scale = figures.fitting(quantity.value, scales)
        table.add_row(heading, value.value, *_ranges(calculation.uncertainties.get(name or ""), scale))
    return table


def _shown_unknown(quantity: Quantity, name: str | None, calculation: Calculation) -> bool:
    """Whether a figure that is not known is shown with its reason.

    SCI for AI is wherever its system was named, and what only lacks a time wherever its hardware or price was given.
    """
    if name == "sci_per_request":
        return calculation.system is not None
    if quantity.reason == NOT_HELD and name != "co2e_total":
        return True
    return name in ALWAYS and not calculation.over_grids


def _why(quantity: Quantity) -> str:
    return f"{NOT_HELD}; give it with --seconds" if quantity.reason == NOT_HELD else quantity.reason or ""


def _ranges(found: Uncertainty | None, scale: figures.Scale) -> tuple[str, str, str]:
    if found is None:
        return "exact", "", ""

    def text(*values: float) -> str:
        return "-".join(significant(value / scale[0], 2) for value in values)

    median = f"{text(found.median)} ({text(found.p5, found.p95)}) {scale[1]}"
    return median, text(found.low, found.high), text(found.worst_low, found.worst_high)


def _next(calculation: Calculation) -> Iterable[str]:
    for heading, _, name, _ in _lines(calculation):
        found = calculation.uncertainties.get(name or "")
        shares = [share for share in found.shares if share.fraction >= LEAST_SHARE] if found else []
        if shares and name in SHARED_OUT:
            parts = ", ".join(f"{share.factor.id} {100 * share.fraction:.0f} %" for share in shares[:MOST_SHARES])
            yield f"To narrow {heading} find out: {parts} of its variance"


def _grids(calculation: Calculation) -> Table:
    table = _table("grid", "CO2e", "water", "with hydro")
    for name, footprint in calculation.over_grids:
        co2e, water, hydro = (
            str(figures.figure(quantity, scales))
            for quantity, scales in (
                (footprint.co2e, figures.GRAMS),
                (footprint.water, figures.LITRES),
                (footprint.water_with_hydro, figures.LITRES),
            )
        )
        table.add_row(name, co2e, water, hydro)
    return table


def _factors(factors: Iterable[Factor]) -> Table:
    table = _table("id", "value", "range", "unit", "year", "source")
    above = None
    for factor in factors:
        low, high = (significant(end, 3) for end in (factor.low, factor.high))
        span = "exact" if factor.low == factor.high else f"{low}-{high}"
        year = "" if factor.year is None else str(factor.year)
        source = "as above" if factor.source == above else shown(factor.source)
        table.add_row(factor.id, significant(factor.value, 3), span, factor.unit, year, source)
        above = factor.source
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading not in ("source", "median (5-95 %)"))
    return table
