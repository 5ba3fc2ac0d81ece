"""The method section: what it says is what was done in this run."""

from __future__ import annotations

from dataclasses import replace

from report.synthetic import ten_variants

from energyprof.analysis.comparison import Comparison, Quality
from energyprof.footprint.site import Site
from energyprof.model.domain import calibrated
from energyprof.model.gain import FittedGain
from energyprof.model.live import LiveAnswer, LiveIntensity
from energyprof.model.meter import MeterRecord
from energyprof.report.assessment import assess_comparison
from energyprof.report.method import paragraphs
from energyprof.report.page import page_html


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


def test_without_a_margin_none_is_spoken_of() -> None:
    comparison = ten_variants()
    run = replace(comparison.run, profile=replace(comparison.run.profile, margin=None))
    quality = _said(replace(comparison, run=run))["Quality"]
    assert quality.startswith("Accuracy over the same 540 held-out items for every variant.")
    assert quality.endswith("The profile sets no margin, so that no variant is called good enough or not.")


def test_what_was_seen_of_the_meters_is_said_and_where_nothing_was_recorded_nothing() -> None:
    comparison = ten_variants()
    assert "What the meters are like" not in _said(comparison)
    domain = comparison.run.timelines[0].domain
    record = MeterRecord(
        domain.id, domain.label, "abc", "999", 0.1, 7.0, 1e-3, 4e-5, 2e-4, 70.2, 0.002, "2026-11-28T12:00:00+00:00"
    )
    said = _said(replace(comparison, run=replace(comparison.run, meters=[record])))
    assert said["What the meters are like"] == (
        f"{domain.label} moves every 100 ms, counts in 1 mJ, takes 0.04 ms to read (0.2 ms in 1 of 100), was seen as "
        "low as 70.2 W."
    )


def test_a_calibration_is_named_with_its_reference_and_date() -> None:
    comparison = ten_variants()
    first, *others = comparison.run.timelines
    gain = FittedGain("Wall plug", "2026-11-28T12:00:00+00:00", 1.083, 0.01, 30.0, 0.5, 0.01, 0.05, 9)
    calibrated_line = replace(first, domain=calibrated(first.domain, gain))
    said = _said(replace(comparison, run=replace(comparison.run, timelines=[calibrated_line, *others])))
    assert "calibrated against Wall plug on 2026-11-28, gain 1.083" in said["How the joules were obtained"]


def test_what_a_service_told_of_the_grid_is_one_line_and_nothing_where_none_was_asked() -> None:
    comparison = ten_variants()
    assert "Live carbon intensity" not in _said(comparison)
    answer = LiveAnswer(0.0, "fell back", "it refuses the token <script> (status 401)")
    record = LiveIntensity("electricity-maps", "FR", 1.7e9, [], [answer])
    profile = replace(comparison.run.profile, grid="FRA")
    comparison = replace(comparison, run=replace(comparison.run, live=record, profile=profile))
    assert _said(comparison)["Live carbon intensity"] == (
        "Electricity Maps, zone FR: no live value (it refuses the token <script> (status 401)); annual: 56 g/kWh "
        "(lifecycle). CO₂e on this page does not rest on it."
    )
    assert "&lt;script&gt; (status 401)" in page_html(assess_comparison(comparison, Site("FRA")))
