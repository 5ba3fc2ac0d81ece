"""How variants and domains look."""

from __future__ import annotations

from dataclasses import replace

from report.synthetic import ten_variants
from report.synthetic_comparison import comparison
from report.synthetic_run import RAPL, Shape

from energyprof.report import look


def test_ten_variants_are_told_apart_without_their_names() -> None:
    looks = look.looks(ten_variants().variants)
    assert len({(each.colour, each.marker) for each in looks.values()}) == 10


def test_one_colour_a_model_and_one_marker_a_build() -> None:
    looks = look.looks(ten_variants().variants)
    assert looks["cnn-torch-fp32"].colour == looks["cnn-onnx-int8"].colour != looks["mlp-onnx-int8"].colour
    assert looks["cnn-onnx-int8"].marker == looks["resnet-onnx-int8"].marker != looks["cnn-torch-fp32"].marker


def test_more_models_than_colours_still_differ() -> None:
    shapes = [Shape(f"m{n}", f"model {n}", "torch", "fp32", {"cpu:package-0": 1.0}, 0.1, 0.9) for n in range(9)]
    looks = look.looks(comparison(shapes, RAPL, baseline="m0").variants)
    assert len({(each.colour, each.marker) for each in looks.values()}) == 9


def test_a_variant_that_never_loaded_has_a_look() -> None:
    variant = ten_variants().variants[0]
    unloaded = replace(variant, record=replace(variant.record, description=None))
    assert look.looks([unloaded])["mlp-torch-fp32"].model == "mlp-torch-fp32"


def test_estimated_joules_are_hatched_otherwise_than_metered_ones() -> None:
    for kind in ("gpu", "cpu", "dram", "idle", "battery"):
        metered, estimated = (look.HATCHES[look.fill(kind, estimated=flag)] for flag in (False, True))
        assert metered.colour == estimated.colour
        assert (metered.open, estimated.open) == (False, True)
