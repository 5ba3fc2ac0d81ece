"""How long a task takes: a saving that costs time has to be seen."""

from __future__ import annotations

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.model.quantity import Quantity
from energyprof.report import figures, forest, look
from energyprof.report.canvas import Chart
from energyprof.report.look import Look
from energyprof.report.text import plural, shown, unit_noun


def latency_chart(comparison: Comparison) -> Chart | None:
    """p50 and p95 of each variant, fastest first; None where no latency is known."""
    timed = [variant for variant in comparison.variants if variant.latency_p50_s is not None]
    if not timed:
        return None
    timed.sort(key=lambda variant: variant.latency_p50_s or 0.0)
    looks = look.looks(comparison.variants)
    rows = tuple(_row(variant, looks[variant.record.name]) for variant in timed)
    spoken = "; ".join(f"{row.label} {row.cells[0]} and {row.cells[1]}" for row in rows)
    return Chart(
        "latency",
        "Latency",
        "Time of one call to the model. Filled: half of the calls are faster (p50). Open: 95 of 100 are faster (p95).",
        forest.draw(
            forest.Forest(
                "latency",
                "Latency by variant",
                f"Median and 95th percentile of the time of a call, fastest first. {spoken}.",
                "Time of a call",
                figures.SECONDS,
                ("p50", "p95", f"{plural(unit_noun(comparison.run.profile.unit))}/s"),
                rows,
            )
        ),
    )


def _row(variant: VariantResult, appearance: Look) -> forest.Row:
    name = shown(variant.record.name)
    times = (variant.latency_p50_s, variant.latency_p95_s)
    lane = tuple(
        forest.Dot(
            Quantity(time_s, None, None, "s", "measured"),
            appearance.colour,
            appearance.marker,
            f"{name}: {percentile} {figures.seconds(time_s)}",
            hollow=percentile == "p95",
        )
        for percentile, time_s in zip(("p50", "p95"), times, strict=True)
    )
    return forest.Row(name, (lane,), (*map(figures.seconds, times), figures.rate(variant.tasks_per_s)))
