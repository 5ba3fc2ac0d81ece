"""The few statistics that a comparison needs, each with its source. Unknown spread is None, never 0."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

    Indices = NDArray[np.intp]

Z95 = 1.959963984540054
"""Standard normal quantile of a 95 % interval."""

BOOTSTRAP_RESAMPLES = 4000
AUTOCORRELATION_LIMIT = 0.2
"""Above this lag-1 autocorrelation trials are not independent and intervals are widened."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the half-width of its 95 % interval; None where fewer than two values were given.

    Attributes:
        widened: the factor by which autocorrelation widened the interval; 1 = not.
    """

    value: float
    half_width: float | None
    count: int
    widened: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two means with its 95 % interval; None where either side has fewer than two values."""

    value: float
    low: float | None
    high: float | None


def mean(values: Sequence[float]) -> Mean:
    """The mean and Student's 95 % interval, inflated by sqrt((1 + rho) / (1 - rho)) where trials hang together.

    Raises:
        ValueError: no values.
    """
    if not values:
        raise ValueError("the mean of no values is not defined")
    count = len(values)
    centre = math.fsum(values) / count
    if count < 2:
        return Mean(centre, None, count)
    from scipy.stats import t

    spread = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (count - 1))
    widened = autocorrelation_factor(values)
    half_width = float(t.ppf(0.975, count - 1)) * spread / math.sqrt(count) * widened
    return Mean(centre, half_width, count, widened)


def autocorrelation(values: Sequence[float]) -> float | None:
    """Lag-1 autocorrelation; None for fewer than five values or without any spread."""
    count = len(values)
    centre = math.fsum(values) / count if count else 0.0
    total = math.fsum((value - centre) ** 2 for value in values)
    if count < 5 or total <= (1e-12 * centre) ** 2:
        return None
    return math.fsum((a - centre) * (b - centre) for a, b in itertools.pairwise(values)) / total


def autocorrelation_factor(values: Sequence[float]) -> float:
    """How much wider an interval must be: sqrt((1 + rho) / (1 - rho)) when rho is above 0.2, else 1."""
    rho = autocorrelation(values)
    if rho is None or rho <= AUTOCORRELATION_LIMIT:
        return 1.0
    rho = min(rho, 0.95)
    return math.sqrt((1 + rho) / (1 - rho))


def trend(values: Sequence[float]) -> float | None:
    """Relative change from the first to the last value, where it is significant at 1 % (Kendall); else None."""
    if len(values) < 8:
        return None
    from scipy.stats import kendalltau, theilslopes

    if not kendalltau(range(len(values)), values).pvalue < 0.01:  # NaN, where all values are equal, is no trend
        return None
    slope = float(theilslopes(values).slope)
    return slope * (len(values) - 1) / (math.fsum(values) / len(values))


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Ratio | None:
    """Ratio of the geometric means: ln R with Welch-Satterthwaite degrees of freedom.

    What both sides share, such as a sensor's gain, cancels. None where a value is not positive.
    """
    if not numerator or not denominator or min(*numerator, *denominator) <= 0:
        return None
    logs = [[math.log(value) for value in side] for side in (numerator, denominator)]
    centres = [math.fsum(side) / len(side) for side in logs]
    value = math.exp(centres[0] - centres[1])
    if min(len(side) for side in logs) < 2:
        return Ratio(value, None, None)
    from scipy.stats import t

    terms = [_variance_of_mean(side, centre) for side, centre in zip(logs, centres, strict=True)]
    total = sum(terms)
    if total == 0:
        return Ratio(value, value, value)
    freedom = total**2 / sum(term**2 / (len(side) - 1) for term, side in zip(terms, logs, strict=True))
    half_width = float(t.ppf(0.975, freedom)) * math.sqrt(total)
    return Ratio(value, value * math.exp(-half_width), value * math.exp(half_width))


def _variance_of_mean(values: Sequence[float], centre: float) -> float:
    spread = math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)
    return spread / len(values) * autocorrelation_factor(values) ** 2


def bootstrap(statistic: Callable[[Indices], Floats], count: int, *, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of a statistic of items drawn with replacement (Efron, 1979).

    Args:
        statistic: from the drawn items' indices, shape (resamples, count), to its values, shape (resamples,).
        count: how many items there are; at least 1.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    draws = generator.integers(0, count, (BOOTSTRAP_RESAMPLES, count))
    low, high = np.nanquantile(statistic(draws), (0.025, 0.975))
    return float(low), float(high)
