"""A formula over factors, worked out at their central values, over their random draws and in the worst corner.

A formula is a function that asks for each factor it needs and does arithmetic on the answers, so that one line of it
serves for a number, for 10,000 draws and for the list of what was used:

    def co2e_g(pick: Pick) -> Amount:
        return pick(ENERGY_J) * pick(PUE) * pick(INTENSITY) / JOULES_PER_KWH

Draws belong to a factor's id: every formula that asks for it gets the same ones, and what two share cancels in their
ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from energyprof.footprint.draws import factor_draws, interval95
from energyprof.footprint.factor import Factor

if TYPE_CHECKING:
    from energyprof.footprint.draws import Array

Amount: TypeAlias = "float | Array"
Pick: TypeAlias = Callable[[Factor], "Amount"]
Formula: TypeAlias = Callable[[Pick], "Amount"]


ROUNDING = 1e-9
"""Relative; a spread below it comes from the order of multiplications, as where all that varies cancels."""


@dataclass(frozen=True, slots=True)
class VarianceShare:
    """How much of a result's variance would go if one factor were known exactly, the others as they are.

    Attributes:
        fraction: of the variance, 0-1. In a product or a sum of independent factors they add up to nearly 1.
    """

    factor: Factor
    fraction: float


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What the ranges of its factors make of a result.

    Attributes:
        median, p5, p95: of 10,000 seeded draws. low, high: the 2.5 % and 97.5 % quantiles.
        shares: largest first: what to find out next.
        worst_low, worst_high: every factor at that end of its range which lowers, or raises, the result.
    """

    median: float
    p5: float
    p95: float
    low: float
    high: float
    shares: tuple[VarianceShare, ...]
    worst_low: float
    worst_high: float

    def scaled(self, factor: float) -> Uncertainty:
        """Of the result times an exact positive factor."""
        numbers = ("median", "p5", "p95", "low", "high", "worst_low", "worst_high")
        return replace(self, **{name: getattr(self, name) * factor for name in numbers})


def used(formula: Formula) -> list[Factor]:
    """The factors that a formula asks for, each once, in the order of first use."""
    found: dict[str, Factor] = {}

    def pick(factor: Factor) -> float:
        found.setdefault(factor.id, factor)
        return factor.value

    formula(pick)
    return list(found.values())


def central(formula: Formula) -> float:
    """The result with every factor at its central value."""
    return float(formula(lambda factor: factor.value))


def draws(formula: Formula) -> Array:
    """The result for each of the 10,000 draws of its factors."""
    import numpy as np

    from energyprof.footprint.draws import DRAWS

    return np.broadcast_to(np.asarray(formula(_drawn), dtype=np.float64), DRAWS)


def is_exact(formula: Formula) -> bool:
    """Whether no factor of it has a range."""
    return all(factor.low == factor.high for factor in used(formula))


def with_overrides(formula: Formula, overrides: Iterable[Factor]) -> Formula:
    """The same formula with the user's factors in place of those of the same id."""
    instead: Mapping[str, Factor] = {factor.id: factor for factor in overrides}
    if not instead:
        return formula
    return lambda pick: formula(lambda factor: pick(instead.get(factor.id, factor)))


def uncertainty(formula: Formula) -> Uncertainty:
    """Quantiles, shares of the variance and the worst corner of a result.

    The corner supposes that a result only rises, or only falls, with each of its factors, as sums, products and
    quotients of positive factors do.
    """
    import numpy as np

    drawn = draws(formula)
    p5, median, p95 = (float(quantile) for quantile in np.quantile(drawn, (0.05, 0.5, 0.95)))
    low, high = interval95(drawn)
    ranged = [factor for factor in used(formula) if factor.low != factor.high]
    variance = float(drawn.var()) if drawn.std() > ROUNDING * abs(median) else 0.0
    shares = [VarianceShare(factor, _share(formula, factor, variance)) for factor in ranged]
    shares.sort(key=lambda share: share.fraction, reverse=True)
    return Uncertainty(median, p5, p95, low, high, tuple(shares), *_corner(formula, ranged))


def _drawn(factor: Factor) -> Amount:
    return factor.value if factor.low == factor.high else factor_draws(factor)


def _share(formula: Formula, known: Factor, variance: float) -> float:
    """By the variance that is left where one factor is held at its central value."""
    if variance == 0:
        return 0.0
    exact = replace(known, low=known.value, high=known.value, distribution="exact")
    return max(0.0, 1 - float(draws(with_overrides(formula, [exact])).var()) / variance)


def _corner(formula: Formula, ranged: list[Factor]) -> tuple[float, float]:
    lowering, raising = {}, {}
    for factor in ranged:
        at_low, at_high = (_at(formula, {factor.id: end}) for end in (factor.low, factor.high))
        lowering[factor.id], raising[factor.id] = (
            (factor.low, factor.high) if at_low <= at_high else (factor.high, factor.low)
        )
    return _at(formula, lowering), _at(formula, raising)


def _at(formula: Formula, values: Mapping[str, float]) -> float:
    return float(formula(lambda factor: values.get(factor.id, factor.value)))
