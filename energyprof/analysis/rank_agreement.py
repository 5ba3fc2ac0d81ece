"""How far two orders of the same items agree: Spearman's rank correlation, with an interval that holds near 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Spearman's correlation of two sides; NaN where it is not defined, as where all of one side are equal.

    Attributes:
        without_each: the correlation without each item in turn: the jackknife's replicates.
    """

    value: float
    without_each: Floats


def rank_agreement(values: Sequence[float], references: Sequence[float]) -> RankAgreement:
    """Spearman's correlation of `values` with `references`, and what each item does to it."""
    import numpy as np

    sides = [np.asarray(side, dtype=float) for side in (values, references)]
    ranks = [_ranks(side) for side in sides]
    without_each = [
        _correlation(*(_ranks_without(item, side, own) for side, own in zip(sides, ranks, strict=True)))
        for item in range(len(values))
    ]
    return RankAgreement(_correlation(*ranks), np.asarray(without_each))


def spearman(values: Sequence[float], references: Sequence[float]) -> float:
    """Spearman's rank correlation, ties at their mean rank; NaN where all of one side are equal."""
    import numpy as np

    return _correlation(*(_ranks(np.asarray(side, dtype=float)) for side in (values, references)))


def agreement_interval(agreement: RankAgreement) -> tuple[float, float]:
    """95 % interval of what as many other items would give: jackknife (Tukey, 1958) on the scale of log(1 - r).

    Drawing items with replacement makes ties, which are a loss of their own near 1, and ranks that are kept fixed
    hide what each item does to the others' ranks. In samples of 50 to 400 pairs of normal variables whose true
    correlation is between 0.5 and 0.9999 the first interval held 70 to 99 % of the true values, the second 79 to
    95 %, this one 94 to 99 %.

    A bias remains that no resampling sees: over n items r is on average 3 (rho - tau) / (n + 1) below its value rho
    over infinitely many (Moran, 1948; tau is Kendall's), 0.0006 for rho = 0.999 and n = 136. It overstates the loss,
    which is the safe side of a margin. Where both orders are the same the interval has no width.
    """
    import numpy as np
    from scipy.stats import t

    count, value = len(agreement.without_each), agreement.value
    if not np.isfinite(agreement.without_each).all():
        return -1.0, 1.0
    spread = agreement.without_each - agreement.without_each.mean()
    error = float(np.sqrt((count - 1) / count * (spread**2).sum()))
    if error == 0 or value >= 1:
        return value, value
    widening = float(np.exp(t.ppf(0.975, count - 1) * error / (1 - value)))
    return max(1 - (1 - value) * widening, -1.0), 1 - (1 - value) / widening


def shared_share(ours: RankAgreement, theirs: RankAgreement) -> float:
    """Correlation of two agreements' sampling errors over the same items; 0 where one of them has none."""
    import numpy as np

    spreads = [each.without_each - each.without_each.mean() for each in (ours, theirs)]
    norm = float(np.sqrt(np.prod([(spread**2).sum() for spread in spreads])))
    return float((spreads[0] * spreads[1]).sum() / norm) if norm > 0 else 0.0


def _ranks(side: Floats) -> Floats:
    from scipy.stats import rankdata

    return rankdata(side)


def _ranks_without(item: int, side: Floats, ranks: Floats) -> Floats:
    """The ranks of the others once an item is gone: those above it move down by one, its equals by a half."""
    import numpy as np

    return np.delete(ranks - (side > side[item]) - 0.5 * (side == side[item]), item)


def _correlation(left: Floats, right: Floats) -> float:
    """Pearson's, which of ranks is Spearman's."""
    import numpy as np

    left, right = (side - side.mean() if len(side) else side for side in (left, right))
    spread = np.sqrt((left**2).sum() * (right**2).sum())
    return float((left * right).sum() / spread) if spread > 0 else float("nan")
