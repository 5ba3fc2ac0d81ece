"""Quality of a variant over the test items, and its paired difference to the baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from energyprof.analysis.comparison import Quality, Verdict
from energyprof.analysis.statistics import bootstrap
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import Score

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats
    from energyprof.analysis.statistics import Indices

    Statistic = Callable[[Indices], Floats]
    """Of the items at these indices, over the last axis."""


def quality(score: Score) -> Quality | None:
    """The metric with its 95 % interval over the items; None where nothing was scored or it is not defined."""
    if not score.values or not _all_finite(score):
        return None
    statistic = _statistic(score)
    value = _value(statistic, range(len(score.values)))
    if not math.isfinite(value):
        return None
    low, high = _interval(score, statistic, value)
    return Quality(score.metric, value, low, high, len(score.values), _by_group(score, statistic))


def _interval(score: Score, statistic: Statistic, value: float) -> tuple[float, float]:
    """Wilson's interval for shares of right answers, which is sound near 0 and 1; else a bootstrap."""
    if score.kind == "mean" and set(score.values) <= {0.0, 1.0}:
        return wilson(value, len(score.values))
    return bootstrap(statistic, len(score.values))


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share of `count` independent items (Wilson, 1927)."""
    z = 1.959964
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half_width = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return max(centre - half_width, 0.0), min(centre + half_width, 1.0)


def difference(variant: Score, baseline: Score) -> Quantity:
    """Quality of the variant minus that of the baseline over the same items, paired, 95 % interval.

    For right-or-wrong items the interval is Newcombe's (1998, method 10) for paired shares, which does not collapse
    when both give the same answers; for others it is a paired bootstrap. Unit: the metric's name. Unknown with a
    reason where the two cannot be paired or the metric is not defined for one of them.
    """
    reason = _why_not_paired(variant, baseline)
    if reason is not None:
        return unknown(variant.metric, reason)
    if variant.kind == "mean" and set(variant.values) | set(baseline.values) <= {0.0, 1.0}:
        value, low, high = _newcombe(variant.values, baseline.values)
        return Quantity(value, low, high, variant.metric, "measured")
    ours, theirs = _statistic(variant), _statistic(baseline)
    count = len(variant.values)
    value = _value(ours, range(count)) - _value(theirs, range(count))
    if not math.isfinite(value):
        return unknown(
            variant.metric, f"{variant.metric} is undefined for one of them: its scores are all equal, or stand alone"
        )
    low, high = bootstrap(lambda draws: ours(draws) - theirs(draws), count)
    return Quantity(value, low, high, variant.metric, "measured")


def _why_not_paired(variant: Score, baseline: Score) -> str | None:
    if len(variant.values) != len(baseline.values) or variant.metric != baseline.metric:
        return "the two variants were not scored on the same items"
    if not variant.values:
        return "no item was scored"
    if not (_all_finite(variant) and _all_finite(baseline)):
        return "one of the two has a score that is not a number"
    return None


def _all_finite(score: Score) -> bool:
    return all(map(math.isfinite, [*score.values, *(score.references or ())]))


def _newcombe(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    count = len(ours)
    both = sum(a == 1 and b == 1 for a, b in zip(ours, theirs, strict=True))
    only_ours, only_theirs = sum(ours) - both, sum(theirs) - both
    neither = count - both - only_ours - only_theirs
    p_ours, p_theirs = sum(ours) / count, sum(theirs) / count
    (low_ours, high_ours), (low_theirs, high_theirs) = wilson(p_ours, count), wilson(p_theirs, count)
    margins = (both + only_ours) * (only_theirs + neither) * (both + only_theirs) * (only_ours + neither)
    covariance = both * neither - only_ours * only_theirs
    if covariance > 0:
        covariance = max(covariance - count / 2, 0)
    phi = covariance / margins**0.5 if margins else 0.0
    value = p_ours - p_theirs
    down, up = p_ours - low_ours, high_theirs - p_theirs
    low = value - max(down**2 - 2 * phi * down * up + up**2, 0.0) ** 0.5
    down, up = p_theirs - low_theirs, high_ours - p_ours
    high = value + max(down**2 - 2 * phi * down * up + up**2, 0.0) ** 0.5
    return value, low, high


def non_inferiority(quality_difference: Quantity | None, margin: float | None) -> Verdict:
    """Good enough if the whole interval lies above -margin, not if it lies below; else not settled."""
    if quality_difference is None or margin is None or quality_difference.low is None:
        return "no_quality"
    assert quality_difference.high is not None
    if quality_difference.low >= -margin:
        return "good_enough"
    return "not_good_enough" if quality_difference.high < -margin else "not_settled"


def _statistic(score: Score) -> Statistic:
    import numpy as np

    values = np.asarray(score.values)
    if score.kind == "mean":
        return lambda draws: np.asarray(values[draws].mean(axis=-1))
    references = np.asarray(score.references if score.references is not None else [])
    if len(references) != len(values):
        return lambda draws: np.full(draws.shape[:-1], np.nan)
    return lambda draws: _spearman(values[draws], references[draws])


def _value(statistic: Statistic, items: Sequence[int]) -> float:
    import numpy as np

    return float(statistic(np.asarray(items, dtype=np.intp)))


def _spearman(values: Floats, references: Floats) -> Floats:
    """Correlation of ranks over the last axis; NaN where all of one side are equal."""
    import numpy as np
    from scipy.stats import rankdata

    ranks = [rankdata(side, axis=-1) for side in (values, references)]
    left, right = (side - side.mean(axis=-1, keepdims=True) for side in ranks)
    spread = np.sqrt((left**2).sum(axis=-1) * (right**2).sum(axis=-1))
    return np.asarray((left * right).sum(axis=-1) / np.where(spread > 0, spread, np.nan))


def _by_group(score: Score, statistic: Statistic) -> dict[str, float]:
    """The metric of each class; without those over which it is not defined."""
    if score.groups is None:
        return {}
    members: dict[str, list[int]] = {}
    for index, group in enumerate(score.groups):
        members.setdefault(group, []).append(index)
    values = ((group, _value(statistic, indices)) for group, indices in members.items())
    return {group: value for group, value in values if math.isfinite(value)}
