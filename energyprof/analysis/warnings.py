"""What a reader must know before trusting a run: each a sentence with its effect and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.analysis.comparison import VariantResult
from energyprof.analysis.quiet import quiet_power
from energyprof.analysis.statistics import mean, trend
from energyprof.analysis.trials import Meters
from energyprof.model.run import Run, Trial, VariantRecord

WIDE_INTERVAL = 0.05
IDLE_DRIFT_LIMIT = 0.10
SINGLE_TRIAL_SPREAD = 1.25
"""A trial this much above or below the median is named."""


def variant_warnings(
    run: Run, record: VariantRecord, energies_j: Sequence[float], trials: Sequence[Trial]
) -> list[str]:
    """Warnings about one variant's trials."""
    name = record.name
    found = []
    if record.status == "failed":
        found.append(f"{name} is missing: {record.error}")
    contaminated = sum(trial.contaminated for trial in trials)
    if contaminated:
        found.append(
            f"{contaminated} of {len(trials)} trials of {name} ran while other processes used the CPU and could not be "
            "repeated in quiet; its joules and latencies are too high. Close other programs and measure again."
        )
    if len(energies_j) >= 2:
        found += _spread_warnings(name, energies_j)
    return found


def _spread_warnings(name: str, energies_j: Sequence[float]) -> list[str]:
    found = []
    summary = mean(energies_j)
    middle = sorted(energies_j)[len(energies_j) // 2]
    far = [
        value
        for value in energies_j
        if middle > 0 and not 1 / SINGLE_TRIAL_SPREAD < value / middle < SINGLE_TRIAL_SPREAD
    ]
    if far:
        found.append(
            f"{len(far)} of {len(energies_j)} trials of {name} lie more than 25 % from the median and were kept; "
            "the interval is wider for it. Look at the trials chart."
        )
    if summary.half_width is not None and summary.half_width > WIDE_INTERVAL * abs(summary.value):
        share = summary.half_width / abs(summary.value)
        found.append(
            f"The interval of {name} is wide (+/- {share:.0%} of its energy): small differences to it are not "
            "settled. Give it more trials or longer ones."
        )
    if summary.widened > 1:
        found.append(
            f"Trials of {name} hang together (each is like the one before), so its interval was widened "
            f"{summary.widened:.1f}-fold. The machine was warming up or was not quiet."
        )
    drift = trend(energies_j)
    if drift is not None:
        found.append(
            f"The energy of {name} changed by {drift:+.0%} from its first to its last trial; the mean hides a trend, "
            "such as a warming machine. Let it settle first."
        )
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
            found.append(
                f"{timeline.domain.label} was not read for {seconds:.1f} s ({timeline.gaps[-1].reason}); {effect}."
            )
    found += _idle_drift(run, run_meters)
    for result in variants:
        found += result.warnings
    return found


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
