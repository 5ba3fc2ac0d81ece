"""Carbon, water and cost part by part, and which factors make their ranges: what to find out next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energyprof.analysis.comparison import VariantResult
from energyprof.footprint.assess import Footprint, uncertainties
from energyprof.footprint.embodied import rule
from energyprof.footprint.formula import Uncertainty
from energyprof.footprint.ratio import Held, total_ratio
from energyprof.model.quantity import Quantity, significant
from energyprof.report import figures
from energyprof.report.assessment import Assessment, held, sci_for_ai
from energyprof.report.figures import Scale
from energyprof.report.listing import NONE, Cell, Line, Listing, detail, reason
from energyprof.report.text import plural, shown, unit_noun

LEAST_SHARE = 0.01
"""Of the variance: a factor with less is not worth finding out."""

MOST_SHARES = 4

RANGES: tuple[tuple[str, str, tuple[Scale, ...]], ...] = (
    ("co2e", "CO₂e, operational", figures.GRAMS),
    ("co2e_embodied", "CO₂e, embodied", figures.GRAMS),
    ("co2e_total", "CO₂e, both", figures.GRAMS),
    ("water", "Water", figures.LITRES),
)

Part = Callable[[Footprint], Quantity]


@dataclass(frozen=True, slots=True)
class RangeLine:
    """What the ranges of the factors make of one figure, per million tasks.

    Attributes:
        middle: median and the central 90 %. wide: the central 95 %. worst: every factor at its bad end at once.
        sources: the factors with the largest shares of the variance.
    """

    name: str
    middle: str
    wide: str
    worst: str
    sources: str


def impacts_listing(assessment: Assessment) -> Listing | None:
    """One row a variant, per million tasks; None where neither a grid nor a price nor hardware is known."""
    columns: list[tuple[str, Callable[[VariantResult], Cell]]] = [
        ("CO₂e, operational", _part(assessment, lambda f: f.co2e, figures.GRAMS)),
        ("by the site's contracts", _part(assessment, lambda f: f.co2e_market, figures.GRAMS)),
        ("embodied", _part(assessment, lambda f: f.co2e_embodied, figures.GRAMS)),
        ("both", _part(assessment, lambda f: f.co2e_total, figures.GRAMS)),
        ("both against baseline", lambda variant: _ratio(variant, assessment)),
        ("SCI (ISO/IEC 21031)", _part(assessment, lambda f: f.sci, figures.GRAMS)),
        ("SCI for AI, per million tokens", lambda variant: _for_ai(variant, assessment, "LLM")),
        ("SCI for AI, per million inferences", lambda variant: _for_ai(variant, assessment, "classical")),
        ("Water on site", _part(assessment, lambda f: f.water_onsite, figures.LITRES)),
        ("off site", _part(assessment, lambda f: f.water_offsite, figures.LITRES)),
        ("with reservoirs", _part(assessment, lambda f: f.water_with_hydro, figures.LITRES)),
        ("withdrawn", _part(assessment, lambda f: f.water_withdrawn, figures.LITRES)),
        ("Electricity", _money(assessment, lambda f: f.electricity_cost)),
        ("Hire of the hardware", _money(assessment, lambda f: f.hire_cost)),
    ]
    ran = [variant for variant in assessment.comparison.variants if reason(variant) is None]
    kept = [
        (heading, cell)
        for heading, cell in columns
        if any(cell(variant).text not in (figures.UNKNOWN, NONE) for variant in ran)
    ]
    if not any(heading != "Water on site" for heading, _ in kept):
        return None
    lines = tuple(
        Line(
            shown(variant.record.name),
            detail(variant, assessment),
            tuple(cell(variant) for _, cell in kept) if reason(variant) is None else (),
            reason(variant),
        )
        for variant in assessment.comparison.variants
    )
    return Listing(tuple(heading for heading, _ in kept), lines)


def impacts_caption(assessment: Assessment) -> str:
    """How embodied carbon was spread, or why it is not there, and what is not added to what."""
    subject, site = assessment.subject, assessment.site
    sentences = [f"Per million {plural(unit_noun(assessment.comparison.run.profile.unit))}."]
    seconds = None if subject is None else held(subject)
    if site.hardware and seconds is not None and seconds.value is not None:
        sentences += [rule(holding, 1e6 * seconds.value, site.factors) for holding in site.hardware]
        sentences.append(
            "SCI counts the calendar life of the hardware and no active fraction; SCI for AI is at the boundary of the "
            "consumer."
        )
    else:
        sentences.append(
            "Embodied carbon is not known: for how long a task held the hardware was not measured."
            if site.hardware
            else "Embodied carbon is not modelled: no device was named, and none that was measured has a published "
            "figure; name what a task holds with --device, such as --device laptop."
        )
    sentences.append(
        "Water withdrawn flows back for the most part and is never added to water consumed. Embodied water is not "
        "modelled: no open source gives it."
    )
    return " ".join(sentences)


def range_lines(assessment: Assessment) -> list[RangeLine]:
    """Where the ranges of the best variant's figures come from; empty where no factor has one."""
    subject = assessment.subject
    if subject is None:
        return []
    found = uncertainties(subject.energy_per_task, assessment.site, held=held(subject))
    return [_range_line(name, found[key], scales) for key, name, scales in RANGES if key in found]


def _range_line(name: str, found: Uncertainty, scales: tuple[Scale, ...]) -> RangeLine:
    millions = found.scaled(1e6)
    factor, unit = figures.fitting(millions.median, scales)

    def text(value: float) -> str:
        return significant(value / factor, 2)

    shares = [share for share in found.shares if share.fraction >= LEAST_SHARE][:MOST_SHARES]
    return RangeLine(
        name,
        f"{text(millions.median)} {unit} ({figures.span(text(millions.p5), text(millions.p95))})",
        figures.span(text(millions.low), text(millions.high)),
        figures.span(text(millions.worst_low), text(millions.worst_high)),
        ", ".join(f"{shown(share.factor.id)} {100 * share.fraction:.0f} %" for share in shares),
    )


def _part(assessment: Assessment, part: Part, scales: tuple[Scale, ...]) -> Callable[[VariantResult], Cell]:
    def cell(variant: VariantResult) -> Cell:
        quantity = part(assessment.footprints[variant.record.name])
        if quantity.value is None:
            return Cell(figures.UNKNOWN)
        figure = figures.figure(figures.per_million(quantity), scales)
        return Cell(figure.value, figure.total or figure.interval or "", quantity.value)

    return cell


def _money(assessment: Assessment, part: Part) -> Callable[[VariantResult], Cell]:
    def cell(variant: VariantResult) -> Cell:
        quantity = part(assessment.footprints[variant.record.name])
        unit = quantity.unit.partition("/")[0]
        return _part(assessment, part, ((1.0, shown(unit)),))(variant)

    return cell


def _for_ai(variant: VariantResult, assessment: Assessment, system: str) -> Cell:
    found = sci_for_ai(variant, assessment.footprints[variant.record.name])
    if found is None or found.system != system:
        return Cell(NONE)
    figure = figures.figure(figures.per_million(found.score), figures.GRAMS)
    return Cell(figure.value, figure.total or figure.interval or "", found.score.value)


def _ratio(variant: VariantResult, assessment: Assessment) -> Cell:
    baseline = assessment.baseline
    if baseline is None or variant.versus is None:
        return Cell(NONE)
    own, theirs = (Held(each.energy_per_task, held(each)) for each in (variant, baseline))
    found = total_ratio(variant.versus.energy_ratio, own, theirs, assessment.site)
    figure = figures.ratio(found)
    return Cell(figure.value, figure.total or figure.interval or "", found.value)
