"""The four cards: energy, quality, CO2e and water of the variant that the verdict speaks of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energyprof.analysis.comparison import Quality, VariantResult
from energyprof.footprint.assess import Footprint
from energyprof.footprint.grid import Grid
from energyprof.model.quantity import Quantity
from energyprof.report import figures, headline
from energyprof.report.assessment import Assessment, intensity_text
from energyprof.report.figures import Scale
from energyprof.report.text import plural, shown, unit_noun

SET_GRID = "No grid is set. Set yours with --grid FRA (a country), --grid US-CA (a region) or --grid 94 (g/kWh)."


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    Attributes:
        title: what it is. value: the number. unsure: shown less loudly, because it is unknown or only a range.
        lines: interval, baseline and what it rests on.
    """

    title: str
    value: str
    lines: tuple[str, ...]
    unsure: bool = False


def cards(assessment: Assessment) -> list[Card]:
    """All four, always in the same order."""
    millions = f"per 1 M {plural(unit_noun(assessment.comparison.run.profile.unit))}"
    return [
        _energy_card(assessment),
        _quality_card(assessment),
        _impact_card(assessment, f"CO₂e {millions}", figures.GRAMS, lambda footprint: footprint.co2e),
        _impact_card(assessment, f"Water {millions}", figures.LITRES, lambda footprint: footprint.water),
    ]


def _energy_card(assessment: Assessment) -> Card:
    title = f"Energy per {unit_noun(assessment.comparison.run.profile.unit)}"
    subject, other = assessment.subject, _other(assessment)
    if subject is None:
        return Card(title, figures.UNKNOWN, ("Nothing ran to its end.",), unsure=True)
    energy = figures.figure(subject.energy_per_task, figures.JOULES)
    if subject.energy_per_task.value is None:
        return Card(title, energy.value, (shown(energy.reason or "No reason was recorded."),), unsure=True)
    lines = [*interval_lines(energy), f"{_watt_hours(subject.energy_per_task)}, {headline.origin(subject)}"]
    if other is not None:
        lines.append(f"baseline {figures.figure(other.energy_per_task, figures.JOULES).value}")
    return Card(title, energy.value, tuple(lines))


def interval_lines(figure: figures.Figure) -> list[str]:
    """Both intervals, each with what it means."""
    lines = [f"{figure.interval} in a re-run here"] if figure.interval else []
    return lines + ([f"{figure.total} by a reference meter"] if figure.total else [])


def _quality_card(assessment: Assessment) -> Card:
    subject, other = assessment.subject, _other(assessment)
    metric = assessment.comparison.run.profile.metric
    if subject is None or subject.quality is None:
        reason = "This task has no quality." if metric is None else "No quality was measured."
        return Card("Quality", figures.UNKNOWN, (reason,), unsure=True)
    quality = subject.quality
    lines = [f"{figures.score_interval(quality.metric, quality.low, quality.high)} over {quality.items:,} items"]
    lines += _difference_lines(subject, quality, assessment)
    if other is not None and other.quality is not None:
        lines.append(f"baseline {figures.score(other.quality.metric, other.quality.value)}")
    return Card(figures.metric_name(quality.metric), figures.score(quality.metric, quality.value), tuple(lines))


def _difference_lines(subject: VariantResult, quality: Quality, assessment: Assessment) -> list[str]:
    if subject.versus is None or subject.versus.quality_difference is None:
        return []
    change = figures.difference(quality.metric, subject.versus.quality_difference)
    allowed = figures.margin(quality.metric, assessment.comparison.run.profile.margin)
    interval = f" ({change.interval})" if change.interval else ""
    return [f"{change.value}{interval} paired; margin {allowed}"]


def _impact_card(
    assessment: Assessment, title: str, scales: tuple[Scale, ...], impact: Callable[[Footprint], Quantity]
) -> Card:
    subject, other = assessment.subject, _other(assessment)
    if subject is None or subject.energy_per_task.value is None:
        return Card(title, figures.UNKNOWN, ("The joules are not known.",), unsure=True)
    if assessment.grid is None:
        return _range_card(assessment, title, scales, impact)
    own = assessment.footprints[subject.record.name]
    quantity = figures.per_million(impact(own))
    figure = figures.figure(quantity, scales)
    if quantity.value is None:
        return Card(title, figure.value, (shown(figure.reason or ""),), unsure=True)
    lines = [*_impact_interval(assessment.grid, figure), _factor_line(assessment, scales, own)]
    if other is not None:
        theirs = figures.per_million(impact(assessment.footprints[other.record.name]))
        lines.append(f"baseline {figures.figure(theirs, scales).value}")
    return Card(title, figure.value, tuple(lines))


def _impact_interval(grid: Grid, figure: figures.Figure) -> list[str]:
    """One line, as there is room for one; a number that the user gave as the intensity has no range of its own."""
    if grid.intensity.distribution == "exact":
        return interval_lines(figure)[-1:]
    wider = figure.total or figure.interval
    return [f"{wider} with the ranges of the factors"] if wider else []


def _factor_line(assessment: Assessment, scales: tuple[Scale, ...], footprint: Footprint) -> str:
    assert assessment.grid is not None
    grid, site = assessment.grid, assessment.site
    if scales is figures.LITRES:
        reservoirs = figures.figure(figures.per_million(footprint.water_with_hydro), figures.LITRES).value
        return f"{shown(grid.label)}; {reservoirs} with reservoirs; WUE {site.wue_l_per_kwh:g} L/kWh"
    year = f" {grid.intensity.year}" if grid.intensity.year else ""
    pue = f"; PUE {site.pue:g}" if site.pue != 1 else ""
    return f"{shown(grid.label)}{year}, {intensity_text(grid)}{pue}"


def _range_card(
    assessment: Assessment, title: str, scales: tuple[Scale, ...], impact: Callable[[Footprint], Quantity]
) -> Card:
    """The spread over the named grids, and how to get one number."""
    lines = []
    spread = _spread([(grid.label, grid.subject) for grid in assessment.grids], scales, impact)
    if _other(assessment) is not None:
        theirs = _spread([(grid.label, grid.baseline) for grid in assessment.grids], scales, impact)
        lines.append(f"baseline {theirs[0]}")
    counted = f", {assessment.grids[0].accounting}" if scales is figures.GRAMS else ""
    hint = SET_GRID if scales is figures.GRAMS else "No grid is set."
    return Card(title, spread[0], (f"{spread[1]}{counted}", *lines, hint), unsure=True)


def _spread(
    footprints: list[tuple[str, Footprint | None]], scales: tuple[Scale, ...], impact: Callable[[Footprint], Quantity]
) -> tuple[str, str]:
    """("~1.2 to 46 g", "from Sweden to India")."""
    known = [(impact(footprint).value, label, footprint) for label, footprint in footprints if footprint is not None]
    ordered = sorted(((value, label, footprint) for value, label, footprint in known if value is not None), key=_value)
    if not ordered:
        return figures.UNKNOWN, "No grid gives a value."
    ends = [figures.figure(figures.per_million(impact(end[2])), scales).value for end in (ordered[0], ordered[-1])]
    (low, low_unit), (high, high_unit) = (end.split(" ") for end in ends)
    low = low if low_unit == high_unit else f"{low}\u00a0{low_unit}"
    return f"{low} to {high.lstrip('~')}\u00a0{high_unit}", f"from {shown(ordered[0][1])} to {shown(ordered[-1][1])}"


def _value(entry: tuple[float, str, Footprint]) -> float:
    return entry[0]


def _other(assessment: Assessment) -> VariantResult | None:
    """The baseline, where the card is not about it already."""
    if assessment.baseline is None or assessment.baseline is assessment.subject:
        return None
    return assessment.baseline


def _watt_hours(energy: Quantity) -> str:
    return figures.figure(energy, figures.WATT_HOURS).value
