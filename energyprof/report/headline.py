"""The verdict: two claims that are kept apart, what kind of joules they rest on, and what they contain."""

from __future__ import annotations

from dataclasses import dataclass

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.report import figures
from energyprof.report.assessment import Assessment
from energyprof.report.text import listed, shown

STATUS = {
    "good_enough": "Good enough",
    "not_good_enough": "Not good enough",
    "not_settled": "Not settled",
    "no_quality": "Quality not judged",
}
SIGNS = {"good_enough": "✓", "not_good_enough": "✕", "not_settled": "?", "no_quality": "–"}
"""Beside the words, for those who look before they read; never colour alone."""


@dataclass(frozen=True, slots=True)
class Badge:
    """The verdict in a few words.

    Attributes:
        sign: beside the text. look: names its style; only "good_enough" is green.
    """

    text: str
    sign: str
    look: str


SAVES_NOTHING = Badge("Saves nothing", "✕", "saves_nothing")
SAVING_OPEN = Badge("Good enough, saving not settled", "?", "not_settled")


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands on top of every form of the report.

    Attributes:
        energy, quality: the two claims. status: one of the verdicts, on quality alone.
        saves: whether energy is saved; None = not settled. badge: the two together.
        notes: what a reader must know to read them right.
    """

    energy: str
    quality: str
    status: str
    saves: bool | None
    badge: Badge
    notes: list[str]

    @property
    def sentence(self) -> str:
        return f"{self.energy} {self.quality}"


@dataclass(frozen=True, slots=True)
class Contents:
    """The coverage line: what the joules contain."""

    measured: list[str]
    estimated: list[str]
    not_included: list[str]


def headline(assessment: Assessment) -> Headline:
    """The claims with their notes."""
    comparison = assessment.comparison
    notes = [_estimated_note(assessment.subject), _quick_note(comparison), _cut_off_note(comparison)]
    return Headline(
        shown(comparison.energy_claim),
        shown(comparison.quality_claim),
        comparison.verdict,
        comparison.saves,
        badge(comparison.verdict, comparison.saves),
        [note for note in notes if note],
    )


def badge(status: str, saves: bool | None) -> Badge:
    """The badge of a verdict on quality, which is praise only where energy is saved as well.

    Raises:
        KeyError: no verdict has that status.
    """
    if saves is False:
        return SAVES_NOTHING
    if status == "good_enough" and saves is None:
        return SAVING_OPEN
    return Badge(STATUS[status], SIGNS[status], status)


def contents(assessment: Assessment) -> Contents:
    """The coverage, with the share of the subject's joules that is estimated."""
    coverage = assessment.comparison.coverage
    estimated = [shown(sentence) for sentence in coverage.estimated]
    share = estimated_share(assessment.subject)
    if estimated and share is not None and assessment.subject is not None and share < 1:
        estimated.append(f"together ~{100 * share:.2g} % of the joules of {shown(assessment.subject.record.name)}")
    return Contents(
        [shown(sentence) for sentence in coverage.measured],
        estimated,
        [shown(sentence) for sentence in [*coverage.not_included, *coverage.references]],
    )


def estimated_share(variant: VariantResult | None) -> float | None:
    """Part of a variant's gross joules that no meter saw; None where the joules are not known."""
    if variant is None or not variant.energy_per_task.value:
        return None
    modelled = [part.value or 0.0 for part in variant.domains.values() if part.basis in ("estimated", "assumed")]
    return min(sum(modelled) / variant.energy_per_task.value, 1.0)


def origin(variant: VariantResult | None) -> str | None:
    """How a variant's joules came about, in few words; None where they are not known."""
    share = estimated_share(variant)
    if share is None or variant is None:
        return None
    if share >= 1:
        return "estimated from CPU time"
    if share > 0:
        modelled = [domain for domain, part in variant.domains.items() if part.basis in ("estimated", "assumed")]
        return f"partly estimated ({listed(modelled)})"
    return "from power readings" if variant.energy_per_task.basis == "derived" else "metered"


def _estimated_note(subject: VariantResult | None) -> str:
    share = estimated_share(subject)
    if not share or subject is None:
        return ""
    whole = "The joules are" if share >= 1 else "A part of the joules is"
    observed = subject.versus.cpu_time_ratio if subject.versus else None
    if observed is None or observed.value is None:
        return f"{whole} estimated from CPU time, not metered."
    ratio = figures.ratio(observed)
    interval = f" ({ratio.interval})" if ratio.interval else ""
    return (
        f"{whole} estimated from CPU time, not metered. What was observed: "
        f"{shown(subject.record.name)} used {ratio.value} CPU time than the baseline{interval}."
    )


def _quick_note(comparison: Comparison) -> str:
    return "A quick run: fewer trials, so wider intervals than a full one." if comparison.run.profile.quick else ""


def _cut_off_note(comparison: Comparison) -> str:
    return "" if comparison.run.complete else "The run was cut off: this is what had been measured by then."
