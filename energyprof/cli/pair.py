"""Two variants held against each other, of one run or of two runs on machines of the same build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energyprof.model.domain import Domain, outermost
from energyprof.model.errors import NotComparable, UnknownName
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import Run, Score

if TYPE_CHECKING:
    from energyprof.analysis.energy_ratio import Measured


OTHER_ITEMS = (
    "the two runs asked different test items, which is different work; measure both with one version of the task"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One variant of one run; `label` is how the command line named it."""

    label: str
    run: Run
    variant: str

    def measured(self) -> Measured:
        """Its trials that count and could be measured."""
        from energyprof.analysis.energy_ratio import measured_trials
        from energyprof.analysis.trials import meters

        return measured_trials(self.run, self.variant, meters(self.run.timelines))

    def score(self) -> Score | None:
        """Its quality item by item, where it was scored."""
        return next((score for score in self.run.scores if score.variant == self.variant), None)

    def domains(self) -> list[Domain]:
        """What was metered, each joule once."""
        return sorted(outermost(line.domain for line in self.run.timelines), key=lambda domain: domain.id)


@dataclass(frozen=True, slots=True)
class Pair:
    """The second side against the first.

    Attributes:
        energy_ratio: second / first, gross joules per task.
        quality_difference: second - first over the same items; None where one of them has no quality.
        verdict: of the quality, as in a report.
    """

    first: Side
    second: Side
    energy_ratio: Quantity
    quality_difference: Quantity | None
    verdict: str

    @property
    def comparable(self) -> bool:
        """Whether the joules of the two can be held against each other at all."""
        return self.energy_ratio.value is not None

    @property
    def decided(self) -> bool:
        """Whether the energy ratio's interval excludes 1 and the quality, where there is one, is settled."""
        from energyprof.analysis.energy_ratio import cheaper

        return cheaper(self.energy_ratio) is not None and self.verdict != "not_settled"

    def sentences(self) -> list[str]:
        """The result for people: energy, then quality."""
        return [self._energy_sentence(), self._quality_sentence()]

    def to_json(self) -> dict[str, Any]:
        """The result for programs."""
        gap = self.quality_difference
        return {
            "a": self.first.label,
            "b": self.second.label,
            "energy_ratio": self.energy_ratio.to_json(),
            "quality_difference": None if gap is None else gap.to_json(),
            "verdict": self.verdict,
            "decided": self.decided,
            "sentences": self.sentences(),
        }

    def _energy_sentence(self) -> str:
        from energyprof.analysis.energy_ratio import cheaper
        from energyprof.analysis.verdict import ratio_text

        first, second, ratio = self.first.label, self.second.label, self.energy_ratio
        if ratio.value is None:
            return f"The energy of {second} cannot be held against {first}: {ratio.reason}."
        estimated = " (estimated)" if ratio.basis in ("estimated", "assumed") else ""
        if cheaper(ratio) is None:
            return f"Whether {second} uses less energy than {first} is not settled{estimated}: {ratio_text(ratio)}."
        return f"{second} uses {ratio_text(ratio)} energy than {first}{estimated}."

    def _quality_sentence(self) -> str:
        gap, margin = self.quality_difference, self.first.run.profile.margin
        if gap is None:
            return "Quality was not compared: one of them has none."
        if gap.value is None:
            return f"Quality was not compared: {gap.reason}."
        held = {
            "good_enough": f"within the margin of {margin}: good enough",
            "not_good_enough": f"beyond the margin of {margin}: not good enough",
            "not_settled": f"the margin of {margin} lies inside the interval: not settled",
            "no_quality": "no margin was given, so nothing follows from it",
        }[self.verdict]
        interval = "" if gap.low is None or gap.high is None else f" ({gap.low:+.4f} to {gap.high:+.4f})"
        return f"{gap.unit} differs by {gap.value:+.4f}{interval}; {held}."


def hold_against(first: Side, second: Side) -> Pair:
    """The second side against the first.

    Raises:
        UnknownName: a run has no such variant.
        NotComparable: other machines, other sensors or another task.
    """
    from energyprof.analysis.energy_ratio import energy_ratio
    from energyprof.analysis.quality import difference, non_inferiority

    for side in (first, second):
        _check_variant(side)
    _check_comparable(first, second)
    scores = first.score(), second.score()
    gap = None if scores[0] is None or scores[1] is None else difference(scores[1], scores[0])
    energy = energy_ratio(second.measured(), first.measured())
    if _asked_differently(first.run, second.run):
        energy = unknown("ratio", OTHER_ITEMS, energy.basis)
        gap = None if gap is None else unknown(gap.unit, OTHER_ITEMS, gap.basis)
    return Pair(first, second, energy, gap, non_inferiority(gap, first.run.profile.margin))


def _asked_differently(first: Run, second: Run) -> bool:
    """Whether the test items are known to differ; records from before they were noted get the benefit of the doubt."""
    digests = first.profile.items_sha256, second.profile.items_sha256
    return None not in digests and digests[0] != digests[1]


def _check_variant(side: Side) -> None:
    names = [variant.name for variant in side.run.variants]
    if side.variant not in names:
        raise UnknownName(
            f"{side.run.profile.name} has no variant {side.variant!r}, so there is nothing to compare; "
            f"use one of {', '.join(names)}."
        )


def _check_comparable(first: Side, second: Side) -> None:
    if first.run.profile.task != second.run.profile.task:
        raise NotComparable(
            f"{first.label} does {first.run.profile.task} and {second.label} does {second.run.profile.task}, and "
            "joules per task of different tasks do not belong side by side. Compare two runs of one task."
        )
    hosts = first.run.host.fingerprint, second.run.host.fingerprint
    if None in hosts or hosts[0] != hosts[1]:
        raise NotComparable(
            f"{first.label} and {second.label} were measured on different machines, so their ratio says as much about "
            "the machines as about the models. Measure both on one machine, best in one profile."
        )
    meters = [[(domain.id, domain.sensor) for domain in side.domains()] for side in (first, second)]
    if meters[0] != meters[1]:
        raise NotComparable(
            f"{first.label} and {second.label} were measured by different sensors, so their joules contain different "
            "parts of the machine. Measure both with the same sensors."
        )
    gains = [[domain.fitted and domain.fitted.gain for domain in side.domains()] for side in (first, second)]
    if gains[0] != gains[1]:
        raise NotComparable(
            f"{first.label} and {second.label} were measured with different calibrations of their sensors, so their "
            "ratio holds that difference. Measure both again with one calibration, or with none "
            "(`energyprof calibrate --forget`)."
        )
