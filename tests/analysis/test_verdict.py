"""Of which variant the verdict speaks, and what it says where energy is not saved."""

from __future__ import annotations

from dataclasses import replace

from analysis.test_compare import recorded

from energyprof.analysis.compare import compare
from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.analysis.verdict import choose


def _changed(comparison: Comparison, **cheaper: bool | None) -> list[VariantResult]:
    return [
        replace(result, versus=result.versus and replace(result.versus, cheaper=cheaper.get(result.record.name)))
        for result in comparison.variants
    ]


def test_a_run_too_short_to_settle_a_ratio_speaks_of_the_variant_that_is_good_enough() -> None:
    comparison = compare(recorded(1))
    assert (comparison.best, comparison.verdict, comparison.saves) == ("small", "good_enough", None)
    assert comparison.energy_claim.startswith("Whether small uses less energy per image than large is not settled")


def test_what_may_be_cheaper_comes_before_what_is_not() -> None:
    comparison = compare(recorded(3))
    assert choose(_changed(comparison, small=False, tiny=None), "large") == ("tiny", "not_good_enough")
    assert choose(_changed(comparison, small=None, tiny=True), "large") == ("tiny", "not_good_enough")


def test_a_variant_that_costs_more_saves_nothing_however_good() -> None:
    comparison = compare(recorded(names=("tiny", "small")))
    assert (comparison.best, comparison.verdict, comparison.saves) == ("small", "good_enough", False)
    assert comparison.energy_claim.startswith("small uses 3.97")
    assert "x more" in comparison.energy_claim
    assert comparison.quality_claim.startswith("small is good enough, but saves nothing: ")


def test_quality_that_was_measured_and_has_no_margin_is_told_and_not_judged() -> None:
    run = recorded(names=("large", "small"))
    comparison = compare(replace(run, profile=replace(run.profile, margin=None)))
    assert (comparison.best, comparison.verdict) == ("small", "no_quality")
    assert comparison.quality_claim.startswith(
        "Whether small is good enough is not judged, since the profile sets no margin: exact match differs by "
    )
    assert "95 % interval" in comparison.quality_claim
    assert "not measured" not in comparison.quality_claim
