"""A comparison in which every variant comes out as its shape says."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from report.synthetic_run import Machine, Shape, record, recorded, trials_of

from energyprof.analysis.comparison import (
    Comparison,
    Coverage,
    Quality,
    TrialEnergy,
    VariantResult,
    VersusBaseline,
)
from energyprof.analysis.verdict import choose, energy_claim, quality_claim
from energyprof.model.quantity import Basis, Quantity, unknown
from energyprof.model.run import Trial


def comparison(
    shapes: list[Shape],
    machine: Machine,
    *,
    baseline: str,
    metric: str | None = "accuracy",
    groups: tuple[str, ...] = (),
    tokens: bool = False,
    blocks: int = 12,
) -> Comparison:
    """A comparison in which every variant comes out as its shape says."""
    trials = trials_of(shapes, tokens, blocks)
    run = recorded(shapes, machine, trials, baseline, metric)
    results = [_result(shape, machine, trials, metric, groups, tokens) for shape in shapes]
    reference = next(result for result in results if result.record.name == baseline)
    results = [replace(result, versus=_versus(result, reference, metric)) for result in results]
    best, verdict = choose(results, baseline)
    return Comparison(
        run=run,
        variants=results,
        baseline=baseline,
        best=best,
        verdict=verdict,
        energy_claim=energy_claim(results, run.profile, best),
        quality_claim=quality_claim(results, run.profile, best, verdict),
        coverage=_coverage(machine),
        idle_power_w={
            domain.id: _around(machine.idle_w[domain.id], 0.01, "W", domain.basis) for domain in machine.domains
        },
        warnings=["Trials of one variant drift upwards by 3 % over the run: warm up for longer."]
        if machine.domains
        else [],
    )


def _result(
    shape: Shape, machine: Machine, trials: list[Trial], metric: str | None, groups: tuple[str, ...], tokens: bool
) -> VariantResult:
    mine = [trial for trial in trials if trial.variant == shape.name]
    counted = [trial for trial in mine if not trial.warm_up]
    idle = {domain.id: machine.idle_w[domain.id] * shape.latency_s for domain in machine.domains}
    domains = {
        domain.id: _around(idle[domain.id] + shape.domains[domain.id], shape.noise / 3, "J", domain.basis, domain.gain)
        for domain in machine.domains
        if domain.id in shape.domains
    }
    energy = _total(domains, shape, machine)
    measured = energy.value is not None
    noise = random.Random(shape.name)
    return VariantResult(
        record=record(shape),
        trials=len(counted),
        tasks=sum(trial.requests for trial in counted),
        energy_per_task=energy,
        energy_per_task_net=_scaled(energy, sum(shape.domains.values())),
        energy_per_token=energy.scaled(1 / 12, "J/token") if tokens and measured else None,
        energy_per_correct=energy.scaled(1 / shape.quality, "J") if shape.quality and measured else None,
        idle_per_task=_scaled(energy, sum(idle.values())),
        power_w=energy.scaled(1 / shape.latency_s, "W") if measured else unknown("W", energy.reason or ""),
        domains=domains,
        cpu_s_per_task=None if shape.error else _around(1.9 * shape.latency_s, 0.01, "s", "measured"),
        latency_p50_s=shape.latency_s or None,
        latency_p95_s=1.3 * shape.latency_s or None,
        tasks_per_s=1 / shape.latency_s if shape.latency_s else None,
        quality=_quality(shape, metric, groups),
        trial_energies=[_trial_energy(trial, energy, shape, noise) for trial in mine],
        versus=None,
        warnings=[],
    )


def _trial_energy(trial: Trial, energy: Quantity, shape: Shape, noise: random.Random) -> TrialEnergy:
    if energy.value is None:
        return TrialEnergy(trial, None)
    return TrialEnergy(trial, energy.value * noise.gauss(1.12 if trial.warm_up else 1.0, shape.noise))


def _total(domains: dict[str, Quantity], shape: Shape, machine: Machine) -> Quantity:
    if not domains:
        return unknown("J", shape.error or "Nothing on this machine can be metered.")
    estimated = any(domain.basis == "estimated" for domain in machine.domains)
    gain = max(domain.gain for domain in machine.domains)
    value = sum(part.value or 0.0 for part in domains.values())
    return _around(value, shape.noise / 3, "J", "estimated" if estimated else "measured", gain)


def _around(value: float, relative: float, unit: str, basis: Basis, gain: float = 0.0) -> Quantity:
    low, high = value * (1 - relative), value * (1 + relative)
    if basis == "estimated":
        return Quantity(value, low, high, unit, basis, None, value / 2, value * 2)
    if not gain:
        return Quantity(value, low, high, unit, basis)
    return Quantity(value, low, high, unit, basis, None, value * (1 - gain - relative), value * (1 + gain + relative))


def _scaled(energy: Quantity, value: float) -> Quantity:
    return energy if energy.value is None else energy.scaled(value / energy.value, "J")


def _quality(shape: Shape, metric: str | None, groups: tuple[str, ...]) -> Quality | None:
    if metric is None or shape.quality is None:
        return None
    half = 1.96 * math.sqrt(shape.quality * (1 - shape.quality) / 540)
    by_group = {group: min(1.0, shape.quality + 0.02 - 0.03 * place) for place, group in enumerate(groups)}
    return Quality(metric, shape.quality, shape.quality - half, min(1.0, shape.quality + half), 540, by_group)


def _versus(result: VariantResult, reference: VariantResult, metric: str | None) -> VersusBaseline | None:
    if result.record.name == reference.record.name or result.record.status == "failed":
        return None
    mine, theirs = result.energy_per_task.value, reference.energy_per_task.value
    ratio = unknown("ratio", "Nothing was metered.")
    if mine is not None and theirs is not None:
        ratio = _around(mine / theirs, 0.03, "ratio", result.energy_per_task.basis)
        if ratio.basis == "estimated":
            ratio = replace(ratio, total_low=0.8 * mine / theirs, total_high=1.25 * mine / theirs)
    cpu = None
    if result.cpu_s_per_task and reference.cpu_s_per_task and reference.cpu_s_per_task.value:
        cpu = _around((result.cpu_s_per_task.value or 0.0) / reference.cpu_s_per_task.value, 0.02, "ratio", "measured")
    if result.quality is None or reference.quality is None or metric is None:
        return VersusBaseline(ratio, cpu, None, _cheaper(ratio), "no_quality")
    change = result.quality.value - reference.quality.value
    low, high = change - 0.004, change + 0.004
    verdict = "good_enough" if low > -0.01 else "not_good_enough" if high < -0.01 else "not_settled"
    difference = Quantity(change, low, high, metric, "measured")
    return VersusBaseline(ratio, cpu, difference, _cheaper(ratio), verdict)


def _cheaper(ratio: Quantity) -> bool | None:
    low, high = ratio.outer()
    if low is None or high is None or low <= 1 <= high:
        return None
    return high < 1


def _coverage(machine: Machine) -> Coverage:
    names = {domain.basis: [] for domain in machine.domains}
    for domain in machine.domains:
        names[domain.basis].append(f"{domain.label} ({domain.sensor})")
    left_out = ["Losses of the power supply", "Cooling", "Network", "Making of the hardware"]
    return Coverage(names.get("measured", []), names.get("estimated", []), left_out)
