"""summary.csv."""

from __future__ import annotations

import csv
import io

import pytest
from report.rendered import assessed

from energyprof.report.spreadsheet import cell, spreadsheet


def rows(case: str, grid: str | None = "FRA") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(spreadsheet(assessed(case, grid)))))


def test_one_row_a_variant_with_full_precision() -> None:
    variants = assessed("ten_variants").comparison.variants
    for row, variant in zip(rows("ten_variants"), variants, strict=True):
        assert row["variant"] == variant.record.name
        assert float(row["energy_per_task_j"]) == variant.energy_per_task.value
        assert float(row["energy_per_task_low_j"]) == variant.energy_per_task.low


def test_what_a_verdict_rests_on_has_the_interval_that_decides_it() -> None:
    for row, variant in zip(rows("all_estimated"), assessed("all_estimated").comparison.variants, strict=True):
        if variant.versus is None:
            assert row["energy_ratio_to_baseline_low"] == row["energy_ratio_to_baseline_high"] == ""
            continue
        low, high = variant.versus.energy_ratio.outer()
        assert float(row["energy_ratio_to_baseline_low"]) == low
        assert float(row["energy_ratio_to_baseline_high"]) == high
        assert variant.versus.quality_difference is not None
        assert float(row["quality_difference_to_baseline_low"]) == variant.versus.quality_difference.low


def test_every_number_has_its_unit_in_its_columns_name() -> None:
    units = ("_j", "_w", "_g", "_l", "_s", "_per_s", "_per_task")
    plain = {
        "variant", "status", "error", "model", "backend", "precision", "device", "batch_size", "parameters", "weights",
        "trials", "tasks", "basis", "quality_metric", "quality", "quality_low", "quality_high",
        "energy_ratio_to_baseline", "energy_ratio_to_baseline_low", "energy_ratio_to_baseline_high",
        "quality_difference_to_baseline", "quality_difference_to_baseline_low", "quality_difference_to_baseline_high",
        "verdict", "electricity_cost_currency", "hire_cost_currency",
    }  # fmt: skip
    assert {name for name in rows("gpu_and_cpu")[0] if not name.endswith(units)} == plain


def test_what_is_not_known_is_an_empty_cell() -> None:
    assert rows("nothing_measurable")[0]["energy_per_task_j"] == ""
    assert rows("all_estimated", None)[0]["co2e_per_task_g"] == ""
    assert rows("one_failed")[1]["quality"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%x"])
def test_a_name_is_never_a_formula(name: str) -> None:
    assert cell(name) == f"'{name}"


def test_leading_white_space_does_not_smuggle_one_in() -> None:
    assert cell("\t=1+1") == "'=1+1"
    assert cell("\r\n=1+1") == "'=1+1"


def test_hostile_names_stay_in_their_cell() -> None:
    assert len(rows("hostile")) == 4
    assert rows("hostile")[1]["variant"] == "'=1+1"
    assert not any(value.startswith(("=", "+", "@")) for row in rows("hostile") for value in row.values())
