"""Joules of each trial of a run, from its timelines and the quiet times around the trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.window import Estimator, window_energy
from energyprof.model.domain import Domain, outermost
from energyprof.model.errors import OutsideTimeline
from energyprof.model.run import IdleWindow, Run, Trial
from energyprof.model.timeline import Timeline

GUARD_S = 2.0
"""An idle window speaks for the power at a trial's edge if it ends or begins within this of it."""


@dataclass(frozen=True, slots=True)
class TrialDomain:
    """Joules of one trial in one domain.

    Attributes:
        energy_j: best estimate; low_j, high_j: with a power model's low and high watts, else the same.
        idle_j: what idle power accounts for over the trial's duration; None where idle was not seen.
        uncertainty_j: standard uncertainty of the estimator, without calibration.
    """

    domain: Domain
    energy_j: float
    low_j: float
    high_j: float
    idle_j: float | None
    uncertainty_j: float
    estimator: Estimator


@dataclass(frozen=True, slots=True)
class Meters:
    """The energy curves of a run's outermost domains; three for a power model (low, best, high), else one."""

    domains: list[Domain]
    curves: dict[str, list[Curve]]
    missing: dict[str, str]


def meters(timelines: Sequence[Timeline]) -> Meters:
    """Curves of the outermost domains; those without enough readings are named with the reason."""
    curves: dict[str, list[Curve]] = {}
    missing: dict[str, str] = {}
    domains = outermost(timeline.domain for timeline in timelines)
    chosen = {domain.id for domain in domains}
    for timeline in timelines:
        if timeline.domain.id not in chosen:
            continue
        bounds = (0, 1, 2) if timeline.domain.model is not None else (1,)
        made = [curve(timeline, bound=bound) for bound in bounds]
        if any(one is None for one in made):
            missing[timeline.domain.id] = _why_missing(timeline)
        else:
            curves[timeline.domain.id] = [one for one in made if one is not None]
    return Meters([domain for domain in domains if domain.id in curves], curves, missing)


def _why_missing(timeline: Timeline) -> str:
    if timeline.gaps:
        return f"{timeline.domain.label} could not be read: {timeline.gaps[-1].reason}"
    return f"the counter of {timeline.domain.label} did not move"


def trial_domains(run_meters: Meters, trial: Trial, idle: Sequence[IdleWindow]) -> list[TrialDomain] | None:
    """The joules of a trial, by domain; None where some domain was not read around all of it."""
    before, after = _guards(trial, idle)
    results = []
    for domain in run_meters.domains:
        curves = run_meters.curves[domain.id]
        if any(one.lost_s(trial.start_s, trial.end_s) > 0 for one in curves):
            return None
        try:
            windows = [
                window_energy(one, trial.start_s, trial.end_s, quiet_before_s=before, quiet_after_s=after)
                for one in curves
            ]
        except OutsideTimeline:
            return None
        best = windows[len(windows) // 2]
        duration_s = trial.end_s - trial.start_s
        idle_j = None if best.idle_power_w is None else best.idle_power_w * duration_s
        results.append(
            TrialDomain(
                domain,
                best.energy_j,
                windows[0].energy_j,
                windows[-1].energy_j,
                idle_j,
                best.uncertainty_j,
                best.estimator,
            )
        )
    return results


def _guards(trial: Trial, idle: Sequence[IdleWindow]) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """The idle windows that end just before the trial and begin just after it."""
    earlier = [window for window in idle if trial.start_s - GUARD_S < window.end_s <= trial.start_s + 1e-3]
    later = [window for window in idle if trial.end_s - 1e-3 <= window.start_s < trial.end_s + GUARD_S]
    before = max(earlier, key=lambda window: window.end_s, default=None)
    after = min(later, key=lambda window: window.start_s, default=None)
    return (
        None if before is None else (before.start_s, min(before.end_s, trial.start_s)),
        None if after is None else (max(after.start_s, trial.end_s), after.end_s),
    )


def counted(run: Run, variant: str) -> list[Trial]:
    """The trials that count for a variant, in order: no warm-up, none that a clean one replaced."""
    return [trial for trial in run.trials if trial.variant == variant and not trial.warm_up and not trial.replaced]


def trial_energies(
    timelines: Sequence[Timeline], trials: Sequence[Trial], idle: Sequence[IdleWindow]
) -> list[float | None]:
    """Gross joules per task of each trial over all outermost domains; None where not measurable."""
    run_meters = meters(timelines)
    energies: list[float | None] = []
    for trial in trials:
        parts = trial_domains(run_meters, trial, idle)
        energies.append(None if not parts else sum(part.energy_j for part in parts) / trial.requests)
    return energies
