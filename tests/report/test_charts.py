"""The charts of every synthetic comparison."""

from __future__ import annotations

import re

import pytest
from report.rendered import drawn
from report.synthetic import partly_estimated, ten_variants
from report.synthetic_comparison import comparison
from report.synthetic_run import RAPL, Shape

from energyprof.report import canvas, chart_quality, chart_trials, look
from energyprof.report.chart_breakdown import Part, part_name, parts

MOST_BYTES = 40_000


def test_everything_known_gives_every_chart() -> None:
    assert list(drawn("gpu_and_cpu")) == [
        "energy",
        "quality",
        "breakdown",
        "power",
        "trials",
        "carbon",
        "water",
        "latency",
    ]


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("without_quality", {"quality"}),
        ("one_failed", {"quality"}),
        ("nothing_measurable", {"energy", "quality", "breakdown", "power", "trials", "carbon", "water"}),
    ],
)
def test_a_chart_without_numbers_is_left_out(case: str, missing: set[str]) -> None:
    everything = {"energy", "quality", "breakdown", "power", "trials", "carbon", "water", "latency"}
    assert set(drawn(case)) == everything - missing


@pytest.mark.parametrize("case", ["ten_variants", "gpu_and_cpu", "hostile"])
def test_each_chart_is_small(case: str) -> None:
    sizes = {name: len(chart.encode()) for name, chart in drawn(case).items()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_sixty_trials_of_ten_variants_are_small() -> None:
    shapes = [Shape(f"v{n}", f"m{n % 4}", "torch", f"p{n}", {"cpu:package-0": 1.0 + n}, 0.5, 0.9) for n in range(10)]
    result = comparison(shapes, RAPL, baseline="v0", blocks=60)
    with canvas.style():
        chart = chart_trials.trials_chart(result)
    assert chart is not None
    assert len(chart.svg.encode()) < MOST_BYTES


def test_the_parts_of_a_bar_add_up_to_its_gross_joules() -> None:
    result = partly_estimated()
    domains = {timeline.domain.id: timeline.domain for timeline in result.run.timelines}
    for variant in result.variants:
        pieces = parts(variant, result.idle_power_w, domains)
        assert sum(piece.energy_j for piece in pieces) == pytest.approx(variant.energy_per_task.value)
        assert sum(piece.energy_j for piece in pieces if piece.kind == "idle") == pytest.approx(
            variant.idle_per_task.value
        )


def test_without_idle_power_a_bar_shows_gross_joules() -> None:
    result = ten_variants()
    domains = {timeline.domain.id: timeline.domain for timeline in result.run.timelines}
    pieces = parts(result.variants[0], {}, domains)
    assert [piece.kind for piece in pieces] == ["cpu", "dram"]
    assert sum(piece.energy_j for piece in pieces) == pytest.approx(result.variants[0].energy_per_task.value)


def test_an_estimated_part_says_so() -> None:
    assert part_name(Part("cpu", True, 1.0)) == "CPU (estimated)"
    assert part_name(Part("idle", False, 1.0)) == "Idle share"


def test_the_front_holds_what_nothing_beats() -> None:
    looks = look.looks(ten_variants().variants)
    points = [
        chart_quality.Point(variant, variant.energy_per_task.value, variant.quality, looks[variant.record.name])
        for variant in ten_variants().variants
        if variant.energy_per_task.value is not None and variant.quality is not None
    ]
    front = [point.variant.record.name for point in chart_quality.pareto_front(points)]
    assert front == [
        "mlp-onnx-int8",
        "mlp-onnx-fp32",
        "cnn-onnx-int8",
        "cnn-onnx-fp32",
        "resnet-onnx-int8",
        "resnet-onnx-fp32",
        "resnet-wide-torch-fp32",
    ]


def test_the_power_caption_says_where_joules_come_from() -> None:
    metered, modelled = drawn("one_failed")["power"], drawn("all_estimated")["power"]
    assert "read from the counters, not from this curve" in metered
    assert "the model that turns CPU time into watts" in modelled
    assert "counters" not in modelled


def test_grids_that_count_alike_stand_side_by_side_and_name_what_they_count() -> None:
    for chart in (drawn("ten_variants")["carbon"], drawn("ten_variants", None)["carbon"]):
        assert "Sweden (lifecycle)" in chart
        assert "the range that energyprof estimates for the intensity of each grid" in chart
    assert "France (yours, lifecycle)" in drawn("ten_variants")["carbon"]


@pytest.mark.parametrize(
    ("grid", "label", "reason"),
    [
        ("US-VT", "Vermont (yours, direct)", "counts direct emissions of combustion only"),
        ("CN-BJ", "(yours, CO2 only)", "counts CO₂ of combustion only"),
        ("CA-NU", "Nunavut (yours, mixed)", "but oil by its combustion only"),
        (94, "a grid of 94 g/kWh (yours)", "Your number is taken as exact"),
    ],
)
def test_a_grid_that_counts_otherwise_stands_alone_and_the_caption_says_why(
    grid: str | float, label: str, reason: str
) -> None:
    chart = drawn("ten_variants", grid)["carbon"]
    assert label in chart
    assert reason in chart
    assert "Your grid alone" in chart
    assert "Sweden" not in chart


def test_what_a_carbon_intensity_counts_takes_no_grid_from_the_water_chart() -> None:
    chart = drawn("ten_variants", "US-VT")["water"]
    assert "Vermont (yours)" in chart
    assert "Sweden" in chart


def test_one_variant_alone_is_drawn() -> None:
    assert "energy" in drawn("one_failed")


def test_every_value_of_the_energy_chart_can_be_hovered() -> None:
    assert len(re.findall("<title>", drawn("ten_variants")["energy"])) == 10


def test_a_legend_that_would_be_ambiguous_is_left_out() -> None:
    shapes = [Shape(f"m{n}", f"model {n}", "torch", "fp32", {"cpu:package-0": 1.0 + n}, 0.1, 0.9) for n in range(9)]
    with canvas.style():
        chart = chart_quality.quality_chart(comparison(shapes, RAPL, baseline="m0"))
    assert chart is not None
    assert "model 3" not in chart.svg
    assert "Colour stands for" not in chart.caption
    assert "Colour stands for the model" in drawn("ten_variants")["quality"]
    assert ">resnet-wide</text>" in drawn("ten_variants")["quality"]
