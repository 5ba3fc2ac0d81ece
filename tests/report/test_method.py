"""The method section: what it says is what was done in this run."""

from __future__ import annotations

from dataclasses import replace

from report.synthetic import ten_variants

from energyprof.analysis.comparison import Comparison, Quality
from energyprof.footprint.site import Site
from energyprof.report.assessment import assess_comparison
from energyprof.report.method import paragraphs


def _said(comparison: Comparison) -> dict[str, str]:
    return {paragraph.title: paragraph.text for paragraph in paragraphs(assess_comparison(comparison, Site("FRA")))}


def _scored_over(items: int) -> Comparison:
    comparison = ten_variants()

    def shortened(quality: Quality | None) -> Quality | None:
        return None if quality is None else replace(quality, items=items)

    variants = [replace(variant, quality=shortened(variant.quality)) for variant in comparison.variants]
    return replace(comparison, variants=variants)


def test_the_number_of_items_behind_a_quality_is_that_of_the_scores_and_not_of_the_task() -> None:
    said = _said(_scored_over(300))
    assert "over the same 300 held-out items" in said["Quality"]
    assert "asked in trials with 540 test items in turn" in said["What was asked"]


def test_where_nothing_was_scored_no_number_is_given() -> None:
    comparison = ten_variants()
    unscored = replace(comparison, variants=[replace(variant, quality=None) for variant in comparison.variants])
    assert "over the same held-out items" in _said(unscored)["Quality"]
