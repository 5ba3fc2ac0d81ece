"""A run with a live record: CO2e rests on what the service told, unless another grid is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from live.recorded import reading
from report.synthetic import gpu_and_cpu

from energyprof.analysis.comparison import Comparison
from energyprof.footprint.site import Site
from energyprof.model.live import LiveAnswer, LiveIntensity, LiveReading
from energyprof.model.quantity import JOULES_PER_KWH
from energyprof.report.assessment import assess_comparison, site_of
from energyprof.report.summary import summary

EPOCH_S = 1_790_000_000.0
ALL_DAY_S = 86_400.0


def _asked(*readings: LiveReading) -> Comparison:
    comparison = gpu_and_cpu()
    answer = LiveAnswer(EPOCH_S, "live" if readings else "fell back", None if readings else "it was asked too often")
    live = LiveIntensity("neso", "GB", EPOCH_S, list(readings), [answer])
    return replace(comparison, run=replace(comparison.run, live=live))


def _grams_per_kwh(comparison: Comparison, site: Site | None = None) -> float:
    assessment = assess_comparison(comparison, site)
    variant = comparison.variants[0]
    co2e, energy = assessment.footprints[variant.record.name].co2e.value, variant.energy_per_task.value
    assert co2e is not None
    assert energy is not None
    return co2e / energy * JOULES_PER_KWH


def test_co2e_rests_on_what_the_service_told() -> None:
    comparison = _asked(reading(EPOCH_S - ALL_DAY_S / 2, 321.0, length_s=ALL_DAY_S))
    assert _grams_per_kwh(comparison) == pytest.approx(321)
    grid = summary(assess_comparison(comparison))["grid"]
    assert grid["g_per_kwh"] == pytest.approx(321)
    assert grid["name"] == "live.neso.GB"


def test_on_another_grid_the_annual_value_counts() -> None:
    comparison = _asked(reading(EPOCH_S - ALL_DAY_S / 2, 321.0, length_s=ALL_DAY_S))
    other = replace(site_of(comparison.run), grid=94)
    assert _grams_per_kwh(comparison, other) == pytest.approx(94)


def test_where_the_service_failed_the_annual_value_stands_in() -> None:
    assert _grams_per_kwh(_asked()) == pytest.approx(_grams_per_kwh(gpu_and_cpu()))


def test_the_same_grid_may_be_written_in_another_way() -> None:
    comparison = _asked(reading(EPOCH_S - ALL_DAY_S / 2, 321.0, length_s=ALL_DAY_S))
    named = replace(comparison.run.profile, grid="FRA")
    comparison = replace(comparison, run=replace(comparison.run, profile=named))
    assert _grams_per_kwh(comparison, replace(site_of(comparison.run), grid=" fra")) == pytest.approx(321)
    assert _grams_per_kwh(comparison, replace(site_of(comparison.run), grid="SWE")) < 100
