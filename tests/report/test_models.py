"""The table of what ran."""

from __future__ import annotations

from dataclasses import replace

from report.rendered import assessed, document
from report.synthetic import CASES, HOSTILE

from energyprof.analysis.comparison import Comparison
from energyprof.report.models import NONE, model_lines, remarks
from energyprof.report.text import shown


def test_each_loaded_variant_has_a_line_and_a_failed_one_has_none() -> None:
    comparison = CASES["one_failed"]()
    loaded = [v.record.name for v in comparison.variants if v.record.description is not None]
    assert len(loaded) < len(comparison.variants)
    assert [line.name for line in model_lines(comparison)] == loaded


def test_an_export_shows_how_far_it_is_from_pytorch_and_pytorch_in_fp32_has_nothing_to_show() -> None:
    lines = {line.name: line for line in model_lines(CASES["ten_variants"]())}
    by_runtime = {(line.runtime.split()[0], line.parity) for line in lines.values()}
    assert by_runtime >= {("torch", NONE), ("onnxruntime", "4e-06")}


def test_pytorch_in_another_precision_was_not_compared() -> None:
    assert model_lines(_first_in("bf16"))[0].parity == "not known"


def test_what_the_backend_remarked_is_on_the_page() -> None:
    remark = assessed("hostile").comparison.variants[0].record.description
    assert remark is not None
    assert " ".join(shown(remark.notes[0]).split()) in document("hostile").text
    assert HOSTILE not in document("hostile").text


def test_a_remark_about_several_variants_stands_once_with_their_names() -> None:
    comparison = CASES["ten_variants"]()
    found = remarks(comparison)
    assert len({remark.text for remark in found}) == len(found)
    names = [name for remark in found for name in remark.variants]
    assert sorted(names) == sorted(variant.record.name for variant in comparison.variants)


def _first_in(precision: str) -> Comparison:
    comparison = CASES["ten_variants"]()
    first = comparison.variants[0]
    assert first.record.description is not None
    description = replace(first.record.description, backend="torch", precision=precision, parity=None)
    return replace(comparison, variants=[replace(first, record=replace(first.record, description=description))])
