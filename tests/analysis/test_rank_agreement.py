"""Rank correlation against SciPy, and its interval by how often it holds a population's known value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from energyprof.analysis.quality import difference, quality
from energyprof.analysis.rank_agreement import agreement_interval, rank_agreement, shared_share, spearman
from energyprof.model.run import Score

SAMPLES = 200


def expected(correlation: float, count: int) -> float:
    """Spearman's of a sample of normal pairs, on average (Moran, 1948, Biometrika 35:203)."""
    tau, rho = 2 / math.pi * math.asin(correlation), 6 / math.pi * math.asin(correlation / 2)
    return (3 * tau + (count - 2) * rho) / (count + 1)


def noisy(reference: np.ndarray, correlation: float, generator: np.random.Generator) -> list[float]:
    noise = generator.standard_normal(len(reference))
    return list(correlation * reference + math.sqrt(1 - correlation**2) * noise)


def score(values: list[float], references: list[float]) -> Score:
    return Score("a", "spearman", "spearman", values, references)


def test_leaving_out_an_item_is_ranking_the_others_anew() -> None:
    values, references = [0.1, 0.5, 0.5, 0.9, 0.7, 0.2], [1.0, 1.0, 3.0, 4.0, 4.0, 2.0]
    found = rank_agreement(values, references)
    assert found.value == pytest.approx(stats.spearmanr(values, references).statistic)
    for item, without in enumerate(found.without_each):
        others = [side[:item] + side[item + 1 :] for side in (values, references)]
        assert without == pytest.approx(stats.spearmanr(*others).statistic)


def test_equal_values_have_no_rank_correlation() -> None:
    assert math.isnan(spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    assert math.isnan(spearman([1.0], [1.0]))


def test_a_correlation_that_hangs_on_one_item_may_be_anything() -> None:
    assert agreement_interval(rank_agreement([0.0, 0.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0])) == (-1.0, 1.0)
    assert agreement_interval(rank_agreement([0.0, 1.0], [0.0, 1.0])) == (-1.0, 1.0)


def test_the_same_order_is_one_without_width() -> None:
    same = rank_agreement([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    assert agreement_interval(same) == (1.0, 1.0)
    assert shared_share(same, same) == 0.0


@pytest.mark.parametrize("correlation", [0.9, 0.98, 0.9999])
def test_the_interval_holds_the_populations_value_95_times_in_100(correlation: float) -> None:
    generator, held = np.random.default_rng(3), 0
    for _ in range(SAMPLES):
        reference = generator.standard_normal(136)
        found = quality(score(noisy(reference, correlation, generator), list(reference)))
        assert found is not None
        held += found.low <= expected(correlation, 136) <= found.high
    assert 0.92 <= held / SAMPLES <= 1.0


def test_against_the_reference_itself_the_difference_is_the_loss() -> None:
    generator = np.random.default_rng(5)
    reference = generator.standard_normal(60)
    ours, theirs = score(noisy(reference, 0.99, generator), list(reference)), score(list(reference), list(reference))
    gap, own = difference(ours, theirs), quality(ours)
    assert own is not None
    assert (gap.value, gap.low, gap.high) == pytest.approx((own.value - 1, own.low - 1, own.high - 1))


def test_a_paired_difference_holds_its_true_value_95_times_in_100() -> None:
    generator, held, widths, alone = np.random.default_rng(12), 0, [], []
    for _ in range(SAMPLES):
        reference = generator.standard_normal(100)
        first = noisy(reference, 0.95, generator)
        second = list(0.97 * np.asarray(first) + 0.05 * generator.standard_normal(100))
        gap = difference(score(first, list(reference)), score(second, list(reference)))
        assert gap.low is not None
        assert gap.high is not None
        truth = expected(0.95, 100) - expected(0.95 * 0.97 / math.hypot(0.97, 0.05), 100)
        held += gap.low <= truth <= gap.high
        widths.append(gap.high - gap.low)
        single = quality(score(first, list(reference)))
        assert single is not None
        alone.append(single.high - single.low)
    assert 0.92 <= held / SAMPLES <= 1.0
    assert np.mean(widths) < 0.6 * np.mean(alone)
