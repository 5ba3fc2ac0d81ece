"""A ratio in words: which way round it is told and to how many digits, the same in a sentence and in a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from energyprof.model.quantity import Quantity, decimals, rounded, significant

Bounds = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RatioWords:
    """A ratio to be read as "7.89 times less".

    Attributes:
        value: at least 1, with "~" where it was not metered. word: "less" or "more".
        interval: repeatability, in the direction of the value; None where it is not known.
        total: against a reference meter; None where it is not known or reads the same.
    """

    value: str
    word: str
    interval: Bounds | None
    total: Bounds | None


def ratio_words(ratio: Quantity) -> RatioWords | None:
    """The ratio, turned round where it is below 1; None where it is not known or not above 0."""
    if ratio.value is None or ratio.value <= 0:
        return None
    less, estimated = ratio.value < 1, ratio.basis in ("estimated", "assumed")
    turned = _inverse(ratio) if less else ratio
    digits = None if estimated else _digits(turned)
    inner = _bounds(turned.low, turned.high, digits)
    total = _bounds(turned.total_low, turned.total_high, digits)
    value = turned.value or 0.0
    text = f"~{significant(value, 2)}" if digits is None else rounded(value, digits)
    return RatioWords(text, "less" if less else "more", inner, None if total == inner else total)


def distinct(low: float, high: float) -> Bounds:
    """Both bounds to two digits, or to three where two would make them equal."""
    two = significant(low, 2), significant(high, 2)
    return two if two[0] != two[1] else (significant(low, 3), significant(high, 3))


def _bounds(low: float | None, high: float | None, digits: int | None) -> Bounds | None:
    if low is None or high is None:
        return None
    return distinct(low, high) if digits is None else (rounded(low, digits), rounded(high, digits))


def _digits(quantity: Quantity) -> int:
    """Decimals for three significant digits, or for two of the uncertainty where these are fewer."""
    value = quantity.value or 1.0
    three = 2 - math.floor(math.log10(value))
    if quantity.low is None or quantity.high is None:
        return three
    return min(three, decimals(value, (quantity.high - quantity.low) / 2))


def _inverse(quantity: Quantity) -> Quantity:
    bounds = (quantity.high, quantity.low, quantity.total_high, quantity.total_low)
    low, high, total_low, total_high = (1 / bound if bound else None for bound in bounds)
    value = None if quantity.value is None else 1 / quantity.value
    return Quantity(value, low, high, quantity.unit, quantity.basis, quantity.reason, total_low, total_high)
