"""The verdict: which variant to speak of, and two sentences that are kept apart."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.analysis.comparison import VariantResult, Verdict
from energyprof.model.quantity import Quantity
from energyprof.model.ratio import ratio_words
from energyprof.model.run import ProfileRecord

BEST_FIRST: tuple[Verdict, ...] = ("good_enough", "not_settled", "no_quality", "not_good_enough")


def choose(variants: Sequence[VariantResult], baseline: str) -> tuple[str | None, Verdict]:
    """The variant that the verdict speaks of, and its verdict.

    Those that are cheaper come first, then those of which it is not settled, then those that are not; among equals
    the better verdict, and then the lower ratio. A run that ended too early to settle any ratio thus speaks of a
    variant that is good enough, not of the one that merely drew least.
    """
    for cheaper in (True, None, False):
        for verdict in BEST_FIRST:
            reached = [result for result in variants if _stands(result, cheaper, verdict)]
            if reached:
                return min(reached, key=_ratio).record.name, verdict
    return None, "no_quality"


def _stands(result: VariantResult, cheaper: bool | None, verdict: Verdict) -> bool:
    versus = result.versus
    if versus is None or versus.energy_ratio.value is None:
        return False
    return versus.cheaper is cheaper and versus.verdict == verdict


def _ratio(result: VariantResult) -> float:
    assert result.versus is not None
    assert result.versus.energy_ratio.value is not None
    return result.versus.energy_ratio.value


def energy_claim(variants: Sequence[VariantResult], profile: ProfileRecord, best: str | None) -> str:
    """How much less energy, with the interval; or why nothing can be said."""
    result = next((one for one in variants if one.record.name == best), None)
    if result is None or result.versus is None:
        return _nothing_to_compare(variants, profile.baseline)
    ratio = result.versus.energy_ratio
    assert ratio.value is not None
    estimated = " (estimated)" if ratio.basis in ("estimated", "assumed") else ""
    if result.versus.cheaper is None:
        return (
            f"Whether {best} uses less energy per {profile.unit} than {profile.baseline} is not settled{estimated}: "
            f"{ratio_text(ratio)}."
        )
    return f"{best} uses {ratio_text(ratio)} energy per {profile.unit} than {profile.baseline}{estimated}."


def _nothing_to_compare(variants: Sequence[VariantResult], baseline: str) -> str:
    if not any(result.record.name == baseline and result.trials for result in variants):
        return f"The baseline {baseline} could not be measured, so nothing can be held against it."
    return f"No variant but the baseline {baseline} could be measured, so there is nothing to compare."


def ratio_text(ratio: Quantity) -> str:
    """A ratio in words: "7.89x less (95 % interval 7.20-8.60x)"; below 1 is turned round."""
    words = ratio_words(ratio)
    assert words is not None
    ends = words.total or words.interval
    interval = "" if ends is None else f" (95 % interval {ends[0]}-{ends[1]}x)"
    return f"{words.value}x {words.word}{interval}"


def quality_claim(variants: Sequence[VariantResult], profile: ProfileRecord, best: str | None, verdict: Verdict) -> str:
    """Whether quality holds, with the paired difference, its interval and the margin."""
    result = next((one for one in variants if one.record.name == best), None)
    if result is None or result.versus is None:
        return "Quality cannot be compared."
    gap = result.versus.quality_difference
    if gap is not None and gap.value is None:
        return (
            f"The quality of {best} is not known: {gap.reason}; this says what it costs, not whether it is good enough."
        )
    if gap is None or gap.value is None:
        return "Quality was not measured: this says what it costs, not whether it is good enough."
    differs = f"{gap.unit.replace('_', ' ')} differs by {_change(gap.value, gap.unit)}{_change_interval(gap)}"
    if profile.margin is None:
        return f"Whether {best} is good enough is not judged, since the profile sets no margin: {differs}."
    words = {
        "good_enough": f"{best} is good enough" + (", but saves nothing" if result.versus.cheaper is False else ""),
        "not_good_enough": f"{best} is not good enough",
        "not_settled": f"Whether {best} is good enough is not settled at {_items(result)} test items",
    }[verdict]
    return f"{words}: {differs}; the margin is {_change(-profile.margin, gap.unit)}."


def _items(result: VariantResult) -> int:
    assert result.quality is not None
    return result.quality.items


def _change_interval(gap: Quantity) -> str:
    if gap.low is None or gap.high is None:
        return ""
    return f" (95 % interval {_change(gap.low, gap.unit)} to {_change(gap.high, gap.unit)})"


def _change(value: float, metric: str) -> str:
    """A difference of shares in percentage points, of a rank correlation as it is."""
    if metric == "spearman":
        return f"{value:+.4f}" if round(value, 4) else "0"
    return f"{value * 100:+.1f} pp" if round(value, 3) else "0 pp"
