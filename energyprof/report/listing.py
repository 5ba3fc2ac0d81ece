"""The table of all variants: the accessible form of the charts, and quality class by class."""

from __future__ import annotations

from dataclasses import dataclass, replace

from energyprof.analysis.comparison import VariantResult
from energyprof.model.quantity import Quantity
from energyprof.report import figures
from energyprof.report.assessment import Assessment
from energyprof.report.figures import Scale
from energyprof.report.headline import STATUS
from energyprof.report.text import plural, shown, unit_noun

NONE = "–"
"""Where there is nothing to know, such as the baseline's difference to itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: the value. note: a second, smaller line such as the interval.
        key: what the column is sorted by; None sorts last.
    """

    text: str
    note: str = ""
    key: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A variant; `reason` takes the place of its cells where it failed."""

    name: str
    detail: str
    cells: tuple[Cell, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Headings without that of the first column, and the lines."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def variants_listing(assessment: Assessment) -> Listing:
    """All variants in the profile's order, the failed ones with the reason."""
    unit = unit_noun(assessment.comparison.run.profile.unit)
    variants = assessment.comparison.variants
    columns = [
        ("Parameters", _parameters),
        (f"Energy per {unit}", _energy),
        ("by a reference meter", _total),
        ("above idle", _net),
        ("against baseline", _ratio),
        ("Quality", _quality),
        ("Difference", _difference),
        ("Verdict", _verdict),
        (f"CO₂e per 1 M {plural(unit)}", _carbon),
        (f"Water per 1 M {plural(unit)}", _water),
        ("Time of a call, p50", _p50),
        ("p95", _p95),
        (f"{plural(unit)}/s".capitalize(), _rate),
        ("Per token", _per_token),
        ("Per correct answer", _per_correct),
        ("Trials", _trials),
        ("Basis", _basis),
    ]
    kept = [
        (heading, cell)
        for heading, cell in columns
        if any(cell(variant, assessment).text not in (figures.UNKNOWN, NONE) for variant in variants)
    ]
    lines = tuple(
        Line(
            shown(variant.record.name),
            detail(variant, assessment),
            tuple(cell(variant, assessment) for _, cell in kept),
            reason(variant),
        )
        for variant in variants
    )
    return Listing(tuple(heading for heading, _ in kept), lines)


def groups_listing(assessment: Assessment) -> Listing | None:
    """Quality of each variant in each class of items; None where the task has no classes."""
    scored = [variant for variant in assessment.comparison.variants if variant.quality and variant.quality.groups]
    groups = list(dict.fromkeys(group for variant in scored if variant.quality for group in variant.quality.groups))
    if not groups:
        return None
    lines = tuple(
        Line(shown(variant.record.name), "", tuple(_group_cell(variant, group) for group in (None, *groups)))
        for variant in scored
    )
    return Listing(("All items", *(shown(group) for group in groups)), lines)


def detail(variant: VariantResult, assessment: Assessment) -> str:
    """What it is: "cnn, onnx int8, cpu, 2 threads, trained weights; baseline"."""
    description = variant.record.description
    words = []
    if description is not None:
        words = [description.model, f"{description.backend} {description.precision}", description.device]
        words += (
            [f"{description.threads} thread{'s' if description.threads != 1 else ''}"] if description.threads else []
        )
        words += [f"batch {variant.record.batch_size}"] if variant.record.batch_size != 1 else []
        words += [f"{description.weights} weights"]
    words += ["baseline"] if variant.record.name == assessment.comparison.baseline else []
    return shown(", ".join(words))


def reason(variant: VariantResult) -> str | None:
    """Why it failed; None where it did not."""
    if variant.record.status != "failed":
        return None
    return shown(variant.record.error or "It failed, and no reason was recorded.")


def quantity_cell(quantity: Quantity | None, scales: tuple[Scale, ...]) -> Cell:
    """A quantity with its interval, or the reason why it is not known, below it."""
    figure = figures.figure(quantity, scales)
    note = figure.interval or ("" if quantity is None or quantity.value is not None else shown(figure.reason or ""))
    return Cell(figure.value, note, None if quantity is None else quantity.value)


def outer_cell(quantity: Quantity | None, scales: tuple[Scale, ...]) -> Cell:
    """The same with the wider interval: what the meter, its model or the factors may be off is in it where known."""
    total = figures.figure(quantity, scales).total
    cell = quantity_cell(quantity, scales)
    return cell if total is None else replace(cell, note=total)


def _parameters(variant: VariantResult, _: Assessment) -> Cell:
    description = variant.record.description
    if description is None:
        return Cell(figures.UNKNOWN)
    return Cell(figures.count(description.parameters), figures.size(description.size_bytes), description.parameters)


def _energy(variant: VariantResult, _: Assessment) -> Cell:
    return quantity_cell(variant.energy_per_task, figures.JOULES)


def _total(variant: VariantResult, _: Assessment) -> Cell:
    quantity = variant.energy_per_task
    figure = figures.figure(quantity, figures.JOULES)
    unit = figure.value.rpartition(" ")[2]
    return Cell(f"{figure.total} {unit}" if figure.total else NONE, key=quantity.total_high)


def _net(variant: VariantResult, _: Assessment) -> Cell:
    return outer_cell(variant.energy_per_task_net, figures.JOULES)


def _ratio(variant: VariantResult, assessment: Assessment) -> Cell:
    if variant.record.name == assessment.comparison.baseline:
        return Cell("baseline", key=1.0)
    if variant.versus is None:
        return Cell(figures.UNKNOWN)
    ratio = figures.ratio(variant.versus.energy_ratio)
    return Cell(ratio.value, ratio.total or ratio.interval or "", variant.versus.energy_ratio.value)


def _quality(variant: VariantResult, _: Assessment) -> Cell:
    quality = variant.quality
    if quality is None:
        return Cell(figures.UNKNOWN)
    interval = figures.score_interval(quality.metric, quality.low, quality.high)
    return Cell(figures.score(quality.metric, quality.value), interval, quality.value)


def _difference(variant: VariantResult, assessment: Assessment) -> Cell:
    if variant.record.name == assessment.comparison.baseline:
        return Cell(NONE)
    if variant.versus is None or variant.versus.quality_difference is None or variant.quality is None:
        return Cell(figures.UNKNOWN)
    change = figures.difference(variant.quality.metric, variant.versus.quality_difference)
    return Cell(change.value, change.interval or "", variant.versus.quality_difference.value)


def _verdict(variant: VariantResult, assessment: Assessment) -> Cell:
    if variant.record.name == assessment.comparison.baseline or variant.versus is None:
        return Cell(NONE)
    order = list(STATUS).index(variant.versus.verdict)
    return Cell(STATUS[variant.versus.verdict], key=float(order))


def _carbon(variant: VariantResult, assessment: Assessment) -> Cell:
    return _impact(assessment.footprints[variant.record.name].co2e, figures.GRAMS)


def _water(variant: VariantResult, assessment: Assessment) -> Cell:
    return _impact(assessment.footprints[variant.record.name].water, figures.LITRES)


def _impact(quantity: Quantity, scales: tuple[Scale, ...]) -> Cell:
    if quantity.value is None:
        return Cell(figures.UNKNOWN)
    figure = figures.figure(figures.per_million(quantity), scales)
    return Cell(figure.value, figure.total or figure.interval or "", quantity.value)


def _p50(variant: VariantResult, _: Assessment) -> Cell:
    return Cell(figures.seconds(variant.latency_p50_s), key=variant.latency_p50_s)


def _p95(variant: VariantResult, _: Assessment) -> Cell:
    return Cell(figures.seconds(variant.latency_p95_s), key=variant.latency_p95_s)


def _rate(variant: VariantResult, _: Assessment) -> Cell:
    return Cell(figures.rate(variant.tasks_per_s), key=variant.tasks_per_s)


def _per_token(variant: VariantResult, _: Assessment) -> Cell:
    return outer_cell(variant.energy_per_token, figures.JOULES)


def _per_correct(variant: VariantResult, _: Assessment) -> Cell:
    return outer_cell(variant.energy_per_correct, figures.JOULES)


def _trials(variant: VariantResult, _: Assessment) -> Cell:
    note = "ended early" if variant.record.status == "partial" else ""
    return Cell(str(variant.trials), note, float(variant.trials))


def _basis(variant: VariantResult, _: Assessment) -> Cell:
    quantity = variant.energy_per_task
    return Cell(figures.UNKNOWN if quantity.value is None else quantity.basis)


def _group_cell(variant: VariantResult, group: str | None) -> Cell:
    quality = variant.quality
    assert quality is not None
    value = quality.value if group is None else quality.groups.get(group)
    if value is None:
        return Cell(figures.UNKNOWN)
    return Cell(figures.score(quality.metric, value), key=value)
