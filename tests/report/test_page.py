"""The page, as a parser sees it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from report.rendered import assessed, document, page
from report.synthetic import CASES, HOSTILE, all_estimated, gpu_and_cpu

from energyprof.footprint.site import Site
from energyprof.model.record import dumps
from energyprof.report import figures
from energyprof.report.assessment import assess_comparison
from energyprof.report.page import command, moment, page_html
from energyprof.report.text import shown

MOST_BYTES = 300_000
SOME = ["ten_variants", "all_estimated", "partly_estimated", "nothing_measurable", "one_failed", "hostile"]


@pytest.mark.parametrize("case", SOME)
def test_it_is_one_well_formed_document(case: str) -> None:
    parsed = document(case)
    assert page(case).startswith("<!DOCTYPE html>")
    assert parsed.unbalanced is None
    assert parsed.open == []
    assert parsed.named("html") == [{"lang": "en"}]
    assert [len(parsed.named(tag)) for tag in ("h1", "title", "main", "header", "footer")] >= [1] * 5
    assert len(parsed.named("h1")) == len(parsed.named("main")) == 1


@pytest.mark.parametrize("case", SOME)
def test_ids_are_unique_and_every_reference_is_there(case: str) -> None:
    ids = [attributes["id"] for _, attributes in document(case).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in document(case).tags:
        assert set((attributes.get("aria-labelledby") or "").split()) <= set(ids)


@pytest.mark.parametrize("case", SOME)
def test_nothing_is_loaded_from_anywhere(case: str) -> None:
    for tag, attributes in document(case).tags:
        assert "src" not in attributes
        if tag != "a":
            assert re.fullmatch(r"#.*|data:,", attributes.get("href") or "#")
    assert not re.search(r"@import|url\((?!#)", page(case))


@pytest.mark.parametrize("case", SOME)
def test_the_policy_admits_this_pages_own_style_and_script_and_nothing_else(case: str) -> None:
    html = page(case)
    (policy,) = [meta["content"] or "" for meta in document(case).named("meta") if "http-equiv" in meta]
    for tag in ("style", "script"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not any("style" in attributes for _, attributes in document(case).tags)
    assert not any(name.startswith("on") for _, attributes in document(case).tags for name in attributes)


@pytest.mark.parametrize("case", SOME)
def test_it_is_small(case: str) -> None:
    assert len(page(case).encode()) < MOST_BYTES


def test_the_same_run_gives_the_same_bytes() -> None:
    assert page_html(assess_comparison(gpu_and_cpu(), Site("FRA"))) == page("gpu_and_cpu")


def test_every_section_is_there() -> None:
    assert [re.sub(r"\s+", " ", heading) for heading in headings(page("ten_variants"))] == [
        "1 warning",
        "Energy per image",
        "Quality against energy",
        "Where the energy goes",
        "Power over time",
        "Trial by trial",
        "CO₂e by electricity grid",
        "Water by electricity grid",
        "Latency",
        "All variants",
        "Carbon, water and cost, part by part",
        "Quality by class of item",
        "What ran",
        "How this was measured",
        "Where it ran",
        "Sensors",
        "Factors and their sources",
    ]


def headings(html: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", html, re.DOTALL)


@pytest.mark.parametrize("case", sorted(CASES))
def test_green_is_kept_for_good_enough_with_a_saving(case: str) -> None:
    comparison = assessed(case).comparison
    praised = comparison.verdict == "good_enough" and comparison.saves is True
    assert ('<div class="verdict good_enough">' in page(case)) == praised
    assert ("✓" in verdict_box(page(case))) == praised


def test_a_badge_says_where_nothing_is_saved_or_it_is_not_settled() -> None:
    assert "✕ Saves nothing padded is good enough, but saves nothing: accuracy" in plain(
        verdict_box(page("nothing_saved"))
    )
    assert "? Good enough, saving not settled twin is good enough: accuracy" in plain(
        verdict_box(page("saving_not_settled"))
    )


def verdict_box(html: str) -> str:
    return html[html.index('<div class="verdict') : html.index("</header>")]


def test_the_two_claims_stand_apart() -> None:
    energy, quality = re.findall(r'<p class="claim \w+">(.*?)</p>', verdict_box(page("ten_variants")))
    comparison = assessed("ten_variants").comparison
    assert plain(energy) == comparison.energy_claim
    assert plain(quality) == f"✓ Good enough {comparison.quality_claim}"


def plain(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html).replace("\u00a0", " ")


def test_many_warnings_do_not_push_the_charts_away() -> None:
    comparison = replace(gpu_and_cpu(), warnings=[f"Warning number {n}." for n in range(9)])
    html = page_html(assess_comparison(comparison, Site("FRA")))
    assert "<summary>5 more</summary>" in html
    assert all(f"Warning number {n}." in html for n in range(9))


@pytest.mark.parametrize("case", ["ten_variants", "all_estimated", "gpu_and_cpu"])
def test_the_numbers_are_those_of_the_comparison(case: str) -> None:
    assessment, text = assessed(case), document(case).text
    for variant in assessment.comparison.variants:
        name = variant.record.name
        assert figures.figure(variant.energy_per_task, figures.JOULES).value in text
        assert figures.figure(figures.per_million(assessment.footprints[name].co2e), figures.GRAMS).value in text
        assert figures.figure(figures.per_million(assessment.footprints[name].water), figures.LITRES).value in text
        assert variant.quality is not None
        assert figures.score(variant.quality.metric, variant.quality.value).replace(" %", "\u00a0%") in page(case)
        assert figures.seconds(variant.latency_p50_s) in text


def test_estimated_joules_say_so_beside_what_was_observed() -> None:
    text = document("all_estimated").text
    assert "The joules are estimated from CPU time, not metered. What was observed:" in text
    subject = assessed("all_estimated").subject
    assert subject is not None
    assert subject.versus is not None
    assert figures.ratio(subject.versus.cpu_time_ratio).value in text
    assert "estimated from CPU time" in cards(page("all_estimated"))[0]
    assert "metered" not in cards(page("all_estimated"))[0]


def test_a_partly_estimated_figure_names_the_part_and_its_share() -> None:
    assert "partly estimated (cpu:model)" in cards(page("partly_estimated"))[0]
    assert "of the joules of small" in document("partly_estimated").text


def cards(html: str) -> list[str]:
    return re.findall(r'<li><p class="title">.*?</li>', html, re.DOTALL)


def test_the_cards_name_grid_year_and_intensity() -> None:
    energy, quality, carbon, water = cards(page("ten_variants"))
    grid = assessed("ten_variants").grid
    assert grid is not None
    assert f"{grid.label} {grid.intensity.year}, {grid.intensity.value:.3g} g/kWh (lifecycle)" in carbon
    assert "with the ranges of the factors" in carbon
    assert "with reservoirs" in water
    assert all("baseline" in card for card in (energy, quality, carbon, water))


def test_a_number_for_the_grid_is_exact_and_the_card_says_no_more() -> None:
    _, _, carbon, _ = cards(page("ten_variants", 94))
    assert "a grid of 94 g/kWh, 94 g/kWh (as given)" in carbon
    assert "ranges of the factors" not in carbon
    assert "in a re-run here" in carbon
    assert "by a reference meter" in cards(page("gpu_and_cpu", 94))[2]


def test_without_a_grid_the_cards_give_a_range_and_how_to_set_one() -> None:
    _, _, carbon, water = cards(page("all_estimated", None))
    assert "from Sweden to India, lifecycle" in carbon
    assert "--grid FRA" in carbon
    assert "No grid is set" in water
    assert "CO₂e by electricity grid" in headings(page("all_estimated", None))


def test_what_is_unknown_is_said_with_its_reason() -> None:
    energy, _, carbon, water = cards(page("nothing_measurable"))
    assert "Nothing on this machine can be metered." in energy
    assert figures.UNKNOWN in carbon
    assert figures.UNKNOWN in water
    assert ">0 J<" not in page("nothing_measurable")
    assert "nan" not in document("nothing_measurable").text.lower().split()


def test_a_failed_variant_is_in_the_table_with_its_reason() -> None:
    assert re.search(
        r'huge-fp32.*?<td class="reason" colspan="\d+">The worker was ended', page("one_failed"), re.DOTALL
    )


def test_a_cut_off_run_says_so() -> None:
    text = document("cut_off").text
    assert "The run was cut off" in text
    assert "ended early" in text


def test_a_sensor_that_was_missing_is_there_with_the_command_that_would_help() -> None:
    assert "sudo chmod a+r /sys/class/powercap/intel-rapl:0/energy_uj" in document("all_estimated").text


def test_every_factor_names_source_year_and_licence() -> None:
    text = document("ten_variants").text
    for footprint in assessed("ten_variants").footprints.values():
        for factor in footprint.factors:
            assert factor.source in text
            assert str(factor.year or "") in text
            assert factor.licence is None or factor.licence in text


def test_hostile_names_are_only_text() -> None:
    html, text = page("hostile"), document("hostile").text
    assert "</script><b>" not in html.replace("</script>\n</body>", "")
    assert len(document("hostile").named("script")) == 1
    assert not document("hostile").named("b")
    assert " ".join(shown(HOSTILE).split()) in text
    assert "\u202e" not in html
    assert "\x00" not in html


def test_a_link_to_a_script_is_not_a_link() -> None:
    assessment = assessed("gpu_and_cpu")
    name, footprint = next(iter(assessment.footprints.items()))
    factor = replace(footprint.factors[0], id="evil", url="javascript:alert(1)")
    worse = replace(assessment, footprints={**assessment.footprints, name: replace(footprint, factors=[factor])})
    assert "javascript:" not in page_html(worse)


def test_nothing_private_is_on_the_page() -> None:
    html = page("hostile")
    assert "alice" not in html
    assert "/home" not in html
    assert "~/models/secret.bin" in html


def test_the_footer_identifies_the_run_and_makes_the_page_again() -> None:
    run = assessed("ten_variants").comparison.run
    assert hashlib.sha256(dumps(run).encode()).hexdigest() in page("ten_variants")
    assert command(run, Site("FRA")) == "energyprof report reports/digits"
    assert command(run, Site("DEU", pue=1.2)) == "energyprof report reports/digits --grid DEU --pue 1.2"
    odd = replace(run, profile=replace(run.profile, name="a; rm -rf b"))
    assert command(odd, Site("FRA")) == "energyprof report 'reports/a; rm -rf b'"


def test_the_date_is_in_utc() -> None:
    assert moment("2026-03-14T10:26:53+01:00") == "2026-03-14 09:26 UTC"
    assert moment("yesterday") == "yesterday"


def test_the_table_sorts_by_numbers_and_not_by_their_text() -> None:
    keys = re.findall(r'<td data-key="([^"]+)"', page("ten_variants"))
    assert len(keys) > 100
    assert all(float(key) == float(key) for key in keys)


def test_a_quick_run_says_so() -> None:
    comparison = all_estimated()
    run = replace(comparison.run, profile=replace(comparison.run.profile, quick=True))
    html = page_html(assess_comparison(replace(comparison, run=run), Site("FRA")))
    assert "A quick run: fewer trials" in html
