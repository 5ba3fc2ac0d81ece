"""Energy per task by variant, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.report import figures, forest, look
from energyprof.report.canvas import Chart
from energyprof.report.text import shown, unit_noun


def energy_chart(comparison: Comparison) -> Chart | None:
    """Dots with whiskers, cheapest first; None where no joules are known."""
    variants = measured(comparison)
    if not variants:
        return None
    unit = unit_noun(comparison.run.profile.unit)
    looks = look.looks(comparison.variants)
    baseline = comparison.variant(comparison.baseline)
    rows = tuple(_energy_row(variant, looks[variant.record.name], comparison) for variant in variants)
    return Chart(
        "energy",
        f"Energy per {unit}",
        "Thick whiskers: what a second run here would give (95 %). Thin whiskers, where there are any: what a "
        "reference meter would say. The dotted line is the baseline. Energy drawn while idle is part of it.",
        forest.draw(
            forest.Forest(
                "energy",
                f"Energy per {unit} by variant",
                f"Dots with 95 % intervals, from the cheapest to the dearest. {_spoken(variants)}",
                f"Energy per {unit}",
                figures.JOULES,
                (f"per {unit}", "against baseline"),
                rows,
                baseline.energy_per_task.value if baseline else None,
            )
        ),
    )


def measured(comparison: Comparison) -> list[VariantResult]:
    """Variants whose joules are known, cheapest first."""
    known = [variant for variant in comparison.variants if variant.energy_per_task.value is not None]
    return sorted(known, key=lambda variant: variant.energy_per_task.value or 0.0)


def _energy_row(variant: VariantResult, appearance: look.Look, comparison: Comparison) -> forest.Row:
    energy = figures.figure(variant.energy_per_task, figures.JOULES)
    name = shown(variant.record.name)
    tip = f"{name}: {described(energy)}"
    dot = forest.Dot(variant.energy_per_task, appearance.colour, appearance.marker, tip)
    return forest.Row(name, ((dot,),), (energy.value, versus_text(variant, comparison)))


def versus_text(variant: VariantResult, comparison: Comparison) -> str:
    """ "7.9× less", or "baseline" for the baseline itself."""
    if variant.record.name == comparison.baseline:
        return "baseline"
    return figures.ratio(variant.versus.energy_ratio).value if variant.versus else figures.UNKNOWN


def described(figure: figures.Figure) -> str:
    """The value with both intervals, each named."""
    notes = [f"re-run {figure.interval}"] if figure.interval else []
    notes += [f"reference meter {figure.total}"] if figure.total else []
    return f"{figure.value} (95 %: {'; '.join(notes)})" if notes else figure.value


def _spoken(variants: Sequence[VariantResult]) -> str:
    values = [
        f"{shown(variant.record.name)} {figures.figure(variant.energy_per_task, figures.JOULES).value}"
        for variant in variants
    ]
    return f"{'; '.join(values)}."
