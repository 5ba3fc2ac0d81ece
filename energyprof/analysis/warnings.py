"""What a reader must know before trusting a run: each a sentence with its effect and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.analysis.comparison import Finding, VariantResult
from energyprof.analysis.quiet import quiet_power
from energyprof.analysis.statistics import mean, trend
from energyprof.analysis.trials import Meters
from energyprof.model.run import Run, Trial, VariantRecord

WIDE_INTERVAL = 0.05
IDLE_DRIFT_LIMIT = 0.10
SINGLE_TRIAL_SPREAD = 1.25
"""A trial this much above or below the median is named."""


SENTENCES = {
    "missing": "{variants}.",
    "contaminated": (
        "Other processes used the CPU during trials of {variants} that could not be repeated in quiet: their joules "
        "and latencies are too high. Close other programs and measure again."
    ),
    "outlying": (
        "Some trials lie more than 25 % from their variant's median and were kept, so that the interval is wider: "
        "{variants}. Look at the trials chart."
    ),
    "wide": (
        "Wide intervals: {variants}. Small differences to them are not settled; give them more trials or longer ones."
    ),
    "dependent": (
        "Trials hang together (each is like the one before), so the interval was widened: {variants}. The machine was "
        "warming up or was not quiet."
    ),
    "trend": (
        "Energy changed from the first to the last trial: {variants}. The mean hides such a trend; let the machine "
        "settle first."
    ),
}
"""One sentence a kind, for one variant or for many: what happened, what it does to the numbers, what to do."""


def sentences(findings: Sequence[Finding]) -> list[str]:
    """Findings as sentences, one a kind, with all the variants that it holds for."""
    found = []
    for kind, sentence in SENTENCES.items():
        names = [f"{finding.variant} ({finding.detail})" for finding in findings if finding.kind == kind]
        if names:
            found.append(sentence.format(variants=", ".join(names)))
    return found


def findings(record: VariantRecord, energies_j: Sequence[float], trials: Sequence[Trial]) -> list[Finding]:
    """What is to be said of one variant's trials."""
    name = record.name
    if record.status == "failed":
        return [Finding("missing", name, f"missing: {record.error}")]
    found = []
    contaminated = sum(trial.contaminated for trial in trials)
    if contaminated:
        found.append(Finding("contaminated", name, f"{contaminated} of {len(trials)}"))
    if len(energies_j) >= 2:
        found += _spread(name, energies_j)
    return found


def _spread(name: str, energies_j: Sequence[float]) -> list[Finding]:
    found = []
    summary = mean(energies_j)
    middle = sorted(energies_j)[len(energies_j) // 2]
    low_j, high_j = middle / SINGLE_TRIAL_SPREAD, middle * SINGLE_TRIAL_SPREAD
    far = [value for value in energies_j if middle > 0 and not low_j < value < high_j]
    if far:
        found.append(Finding("outlying", name, f"{len(far)} of {len(energies_j)}"))
    if summary.half_width is not None and summary.half_width > WIDE_INTERVAL * abs(summary.value):
        found.append(Finding("wide", name, f"±{summary.half_width / abs(summary.value):.0%}"))
    if summary.widened > 1:
        found.append(Finding("dependent", name, f"{summary.widened:.1f}-fold"))
    drift = trend(energies_j)
    if drift is not None:
        found.append(Finding("trend", name, f"{drift:+.0%}"))
    return found


def run_warnings(run: Run, run_meters: Meters, variants: Sequence[VariantResult]) -> list[str]:
    """All warnings of a run: those recorded while measuring, then those derived from the evidence."""
    found = list(run.warnings)
    if not run.complete:
        found.append(
            f"Measuring did not finish ({run.stop_reason or 'it was cut off'}); what was measured before is shown."
        )
    found += [f"{reason}; it is not in the joules." for reason in run_meters.missing.values()]
    for timeline in run.timelines:
        lost = [gap for gap in timeline.gaps if not gap.energy_known]
        if timeline.gaps:
            seconds = sum(gap.end_s - gap.start_s for gap in timeline.gaps)
            effect = "trials that touch it are left out" if lost else "its joules are known only as a whole"
            if timeline.domain.apart is not None:
                effect = "it is in no total, so no trial is touched"
            found.append(
                f"{timeline.domain.label} was not read for {seconds:.1f} s ({timeline.gaps[-1].reason}); {effect}."
            )
    found += _idle_drift(run, run_meters)
    return found + sentences([finding for result in variants for finding in result.findings])


def _idle_drift(run: Run, run_meters: Meters) -> list[str]:
    found = []
    for domain in run_meters.domains:
        if domain.model is not None:
            continue
        curve = run_meters.curves[domain.id][0]
        powers = {
            window.label: quiet_power(curve, window.start_s, window.end_s)
            for window in run.idle
            if window.label in ("before", "after")
        }
        before, after = powers.get("before"), powers.get("after")
        if before is None or after is None or before.power_w <= 0:
            continue
        change = after.power_w / before.power_w - 1
        if abs(change) > IDLE_DRIFT_LIMIT:
            found.append(
                f"Idle power of {domain.label} went from {before.power_w:.1f} W to {after.power_w:.1f} W "
                f"({change:+.0%}) during the run; net figures follow the idle power around each trial."
            )
    return found
