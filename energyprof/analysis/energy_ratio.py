"""The ratio of two variants' joules per task, with what their sensors share cancelled."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from energyprof.analysis.calibration import basis_of
from energyprof.analysis.statistics import Ratio, ratio
from energyprof.analysis.trials import Meters, TrialDomain, counted, trial_domains
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import Run, Trial

Measured = list[tuple[Trial, list[TrialDomain]]]
"""The trials that count and could be measured, each with its joules by domain."""

LOW, BEST, HIGH = range(3)
CORNERS = tuple(itertools.product((LOW, HIGH), (LOW, HIGH)))
"""(idle, active): a model's idle watts and its watts per busy core are not known to be off by the same factor."""


def measured_trials(run: Run, variant: str, run_meters: Meters) -> Measured:
    """A variant's trials that count and whose energy is known."""
    trials = [(trial, trial_domains(run_meters, trial, run.idle)) for trial in counted(run, variant)]
    return [(trial, parts) for trial, parts in trials if parts]


def energy_ratio(ours: Measured, theirs: Measured) -> Quantity:
    """Ratio of gross joules per task, ours / theirs; the gain of shared sensors cancels.

    Between modelled domains it also depends on the model's watts, which are the same for both sides: the total
    interval spans what the ratio and its repeatability would be with low or high idle watts and, on their own, low or
    high watts per busy core. A ratio of two linear functions of these has its extremes at such corners.
    """
    if not ours or not theirs:
        return unknown("ratio", "one of the two variants could not be measured")
    domains = [part.domain for part in ours[0][1]]
    if {domain.id for domain in domains} != {part.domain.id for part in theirs[0][1]}:
        return unknown("ratio", "the two variants were not measured by the same sensors")
    found, basis = _ratio(ours, theirs, BEST, BEST), basis_of(domains)
    if found is None:
        return unknown("ratio", "a trial's energy is not above zero: it lies below what the sensors resolve", basis)
    if found.low is None or found.high is None:
        reason = "one trial shows no spread, so the interval is unknown"
        return Quantity(found.value, None, None, "ratio", basis, reason)
    total = _over_corners(ours, theirs, found) if basis == "estimated" else (None, None)
    return Quantity(found.value, found.low, found.high, "ratio", basis, None, *total)


def cheaper(energy: Quantity) -> bool | None:
    """True or False where a ratio's outer interval excludes 1, else None."""
    low, high = energy.outer()
    if low is None or high is None or low <= 1 <= high:
        return None
    return high < 1


def _over_corners(ours: Measured, theirs: Measured, found: Ratio) -> tuple[float | None, float | None]:
    ratios = [found, *(_ratio(ours, theirs, idle, active) for idle, active in CORNERS)]
    lows = [each.low for each in ratios if each is not None and each.low is not None]
    highs = [each.high for each in ratios if each is not None and each.high is not None]
    return min(lows), max(highs)


def _ratio(ours: Measured, theirs: Measured, idle: int, active: int) -> Ratio | None:
    return ratio(*(_per_task_j(side, idle, active) for side in (ours, theirs)))


def _per_task_j(side: Measured, idle: int, active: int) -> list[float]:
    return [math.fsum(_energy_j(trial, part, idle, active) for part in parts) / trial.requests for trial, parts in side]


def _energy_j(trial: Trial, part: TrialDomain, idle: int, active: int) -> float:
    """Joules with other watts of the part's model, which are idle watts x duration + active watts x CPU time."""
    model = part.domain.model
    if model is None:
        return part.energy_j
    duration_s = trial.end_s - trial.start_s
    cpu_s = (part.energy_j - model.idle_w[BEST] * duration_s) / model.active_w_per_core[BEST]
    return model.idle_w[idle] * duration_s + model.active_w_per_core[active] * cpu_s


def gross_j(parts: Sequence[TrialDomain]) -> float:
    """Joules of a trial over all its domains."""
    return math.fsum(part.energy_j for part in parts)
