"""What a report is made of."""

from __future__ import annotations

from dataclasses import replace

from report.synthetic import ten_variants

from energyprof.analysis.comparison import Comparison
from energyprof.footprint.inventory import factors_at, records
from energyprof.footprint.site import Site
from energyprof.model.run import FactorRecord
from energyprof.report.assessment import assess_comparison
from energyprof.report.page import page_html

FRANCE = Site("FRA")


def _kept(factors: list[FactorRecord]) -> Comparison:
    comparison = ten_variants()
    host = replace(comparison.run.host, packages={"codecarbon": "3.3.0"})
    return replace(comparison, run=replace(comparison.run, factors=factors, host=host))


def test_the_same_factors_as_when_it_was_measured_need_no_word() -> None:
    comparison = _kept(records(factors_at(FRANCE)))
    assert assess_comparison(comparison, FRANCE).comparison.warnings == comparison.warnings
    assert assess_comparison(_kept([]), FRANCE).comparison.warnings == comparison.warnings


def test_other_factors_than_when_it_was_measured_are_a_warning_with_both_values() -> None:
    [own, *others] = records(factors_at(FRANCE))
    assessment = assess_comparison(_kept([replace(own, value=2 * own.value), *others]), FRANCE)
    warning = assessment.comparison.warnings[-1]
    assert warning.startswith(
        "One factor has changed since this run was measured: grid.FRA was 112 (28.0-72.9) and is 56.0"
    )
    assert f"install energyprof {assessment.comparison.run.version} and codecarbon 3.3.0" in warning
    assert "One factor has changed" in page_html(assessment)
