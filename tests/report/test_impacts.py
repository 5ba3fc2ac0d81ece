"""Carbon, water and cost part by part: what is known of a site stands in the table, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report.synthetic import gpu_and_cpu, ten_variants

from energyprof.analysis.comparison import Comparison
from energyprof.footprint.cost import given_electricity_price
from energyprof.footprint.embodied import holding_from_text
from energyprof.footprint.factor import given
from energyprof.footprint.site import Site
from energyprof.report.assessment import assess_comparison, held
from energyprof.report.impacts import impacts_caption, impacts_listing, range_lines
from energyprof.report.summary import summary

BARE = Site("FRA")
FULL = Site("FRA", hardware=(holding_from_text("laptop"),), electricity_price=given_electricity_price("0.25EUR"))


def headings(comparison: Comparison, site: Site) -> tuple[str, ...]:
    listing = impacts_listing(assess_comparison(comparison, site))
    assert listing is not None
    return listing.headings


def test_columns_are_those_that_something_is_known_for() -> None:
    bare, full = headings(ten_variants(), BARE), headings(ten_variants(), FULL)
    assert {"CO₂e, operational", "off site", "withdrawn"} <= set(bare)
    assert not {"embodied", "Electricity", "SCI (ISO/IEC 21031)"} & set(bare)
    assert {"embodied", "both against baseline", "Electricity", "SCI for AI, per million inferences"} <= set(full)
    assert impacts_listing(assess_comparison(ten_variants(), Site(None))) is None


def test_the_caption_says_the_rule_or_why_there_is_none() -> None:
    assert "name what a task holds with --device" in impacts_caption(assess_comparison(ten_variants(), BARE))
    assert "241 kgCO2e" in impacts_caption(assess_comparison(ten_variants(), FULL))
    own = replace(FULL, factors=(given("device.laptop", 482.0, "kgCO2e"),))
    assert "482 kgCO2e spread" in impacts_caption(assess_comparison(ten_variants(), own))


def test_the_ranges_name_what_to_find_out_next() -> None:
    lines = {line.name: line for line in range_lines(assess_comparison(ten_variants(), FULL))}
    assert lines["CO₂e, operational"].sources.startswith("grid.FRA ")
    assert "device.laptop" in lines["CO₂e, embodied"].sources
    assert range_lines(assess_comparison(ten_variants(), Site(None))) == []


def test_embodied_carbon_and_sci_follow_the_time_for_which_a_task_holds_the_machine() -> None:
    assessment = assess_comparison(ten_variants(), FULL)
    variant = assessment.comparison.variants[0]
    seconds = held(variant)
    assert seconds is not None
    assert seconds.value == pytest.approx(1 / (variant.tasks_per_s or 0.0))
    footprint = assessment.footprints[variant.record.name]
    per_life = 241_000 / (4 * 365 * 86_400) * seconds.value
    assert footprint.co2e_embodied.value == pytest.approx(per_life / 0.23)
    assert footprint.sci.value == pytest.approx((footprint.co2e.value or 0.0) + per_life)


def test_sci_for_ai_is_per_token_where_tokens_were_counted() -> None:
    comparison = gpu_and_cpu()
    variants = summary(assess_comparison(comparison, replace(FULL, grid="USA")))["variants"]
    for variant, shape in zip(comparison.variants, variants, strict=True):
        assert variant.energy_per_token is not None
        tokens = (variant.energy_per_task.value or 0.0) / (variant.energy_per_token.value or 1.0)
        score = shape["sci_for_ai"]
        assert (score["system"], score["unit"], score["g_per_unit"]["unit"]) == ("LLM", "token", "g/token")
        assert score["g_per_unit"]["value"] == pytest.approx(shape["sci_per_task_g"]["value"] / tokens)
    classical = summary(assess_comparison(ten_variants(), FULL))["variants"][0]["sci_for_ai"]
    assert (classical["unit"], classical["g_per_unit"]["unit"]) == ("inference", "g/inference")
    assert summary(assess_comparison(ten_variants(), BARE))["variants"][0]["sci_for_ai"] is None
