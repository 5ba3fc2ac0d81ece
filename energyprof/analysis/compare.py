"""A run becomes a comparison: each variant's figures, each against the baseline, and one verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from energyprof.analysis.calibration import Part, basis_of, with_total
from energyprof.analysis.comparison import (
    Comparison,
    Quality,
    TrialEnergy,
    VariantResult,
    Verdict,
    VersusBaseline,
)
from energyprof.analysis.coverage import coverage
from energyprof.analysis.energy_ratio import Measured, cheaper, energy_ratio, gross_j, measured_trials
from energyprof.analysis.quality import difference, non_inferiority, quality
from energyprof.analysis.quiet import quiet_power
from energyprof.analysis.statistics import mean, ratio
from energyprof.analysis.trials import Meters, TrialDomain, counted, meters, trial_domains
from energyprof.analysis.verdict import choose, energy_claim, quality_claim
from energyprof.analysis.warnings import findings, run_warnings, sentences
from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis, Quantity, unknown
from energyprof.model.run import Run, Score, Trial, VariantRecord


def compare(run: Run) -> Comparison:
    """Everything that a report says of energy and quality, derived from the evidence alone."""
    run_meters = meters(run.timelines)
    measured = {record.name: measured_trials(run, record.name, run_meters) for record in run.variants}
    scores = {score.variant: score for score in run.scores}
    variants = [_result(run, record, run_meters, measured, scores) for record in run.variants]
    best, verdict = choose(variants, run.profile.baseline)
    return Comparison(
        run,
        variants,
        run.profile.baseline,
        best,
        verdict,
        energy_claim(variants, run.profile, best),
        quality_claim(variants, run.profile, best, verdict),
        coverage(run, run_meters),
        {domain.id: _idle_power(run, run_meters, domain) for domain in run_meters.domains},
        run_warnings(run, run_meters, variants),
    )


def _result(
    run: Run,
    record: VariantRecord,
    run_meters: Meters,
    measured: dict[str, Measured],
    scores: dict[str, Score],
) -> VariantResult:
    trials = measured[record.name]
    score = scores.get(record.name)
    found = quality(score) if score is not None else None
    tasks = sum(trial.requests for trial, _ in trials)
    energies = [gross_j(parts) / trial.requests for trial, parts in trials]
    gross = _quantity(energies, trials, "J", _tasks)
    latencies_s = sorted(latency for trial, _ in trials for latency in trial.latencies_s)
    own = [trial for trial in run.trials if trial.variant == record.name]
    found_odd = findings(record, energies, [trial for trial, _ in trials])
    return VariantResult(
        record=record,
        trials=len(trials),
        tasks=tasks,
        energy_per_task=gross if trials else unknown("J", _why_unmeasured(run, record, run_meters)),
        energy_per_task_net=_net(trials),
        energy_per_token=_per_token(trials),
        energy_per_correct=_per_correct(gross, found, score),
        idle_per_task=_idle(trials),
        power_w=_power(trials),
        domains=_by_domain(trials),
        cpu_s_per_task=_cpu_s_per_task(trials),
        latency_p50_s=quantile(latencies_s, 0.50),
        latency_p95_s=quantile(latencies_s, 0.95),
        tasks_per_s=tasks / sum(trial.end_s - trial.start_s for trial, _ in trials) if trials else None,
        quality=found,
        trial_energies=[_trial_energy(run, trial, run_meters) for trial in own],
        versus=_versus(run, record.name, measured, scores),
        warnings=sentences(found_odd),
        findings=found_odd,
    )


def _trial_energy(run: Run, trial: Trial, run_meters: Meters) -> TrialEnergy:
    parts = trial_domains(run_meters, trial, run.idle)
    return TrialEnergy(trial, gross_j(parts) / trial.requests if parts else None)


def _tasks(trial: Trial) -> float:
    return trial.requests


def _tokens_out(trial: Trial) -> float:
    return trial.tokens_out or 0


def _quantity(values: Sequence[float], trials: Measured, unit: str, per: object) -> Quantity:
    """Mean over trials with its repeatability and its total interval."""
    if not values:
        return unknown(unit, "no trial could be measured")
    found = mean(values)
    counts = [float(per(trial)) for trial, _ in trials] if callable(per) else [1.0] * len(trials)
    parts = [
        Part(
            domain,
            _mean_of([_of(parts, domain).energy_j / count for (_, parts), count in zip(trials, counts, strict=True)]),
            _mean_of([_of(parts, domain).low_j / count for (_, parts), count in zip(trials, counts, strict=True)]),
            _mean_of([_of(parts, domain).high_j / count for (_, parts), count in zip(trials, counts, strict=True)]),
        )
        for domain in _domains(trials)
    ]
    return with_total(found.value, found.half_width, unit, parts)


def _domains(trials: Measured) -> list[Domain]:
    return [part.domain for part in trials[0][1]]


def _of(parts: Sequence[TrialDomain], domain: Domain) -> TrialDomain:
    return next(part for part in parts if part.domain.id == domain.id)


def _mean_of(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _simple(values: Sequence[float], unit: str, basis: Basis) -> Quantity:
    """Mean over trials with its repeatability only."""
    found = mean(values)
    if found.half_width is None:
        return Quantity(found.value, None, None, unit, basis, "one trial shows no spread")
    return Quantity(found.value, found.value - found.half_width, found.value + found.half_width, unit, basis)


def _net(trials: Measured) -> Quantity:
    """Above warm idle: gross minus the idle power seen around each trial times its duration."""
    if not trials:
        return unknown("J", "no trial could be measured")
    if any(part.idle_j is None for _, parts in trials for part in parts):
        return unknown("J", "idle power was not seen around every trial", basis_of(_domains(trials)))
    values = [
        math.fsum(part.energy_j - (part.idle_j or 0.0) for part in parts) / trial.requests for trial, parts in trials
    ]
    net = _simple(values, "J", basis_of(_domains(trials)))
    assert net.value is not None
    parts = []
    for domain in _domains(trials):
        energy_j = _mean_of([_of(row, domain).energy_j / trial.requests for trial, row in trials])
        idle_j = _mean_of([(_of(row, domain).idle_j or 0.0) / trial.requests for trial, row in trials])
        above_j = energy_j - idle_j
        if domain.model is None:
            parts.append(Part(domain, above_j, above_j, above_j))
        else:
            low, best, high = domain.model.active_w_per_core
            parts.append(Part(domain, above_j, above_j * low / best, above_j * high / best))
    half_width = None if net.low is None else net.value - net.low
    return with_total(net.value, half_width, "J", parts)


def _idle(trials: Measured) -> Quantity:
    if not trials:
        return unknown("J", "no trial could be measured")
    if any(part.idle_j is None for _, parts in trials for part in parts):
        return unknown("J", "idle power was not seen around every trial", basis_of(_domains(trials)))
    values = [math.fsum(part.idle_j or 0.0 for part in parts) / trial.requests for trial, parts in trials]
    return _simple(values, "J", basis_of(_domains(trials)))


def _per_token(trials: Measured) -> Quantity | None:
    """Gross joules per token made; None where the task makes none."""
    if not trials or any(not trial.tokens_out for trial, _ in trials):
        return None
    values = [gross_j(parts) / _tokens_out(trial) for trial, parts in trials]
    return _quantity(values, trials, "J/token", _tokens_out)


def _per_correct(gross: Quantity, found: Quality | None, score: Score | None) -> Quantity | None:
    """Joules per right answer: joules per task over the share of right answers; None where none is right or wrong.

    Its intervals hold those of both, which are independent: their logarithms add in quadrature.
    """
    if found is None or score is None or score.kind != "mean" or gross.value is None or found.value <= 0:
        return None
    low, high = _over_share(gross, gross.low, gross.high, found)
    total_low, total_high = _over_share(gross, gross.total_low, gross.total_high, found)
    reason = gross.reason if low is not None else gross.reason or "its quality or its energy may be 0"
    return Quantity(gross.value / found.value, low, high, "J", gross.basis, reason, total_low, total_high)


def _over_share(
    gross: Quantity, low: float | None, high: float | None, share: Quality
) -> tuple[float | None, float | None]:
    assert gross.value is not None
    if low is None or high is None or min(low, share.low) <= 0:
        return None, None
    value = gross.value / share.value
    down = math.hypot(math.log(gross.value / low), math.log(share.high / share.value))
    up = math.hypot(math.log(high / gross.value), math.log(share.value / share.low))
    return value * math.exp(-down), value * math.exp(up)


def _power(trials: Measured) -> Quantity:
    if not trials:
        return unknown("W", "no trial could be measured")
    values = [gross_j(parts) / (trial.end_s - trial.start_s) for trial, parts in trials]
    return _quantity(values, trials, "W", lambda trial: trial.end_s - trial.start_s)


def _by_domain(trials: Measured) -> dict[str, Quantity]:
    if not trials:
        return {}
    shares = {}
    for domain in _domains(trials):
        rows = [(trial, [_of(parts, domain)]) for trial, parts in trials]
        values = [gross_j(parts) / trial.requests for trial, parts in rows]
        shares[domain.id] = _quantity(values, rows, "J", _tasks)
    return shares


def _cpu_s_per_task(trials: Measured) -> Quantity | None:
    values = [trial.cpu_s / trial.requests for trial, _ in trials if trial.cpu_s is not None]
    return _simple(values, "s", "measured") if values and len(values) == len(trials) else None


def _versus(run: Run, variant: str, measured: dict[str, Measured], scores: dict[str, Score]) -> VersusBaseline | None:
    """The variant against the baseline; None for the baseline itself."""
    baseline = run.profile.baseline
    if variant == baseline:
        return None
    gap = None
    if variant in scores and baseline in scores:
        gap = difference(scores[variant], scores[baseline])
    verdict: Verdict = non_inferiority(gap, run.profile.margin)
    ours, theirs = measured[variant], measured.get(baseline, [])
    energy = energy_ratio(ours, theirs)
    return VersusBaseline(energy, _cpu_ratio(ours, theirs), gap, cheaper(energy), verdict)


def _cpu_ratio(ours: Measured, theirs: Measured) -> Quantity | None:
    sides = [[trial.cpu_s / trial.requests for trial, _ in side if trial.cpu_s] for side in (ours, theirs)]
    found = ratio(*sides) if all(sides) else None
    return None if found is None else Quantity(found.value, found.low, found.high, "ratio", "measured")


def _idle_power(run: Run, run_meters: Meters, domain: Domain) -> Quantity:
    """Warm idle power: over all idle windows after the models were loaded."""
    curve = run_meters.curves[domain.id][len(run_meters.curves[domain.id]) // 2]
    windows = [quiet_power(curve, window.start_s, window.end_s) for window in run.idle if window.label != "cold"]
    powers_w = [window.power_w for window in windows if window is not None]
    return _simple(powers_w, "W", domain.basis) if powers_w else unknown("W", "no idle time was recorded", domain.basis)


def _why_unmeasured(run: Run, record: VariantRecord, run_meters: Meters) -> str:
    if record.error is not None:
        return record.error
    if not run_meters.domains:
        missing = "; ".join(run_meters.missing.values())
        return missing or "no sensor could be read"
    if not counted(run, record.name):
        return "no trial was finished"
    return "the sensors could not be read around any of its trials"


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Quantile of ascending values, linear between them; None for no values."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
