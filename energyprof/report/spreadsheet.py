"""summary.csv: one row a variant, units in the column names, an empty cell for what is not known."""

from __future__ import annotations

import csv
import io

from energyprof.analysis.comparison import VariantResult
from energyprof.model.quantity import Quantity
from energyprof.report.assessment import Assessment
from energyprof.report.text import shown

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%")

Value = str | int | float | None


def spreadsheet(assessment: Assessment) -> str:
    """The table as CSV (RFC 4180)."""
    rows = [_row(variant, assessment) for variant in assessment.comparison.variants]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["variant"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def cell(text: str | None) -> str:
    """Text that no spreadsheet takes for a formula: one that starts like one gets an apostrophe in front."""
    clean = shown(text or "")
    return f"'{clean}" if clean.startswith(_FORMULA_STARTS) else clean


def _row(variant: VariantResult, assessment: Assessment) -> dict[str, Value]:
    record, description, versus = variant.record, variant.record.description, variant.versus
    footprint, quality = assessment.footprints[record.name], variant.quality
    return {
        "variant": cell(record.name),
        "status": record.status,
        "error": cell(record.error),
        "model": cell(description.model if description else None),
        "backend": cell(description.backend if description else None),
        "precision": cell(description.precision if description else None),
        "device": cell(description.device if description else None),
        "batch_size": record.batch_size,
        "parameters": description.parameters if description else None,
        "weights": description.weights if description else None,
        "trials": variant.trials,
        "tasks": variant.tasks,
        "basis": variant.energy_per_task.basis,
        **_with_bounds("energy_per_task", "j", variant.energy_per_task),
        **_with_bounds("energy_per_task_net", "j", variant.energy_per_task_net),
        "energy_per_token_j": _value(variant.energy_per_token),
        "energy_per_correct_j": _value(variant.energy_per_correct),
        "power_w": _value(variant.power_w),
        "cpu_s_per_task": _value(variant.cpu_s_per_task),
        **_with_bounds("co2e_per_task", "g", footprint.co2e),
        **_with_bounds("water_per_task", "l", footprint.water),
        "water_with_hydro_per_task_l": _value(footprint.water_with_hydro),
        "water_withdrawn_per_task_l": _value(footprint.water_withdrawn),
        "co2e_embodied_per_task_g": _value(footprint.co2e_embodied),
        "sci_per_task_g": _value(footprint.sci),
        "electricity_cost_per_task": _value(footprint.electricity_cost),
        "electricity_cost_currency": _currency(footprint.electricity_cost),
        "hire_cost_per_task": _value(footprint.hire_cost),
        "hire_cost_currency": _currency(footprint.hire_cost),
        "latency_p50_s": variant.latency_p50_s,
        "latency_p95_s": variant.latency_p95_s,
        "tasks_per_s": variant.tasks_per_s,
        "quality_metric": cell(quality.metric if quality else None),
        "quality": quality.value if quality else None,
        "quality_low": quality.low if quality else None,
        "quality_high": quality.high if quality else None,
        **_with_outer_bounds("energy_ratio_to_baseline", versus.energy_ratio if versus else None),
        **_with_outer_bounds("quality_difference_to_baseline", versus.quality_difference if versus else None),
        "verdict": versus.verdict if versus else None,
    }


def _value(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.value


def _currency(cost: Quantity) -> str | None:
    return None if cost.value is None else cost.unit


def _with_bounds(name: str, unit: str, quantity: Quantity) -> dict[str, Value]:
    """Value, repeatability and total interval. An upper bound of an unknown value is not an interval: left out."""
    known = quantity.value is not None
    return {
        f"{name}_{unit}": quantity.value,
        f"{name}_low_{unit}": quantity.low if known else None,
        f"{name}_high_{unit}": quantity.high if known else None,
        f"{name}_total_low_{unit}": quantity.total_low if known else None,
        f"{name}_total_high_{unit}": quantity.total_high if known else None,
    }


def _with_outer_bounds(name: str, quantity: Quantity | None) -> dict[str, Value]:
    """Value and the interval that a verdict rests on."""
    known = quantity is not None and quantity.value is not None
    low, high = quantity.outer() if quantity is not None and known else (None, None)
    return {name: _value(quantity), f"{name}_low": low, f"{name}_high": high}
