"""summary.json: what was derived from a run, flat, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from energyprof.analysis.comparison import Quality, VariantResult
from energyprof.footprint.assess import Footprint
from energyprof.footprint.ratio import Held, footprint_ratio, total_ratio
from energyprof.footprint.sci import for_ai_json
from energyprof.report.assessment import Assessment, GridFootprints, factors, held, sci_for_ai
from energyprof.report.headline import headline
from energyprof.report.text import shown

SCHEMA = 1

Shape = dict[str, Any]


def summary(assessment: Assessment) -> Shape:
    """The summary as a JSON document; unknown numbers are null with a reason."""
    comparison = assessment.comparison
    run = comparison.run
    return {
        "schema": SCHEMA,
        "profile": shown(run.profile.name),
        "title": shown(run.profile.title),
        "unit": shown(run.profile.unit),
        "created": run.created,
        "version": run.version,
        "complete": run.complete,
        "quick": run.profile.quick,
        "host": _clean(asdict(run.host)),
        "grid": _grid(assessment),
        "baseline": shown(comparison.baseline),
        "best": None if comparison.best is None else shown(comparison.best),
        "margin": run.profile.margin,
        "verdict": _verdict(assessment),
        "warnings": [shown(warning) for warning in comparison.warnings],
        "coverage": _clean(asdict(comparison.coverage)),
        "idle_power_w": {domain: power.to_json() for domain, power in comparison.idle_power_w.items()},
        "variants": [_variant(variant, assessment) for variant in comparison.variants],
        "over_grids": [_over_grid(grid) for grid in assessment.grids],
        "factors": [_clean(asdict(factor)) for factor in factors(assessment)],
    }


def _verdict(assessment: Assessment) -> Shape:
    top = headline(assessment)
    return {
        "status": top.status,
        "saves": top.saves,
        "sentence": top.sentence,
        "energy_claim": top.energy,
        "quality_claim": top.quality,
        "notes": top.notes,
    }


def _grid(assessment: Assessment) -> Shape:
    site, grid = assessment.site, assessment.grid
    intensity = None if grid is None else grid.intensity
    return {
        "name": None if grid is None else grid.name,
        "label": None if grid is None else grid.label,
        "g_per_kwh": None if intensity is None else intensity.value,
        "year": None if intensity is None else intensity.year,
        "source": None if intensity is None else intensity.source,
        "pue": site.pue,
        "wue_l_per_kwh": site.wue_l_per_kwh,
    }


def _variant(variant: VariantResult, assessment: Assessment) -> Shape:
    record, description = variant.record, variant.record.description
    footprint = assessment.footprints[record.name]
    shape = {
        "name": record.name,
        "status": record.status,
        "error": record.error,
        "stop_reason": record.stop_reason,
        "model": description.model if description else None,
        "backend": description.backend if description else None,
        "precision": description.precision if description else None,
        "device": description.device if description else None,
        "threads": description.threads if description else None,
        "batch_size": record.batch_size,
        "parameters": description.parameters if description else None,
        "size_bytes": description.size_bytes if description else None,
        "weights": description.weights if description else None,
        "licence": description.licence if description else None,
        "parity": description.parity if description else None,
        "tasks": variant.tasks,
        "trials": variant.trials,
        "energy_per_task_j": variant.energy_per_task.to_json(),
        "energy_per_task_net_j": variant.energy_per_task_net.to_json(),
        "idle_per_task_j": variant.idle_per_task.to_json(),
        "energy_per_token_j": variant.energy_per_token.to_json() if variant.energy_per_token else None,
        "energy_per_correct_j": variant.energy_per_correct.to_json() if variant.energy_per_correct else None,
        "domains_j": {domain: quantity.to_json() for domain, quantity in variant.domains.items()},
        "power_w": variant.power_w.to_json(),
        "cpu_s_per_task": variant.cpu_s_per_task.to_json() if variant.cpu_s_per_task else None,
        **_footprint(footprint),
        "sci_for_ai": _sci_for_ai(variant, footprint),
        "latency_s": {"p50": variant.latency_p50_s, "p95": variant.latency_p95_s},
        "tasks_per_s": variant.tasks_per_s,
        "quality": _quality(variant.quality),
        "basis": variant.energy_per_task.basis,
        "vs_baseline": _versus(variant, assessment),
        "warnings": variant.warnings,
    }
    return {key: _clean(value) for key, value in shape.items()}


def _footprint(footprint: Footprint) -> Shape:
    return {
        "co2e_per_task_g": footprint.co2e.to_json(),
        "water_per_task_l": footprint.water.to_json(),
        "water_onsite_per_task_l": footprint.water_onsite.to_json(),
        "water_offsite_per_task_l": footprint.water_offsite.to_json(),
        "water_with_hydro_per_task_l": footprint.water_with_hydro.to_json(),
        "water_withdrawn_per_task_l": footprint.water_withdrawn.to_json(),
        "co2e_market_per_task_g": footprint.co2e_market.to_json(),
        "co2e_embodied_per_task_g": footprint.co2e_embodied.to_json(),
        "co2e_total_per_task_g": footprint.co2e_total.to_json(),
        "sci_per_task_g": footprint.sci.to_json(),
        "electricity_cost_per_task": footprint.electricity_cost.to_json(),
        "hire_cost_per_task": footprint.hire_cost.to_json(),
    }


def _sci_for_ai(variant: VariantResult, footprint: Footprint) -> Shape | None:
    found = sci_for_ai(variant, footprint)
    return None if found is None else for_ai_json(found.system, found.score, footprint.boundary)


def _quality(quality: Quality | None) -> Shape | None:
    return None if quality is None else asdict(quality)


def _versus(variant: VariantResult, assessment: Assessment) -> Shape | None:
    versus, baseline, site = variant.versus, assessment.baseline, assessment.site
    if versus is None or baseline is None:
        return None
    footprints = footprint_ratio(versus.energy_ratio, site)
    own, theirs = (Held(each.energy_per_task, held(each)) for each in (variant, baseline))
    return {
        "energy_ratio": versus.energy_ratio.to_json(),
        "co2e_ratio": footprints.co2e.to_json(),
        "co2e_total_ratio": total_ratio(versus.energy_ratio, own, theirs, site).to_json(),
        "water_ratio": footprints.water.to_json(),
        "cpu_time_ratio": versus.cpu_time_ratio.to_json() if versus.cpu_time_ratio else None,
        "quality_difference": versus.quality_difference.to_json() if versus.quality_difference else None,
        "cheaper": versus.cheaper,
        "verdict": versus.verdict,
    }


def _over_grid(grid: GridFootprints) -> Shape:
    """The best variant and the baseline on one grid; the joules are the same on all."""
    sides = {"best": grid.subject, "baseline": grid.baseline}
    return {
        "grid": grid.name,
        "label": grid.label,
        "accounting": grid.accounting,
        **{side: None if footprint is None else _footprint(footprint) for side, footprint in sides.items()},
    }


def _clean(value: Any) -> Any:
    """The same JSON value, its strings fit to be shown to anybody."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value
