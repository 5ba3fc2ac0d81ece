"""A projection as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from rich.table import Table
from rich.text import Text

from energyprof.footprint.formula import VarianceShare
from energyprof.footprint.projection import Figures, Projection, Ratios, VariantProjection
from energyprof.footprint.supply import pue_factor, wue_factor
from energyprof.model.quantity import Quantity
from energyprof.report import figures
from energyprof.report.console import PIPED_WIDTH, console_text
from energyprof.report.headline import STATUS
from energyprof.report.text import listed, plural, shown, unit_noun

SCHEMA = 1

KILOWATT_HOURS: tuple[figures.Scale, ...] = ((1e-3, "Wh"), (1.0, "kWh"), (1e3, "MWh"), (1e6, "GWh"), (1e9, "TWh"))
KILOWATTS: tuple[figures.Scale, ...] = ((1e-3, "W"), (1.0, "kW"), (1e3, "MW"), (1e6, "GW"))
KILOGRAMS: tuple[figures.Scale, ...] = ((1e-6, "mg"), (1e-3, "g"), (1.0, "kg"), (1e3, "t"), (1e6, "kt"), (1e9, "Mt"))
LITRES: tuple[figures.Scale, ...] = ((1e-3, "mL"), (1.0, "L"), (1e3, "m³"))

NOT_MODELLED = "not modelled"
DEVICES, ELECTRICITY, OPERATION, BOTH = "devices, busiest year", "electricity", "CO₂e, operation", "CO₂e, both"
ALIKE = 0.005
"""Two ratios nearer than this to 1 read 1.00."""

LEAST_SHARE = 0.01
"""Of a variance; a factor with less is not worth knowing better."""


def projection_text(projection: Projection) -> str:
    """The result for a terminal, without colour."""
    text = console_text(_parts(projection), colour=False, width=PIPED_WIDTH)
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


def _parts(projection: Projection) -> Iterator[Text | Table]:
    yield from (Text(sentence) for sentence in _heading(projection))
    for variant in projection.variants:
        if variant.total is not None:
            yield Text("")
            yield _variant_table(variant, projection)
    for variant in projection.variants:
        if variant.reason is not None:
            yield Text(f"\n{shown(variant.result.record.name)}: not projected: {shown(variant.reason)}")
    yield Text("")
    yield from (Text(sentence) for sentence in _closing(projection))


def projection_json(projection: Projection) -> dict[str, Any]:
    """The result for programs; each quantity as in summary.json, its interval holding 95 % of the draws."""
    demand, site = projection.demand, projection.site
    return {
        "schema": SCHEMA,
        "profile": projection.comparison.run.profile.name,
        "unit": projection.comparison.run.profile.unit,
        "baseline": projection.comparison.baseline,
        "assumed": {
            "requests_per_day": demand.requests_per_day,
            "utilisation": demand.utilisation,
            "years": demand.years,
            "growth": demand.growth,
            "peak_to_mean": demand.peak,
            "grid": site.grid,
            "pue": pue_factor(site).value,
            "wue_l_per_kwh": wue_factor(site).value,
            "hardware": [{"name": each.device.name, "share": each.share} for each in site.hardware],
            "currency": projection.currency,
        },
        "boundary": projection.boundary,
        "limits": projection.limits,
        "variants": [_variant_json(variant) for variant in projection.variants],
        "factors": [asdict(each) for each in projection.factors],
    }


def _variant_json(variant: VariantProjection) -> dict[str, Any]:
    quality = variant.result.quality
    return {
        "name": variant.result.record.name,
        "verdict": None if variant.result.versus is None else variant.result.versus.verdict,
        "quality": None if quality is None else {"metric": quality.metric, "value": quality.value},
        "reason": variant.reason,
        "years": [{"year": year, **_figures_json(yearly)} for year, yearly in enumerate(variant.years, start=1)],
        "total": None if variant.total is None else _figures_json(variant.total),
        "vs_baseline": None if variant.versus is None else _ratios_json(variant.versus),
        "range_from": [{"factor": each.factor.id, "fraction": each.fraction} for each in variant.shares],
        "limits": variant.limits,
    }


def _figures_json(found: Figures) -> dict[str, Any]:
    named = {each.name: getattr(found, each.name) for each in fields(found)}
    return {name: value.to_json() if isinstance(value, Quantity) else value for name, value in named.items()}


def _ratios_json(found: Ratios) -> dict[str, Any]:
    return {each.name: getattr(found, each.name).to_json() for each in fields(found)}


def _heading(projection: Projection) -> list[str]:
    demand, profile = projection.demand, projection.comparison.run.profile
    years = "one year" if demand.years == 1 else f"{demand.years} years, {100 * demand.growth:+g} % a year"
    return [
        shown(profile.title),
        "",
        f"{_amount(demand.requests_per_day)} {plural(unit_noun(profile.unit))} a day over {years}; devices busy at "
        f"most {100 * demand.utilisation:g} % of the time at mean load, peaks of {demand.peak:.3g} times the mean. "
        "Projected from one measured machine: nothing here was measured itself.",
    ]


def _variant_table(variant: VariantProjection, projection: Projection) -> Table:
    assert variant.total is not None
    rows, several = _rows(variant.total, projection), projection.demand.years > 1
    table = Table(title=_title(variant, projection), title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for year in range(1, projection.demand.years + 1) if several else ():
        if year in _shown_years(projection.demand.years):
            table.add_column(f"year {year}", justify="right")
    table.add_column("all years" if several else "a year", justify="right")
    table.add_column("range", justify="right")
    table.add_column("vs baseline", justify="right")
    columns = [_rows(variant.years[year - 1], projection) for year in _shown_years(projection.demand.years)]
    for place, (name, figure) in enumerate(rows):
        yearly = [column[place][1].value for column in columns] if several else []
        cells = [name, *yearly, figure.value, figure.interval or "", _versus(name, variant)]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _shown_years(years: int) -> Sequence[int]:
    """The first and the last, and all of up to four."""
    return range(1, years + 1) if years <= 4 else (1, years)


def _title(variant: VariantProjection, projection: Projection) -> str:
    name, versus, quality = shown(variant.result.record.name), variant.result.versus, variant.result.quality
    is_baseline = variant.result.record.name == projection.comparison.baseline
    verdict = "baseline" if is_baseline else STATUS[versus.verdict].lower() if versus else "not compared"
    score = f", {figures.score(quality.metric, quality.value)}" if quality else ""
    return f"{name}: {verdict}{score}"


def _rows(found: Figures, projection: Projection) -> list[tuple[str, figures.Figure]]:
    pue = pue_factor(projection.site).value
    electricity = ELECTRICITY if pue == 1 else f"{ELECTRICITY}, PUE {pue:g}"
    return [
        (DEVICES, _count(found.devices)),
        ("busy, busiest year", _percent(found.utilisation)),
        (electricity, figures.figure(found.facility_kwh, KILOWATT_HOURS)),
        ("peak power", figures.figure(found.peak_kw, KILOWATTS)),
        (OPERATION, figures.figure(found.co2e_kg, KILOGRAMS)),
        ("CO₂e, embodied", _modelled(found.embodied_kg, KILOGRAMS)),
        (BOTH, _both(found)),
        ("water, on site", figures.figure(found.water_onsite_l, LITRES)),
        ("water, power plants", figures.figure(found.water_offsite_l, LITRES)),
        ("water", figures.figure(found.water_l, LITRES)),
        ("cost", _money(found.cost)),
    ]


def _versus(row: str, variant: VariantProjection) -> str:
    """The ratio of CO2e stands where its two sides count the same: beside both parts, or operation alone."""
    versus, total = variant.versus, variant.total
    if versus is None or total is None:
        return ""
    carbon = OPERATION if total.embodied_kg.value is None else BOTH
    by_row = {DEVICES: versus.devices, carbon: versus.all_co2e_kg, "water": versus.water_l, "cost": versus.cost}
    ratio = versus.energy_kwh if row.startswith(ELECTRICITY) else by_row.get(row)
    if ratio is None or ratio.value is None:
        return ""
    ends = (ratio.value, ratio.low or ratio.value, ratio.high or ratio.value)
    return "the same" if all(abs(end - 1) < ALIKE for end in ends) else str(figures.ratio(ratio))


def _count(devices: Quantity) -> figures.Figure:
    return _figure(devices, lambda count: f"{count:,.0f}", "")


def _percent(share: Quantity) -> figures.Figure:
    return _figure(share, lambda part: f"{100 * part:.2g}", " %")


def _figure(quantity: Quantity, written: Callable[[float], str], unit: str) -> figures.Figure:
    """The interval is left out where both ends read as the value does."""
    if quantity.value is None:
        return figures.figure(quantity)
    value = written(quantity.value)
    ends = [] if quantity.low is None or quantity.high is None else [written(quantity.low), written(quantity.high)]
    return figures.Figure(f"{value}{unit}", "–".join(ends) if set(ends) - {value} else None)


def _amount(count: float) -> str:
    return f"{count:,.0f}" if count >= 100 else f"{count:.3g}"


def _modelled(quantity: Quantity, scales: Sequence[figures.Scale]) -> figures.Figure:
    return figures.Figure(NOT_MODELLED) if quantity.value is None else figures.figure(quantity, scales)


def _both(found: Figures) -> figures.Figure:
    """Not the operational part alone under the name of both."""
    if found.embodied_kg.value is None:
        return figures.Figure(NOT_MODELLED)
    return figures.figure(found.all_co2e_kg, KILOGRAMS)


def _money(cost: Quantity) -> figures.Figure:
    money = _figure(cost, _digits, f" {cost.unit}")
    return money if cost.value is None else replace(money, value=f"~{money.value}")


def _digits(amount: float) -> str:
    """Two significant digits, in full: what money is read in."""
    return f"{float(f'{amount:.1e}'):,.0f}" if abs(amount) >= 10 else f"{amount:.2g}"


def _grouped(told: Sequence[tuple[VariantProjection, str]], everybody: int) -> list[tuple[str, str]]:
    """(names, sentence), the variants of which the same is told together."""
    names: dict[str, list[str]] = {}
    for variant, sentence in told:
        names.setdefault(sentence, []).append(shown(variant.result.record.name))
    alone = everybody == 1
    return [
        ("every variant" if len(those) == everybody and not alone else listed(those), sentence)
        for sentence, those in names.items()
    ]


def _made_by(variant: VariantProjection) -> str:
    return ", ".join(f"{shown(share.factor.id)} ({100 * share.fraction:.0f} %)" for share in _telling(variant))


def _telling(variant: VariantProjection) -> list[VarianceShare]:
    return [share for share in variant.shares if share.fraction >= LEAST_SHARE]


def _closing(projection: Projection) -> list[str]:
    sentences = [f"Counted: {projection.boundary}"]
    first = next((each for each in projection.variants if each.total is not None), None)
    if first is not None and first.total is not None:
        quantities = (first.total.co2e_kg, first.total.water_l, first.total.cost)
        reasons = [quantity.reason for quantity in quantities if quantity.value is None and quantity.reason]
        sentences += [f"Not known: {reason}." for reason in dict.fromkeys(reasons)]
    made = [(variant, _made_by(variant)) for variant in projection.variants if _telling(variant)]
    sentences += [f"The range of {names} is made by {sentence}." for names, sentence in _grouped(made, len(made))]
    sentences += [f"Limit: {shown(sentence)}" for sentence in projection.limits]
    limits = [(variant, shown(sentence)) for variant in projection.variants for sentence in variant.limits]
    projected = sum(variant.total is not None for variant in projection.variants)
    sentences += [f"Limit, {names}: {sentence}" for names, sentence in _grouped(limits, projected)]
    return sentences
