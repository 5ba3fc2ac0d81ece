"""What is concluded from a run: each variant's figures, and how it stands against the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from energyprof.model.quantity import Quantity
from energyprof.model.run import Run, Trial, VariantRecord

Verdict = Literal["good_enough", "not_good_enough", "not_settled", "no_quality"]


@dataclass(frozen=True, slots=True)
class TrialEnergy:
    """Joules per task of one trial, warm-up and replaced trials included; None where not measurable."""

    trial: Trial
    energy_per_task_j: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """A metric over the test items with its 95 % interval; `groups` holds the value of each class."""

    metric: str
    value: float
    low: float
    high: float
    items: int
    groups: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersusBaseline:
    """A variant against the baseline.

    Attributes:
        energy_ratio: variant / baseline, gross joules per task; below 1 is less. Unit "ratio".
        cpu_time_ratio: variant / baseline CPU seconds per task: what was observed where joules are estimated.
        quality_difference: variant - baseline over the same items, paired; unit = the metric's name.
        cheaper: True or False where the ratio's interval excludes 1, else None.
    """

    energy_ratio: Quantity
    cpu_time_ratio: Quantity | None
    quality_difference: Quantity | None
    cheaper: bool | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader must know of one variant's trials; `detail` is its size, in words.

    Attributes:
        kind: a key of `energyprof.analysis.warnings.SENTENCES`.
    """

    kind: str
    variant: str
    detail: str


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One variant's figures. Unknown is None or a Quantity with value None and a reason.

    Attributes:
        trials: trials that count (no warm-up, none replaced).
        energy_per_task: gross J of all outermost domains per functional unit.
        energy_per_task_net: above warm idle.
        domains: gross J per task, by outermost domain id.
        idle_per_task: the part of the gross figure that idle power accounts for.
        warnings: the findings as sentences.
    """

    record: VariantRecord
    trials: int
    tasks: int
    energy_per_task: Quantity
    energy_per_task_net: Quantity
    energy_per_token: Quantity | None
    energy_per_correct: Quantity | None
    idle_per_task: Quantity
    power_w: Quantity
    domains: dict[str, Quantity]
    cpu_s_per_task: Quantity | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    tasks_per_s: float | None
    quality: Quality | None
    trial_energies: list[TrialEnergy]
    versus: VersusBaseline | None
    warnings: list[str]
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the joules contain: sentences, one a domain or part; `references` are meters that stand apart."""

    measured: list[str]
    estimated: list[str]
    not_included: list[str]
    references: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a report says of energy and quality.

    Attributes:
        best: name of the variant the verdict speaks of; None where nothing could be compared.
        energy_claim, quality_claim: the two sentences of the verdict, kept apart.
        idle_power_w: warm idle power by outermost domain id.
    """

    run: Run
    variants: list[VariantResult]
    baseline: str
    best: str | None
    verdict: Verdict
    energy_claim: str
    quality_claim: str
    coverage: Coverage
    idle_power_w: dict[str, Quantity]
    warnings: list[str]

    def variant(self, name: str) -> VariantResult | None:
        """The result of that name."""
        return next((result for result in self.variants if result.record.name == name), None)

    @property
    def saves(self) -> bool | None:
        """Whether the variant that the verdict speaks of is cheaper than the baseline; None = not settled."""
        result = None if self.best is None else self.variant(self.best)
        return None if result is None or result.versus is None else result.versus.cheaper
