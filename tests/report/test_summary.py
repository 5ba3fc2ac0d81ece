"""summary.json, as programs outside rely on it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from report.rendered import assessed, summarised
from report.synthetic import CASES

from energyprof.model.quantity import Quantity
from energyprof.report.headline import STATUS

QUANTITY = {"value", "low", "high", "unit", "basis"}
VARIANT = {
    "name", "model", "backend", "precision", "device", "parameters", "weights", "tasks", "trials",
    "energy_per_task_j", "energy_per_task_net_j", "co2e_per_task_g", "water_per_task_l", "energy_per_token_j",
    "latency_s", "quality", "basis", "vs_baseline",
}  # fmt: skip
TOP = {"schema", "profile", "created", "host", "grid", "baseline", "verdict", "warnings", "coverage", "variants"}


def variants(case: str, grid: str | None = "FRA") -> list[dict[str, Any]]:
    found = summarised(case, grid)["variants"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_promised_keys_are_there_in_every_case(case: str) -> None:
    document: dict[str, Any] = summarised(case)
    assert document.keys() >= TOP
    assert document["schema"] == 1
    assert document["verdict"]["status"] in STATUS
    for variant in document["variants"]:
        assert variant.keys() >= VARIANT
        assert variant["latency_s"].keys() == {"p50", "p95"}
        for key in ("energy_per_task_j", "energy_per_task_net_j", "co2e_per_task_g", "water_per_task_l"):
            assert variant[key].keys() >= QUANTITY


@pytest.mark.parametrize("case", sorted(CASES))
def test_it_is_strict_json(case: str) -> None:
    assert json.loads(json.dumps(summarised(case), allow_nan=False)) == summarised(case)


def test_values_are_those_of_the_comparison() -> None:
    assessment = assessed("gpu_and_cpu")
    for shape, variant in zip(variants("gpu_and_cpu"), assessment.comparison.variants, strict=True):
        assert Quantity.from_json(shape["energy_per_task_j"]) == variant.energy_per_task
        assert Quantity.from_json(shape["co2e_per_task_g"]) == assessment.footprints[variant.record.name].co2e
        assert shape["energy_per_token_j"]["unit"] == "J/token"


def test_what_is_not_known_is_null_with_a_reason() -> None:
    energy = variants("nothing_measurable")[0]["energy_per_task_j"]
    assert energy["value"] is None
    assert energy["reason"] == "Nothing on this machine can be metered."


def test_without_a_grid_co2e_is_null_and_stands_over_the_named_grids() -> None:
    document: dict[str, Any] = summarised("all_estimated", None)
    assert document["grid"]["name"] is None
    assert all(variant["co2e_per_task_g"]["value"] is None for variant in document["variants"])
    grids = {entry["grid"]: entry["best"]["co2e_per_task_g"]["value"] for entry in document["over_grids"]}
    assert grids["SWE"] < grids["IND"]


def test_the_baseline_is_held_against_nothing() -> None:
    by_name = {variant["name"]: variant for variant in variants("ten_variants")}
    assert by_name["resnet-wide-torch-fp32"]["vs_baseline"] is None
    assert by_name["cnn-onnx-int8"]["vs_baseline"].keys() >= {"energy_ratio", "quality_difference", "verdict"}


def test_a_failed_variant_keeps_its_reason() -> None:
    failed = variants("one_failed")[1]
    assert failed["status"] == "failed"
    assert "ran out of memory" in failed["error"]
    assert failed["quality"] is None


def test_nothing_private_is_in_it() -> None:
    text = json.dumps(summarised("hostile"), ensure_ascii=False)
    assert "alice" not in text
    assert "\u202e" not in text


def test_the_status_is_of_quality_and_saving_stands_beside_it() -> None:
    expected = {"ten_variants": True, "nothing_saved": False, "saving_not_settled": None}
    for case, saves in expected.items():
        document: dict[str, Any] = summarised(case)
        assert (document["verdict"]["status"], document["verdict"]["saves"]) == ("good_enough", saves)


def test_footprints_at_one_site_stand_in_the_ratio_of_the_energies() -> None:
    for variant in variants("ten_variants"):
        versus = variant["vs_baseline"]
        if versus is not None:
            assert versus["co2e_ratio"] == versus["water_ratio"] == versus["energy_ratio"]
