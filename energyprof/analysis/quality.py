"""Quality of a variant over the test items, and its paired difference to the baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from energyprof.analysis.comparison import Quality, Verdict
from energyprof.analysis.rank_agreement import (
    RankAgreement,
    agreement_interval,
    rank_agreement,
    shared_share,
    spearman,
)
from energyprof.analysis.statistics import Z95, bootstrap
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import Score

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats
    from energyprof.analysis.statistics import Indices

    Statistic = Callable[[Indices], Floats]
    """Of the items at these indices, over the last axis."""


class Estimate(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def quality(score: Score) -> Quality | None:
    """The metric with its 95 % interval over the items; None where nothing was scored or it is not defined."""
    if not score.values or not _all_finite(score):
        return None
    value = _value(score)
    if not math.isfinite(value):
        return None
    low, high = _interval(score)
    return Quality(score.metric, value, low, high, len(score.values), _by_group(score))


def _interval(score: Score) -> tuple[float, float]:
    """Wilson's interval for shares of right answers, which is sound near 0 and 1, and the jackknife's for ranks."""
    if score.kind == "spearman":
        return agreement_interval(_agreement(score))
    if set(score.values) <= {0.0, 1.0}:
        return wilson(_value(score), len(score.values))
    return bootstrap(_mean(score), len(score.values))


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share of `count` independent items (Wilson, 1927)."""
    z = Z95
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half_width = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return max(centre - half_width, 0.0), min(centre + half_width, 1.0)


def difference(variant: Score, baseline: Score) -> Quantity:
    """Quality of the variant minus that of the baseline over the same items, paired, 95 % interval.

    For right-or-wrong items the interval is Newcombe's (1998, method 10) for paired shares, which does not collapse
    when both give the same answers; for rank agreement it joins the two jackknife intervals (Zou, 2007); for others
    it is a paired bootstrap. Unit: the metric's name. Unknown with a reason where the two cannot be paired or the
    metric is not defined for one of them.
    """
    reason = _why_not_paired(variant, baseline)
    if reason is not None:
        return unknown(variant.metric, reason)
    found = _paired(variant, baseline)
    return Quantity(found.value, found.low, found.high, variant.metric, "measured")


def _paired(variant: Score, baseline: Score) -> Estimate:
    if variant.kind == "spearman":
        ours, theirs = _agreement(variant), _agreement(baseline)
        minuend, subtrahend = (Estimate(side.value, *agreement_interval(side)) for side in (ours, theirs))
        return _gap(minuend, subtrahend, shared_share(ours, theirs))
    if set(variant.values) | set(baseline.values) <= {0.0, 1.0}:
        return _newcombe(variant.values, baseline.values)
    mean_of, mean_of_baseline = _mean(variant), _mean(baseline)
    low, high = bootstrap(lambda draws: mean_of(draws) - mean_of_baseline(draws), len(variant.values))
    return Estimate(_value(variant) - _value(baseline), low, high)


def _why_not_paired(variant: Score, baseline: Score) -> str | None:
    if len(variant.values) != len(baseline.values) or variant.metric != baseline.metric:
        return "the two variants were not scored on the same items"
    if variant.groups != baseline.groups:
        return "the two variants were scored on items of different classes"
    if not variant.values:
        return "no item was scored"
    if not (_all_finite(variant) and _all_finite(baseline)):
        return "one of the two has a score that is not a number"
    if not all(math.isfinite(_value(score)) for score in (variant, baseline)):
        return f"{variant.metric} is undefined for one of them: its scores are all equal, or stand alone"
    return None


def _all_finite(score: Score) -> bool:
    return all(map(math.isfinite, [*score.values, *(score.references or ())]))


def _newcombe(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    count = len(ours)
    both = sum(a == 1 and b == 1 for a, b in zip(ours, theirs, strict=True))
    only_ours, only_theirs = sum(ours) - both, sum(theirs) - both
    neither = count - both - only_ours - only_theirs
    margins = (both + only_ours) * (only_theirs + neither) * (both + only_theirs) * (only_ours + neither)
    covariance = both * neither - only_ours * only_theirs
    if covariance > 0:
        covariance = max(covariance - count / 2, 0)
    phi = covariance / margins**0.5 if margins else 0.0
    minuend, subtrahend = (Estimate(share, *wilson(share, count)) for share in (sum(ours) / count, sum(theirs) / count))
    return _gap(minuend, subtrahend, phi)


def _gap(ours: Estimate, theirs: Estimate, correlation: float) -> Estimate:
    """The difference of two estimates whose intervals may be lopsided and whose errors are correlated (Zou, 2007)."""
    value = ours.value - theirs.value
    low = value - _joint(ours.value - ours.low, theirs.high - theirs.value, correlation)
    return Estimate(value, low, value + _joint(theirs.value - theirs.low, ours.high - ours.value, correlation))


def _joint(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))


def non_inferiority(quality_difference: Quantity | None, margin: float | None) -> Verdict:
    """Good enough if the whole interval lies above -margin, not if it lies below; else not settled."""
    if quality_difference is None or margin is None or quality_difference.low is None:
        return "no_quality"
    assert quality_difference.high is not None
    if quality_difference.low >= -margin:
        return "good_enough"
    return "not_good_enough" if quality_difference.high < -margin else "not_settled"


def _value(score: Score) -> float:
    """The metric over all items; NaN where it is not defined."""
    if score.kind == "mean":
        return math.fsum(score.values) / len(score.values)
    if score.references is None or len(score.references) != len(score.values):
        return math.nan
    return spearman(score.values, score.references)


def _agreement(score: Score) -> RankAgreement:
    assert score.references is not None
    return rank_agreement(score.values, score.references)


def _mean(score: Score) -> Statistic:
    import numpy as np

    values = np.asarray(score.values)
    return lambda draws: np.asarray(values[draws].mean(axis=-1))


def _by_group(score: Score) -> dict[str, float]:
    """The metric of each class; without those over which it is not defined."""
    members: dict[str, list[int]] = {}
    for index, group in enumerate(score.groups or ()):
        members.setdefault(group, []).append(index)
    values = {group: _value(_of_items(score, items)) for group, items in members.items()}
    return {group: value for group, value in values.items() if math.isfinite(value)}


def _of_items(score: Score, items: Sequence[int]) -> Score:
    references = None if score.references is None else [score.references[item] for item in items]
    return replace(score, values=[score.values[item] for item in items], references=references, groups=None)
