"""How much readings scatter, told from what the instants of ticks make of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from energyprof.analysis.scatter import scatter


def runs(spread: float, tick: float, *, count: int, length: int, seed: int) -> list[np.ndarray]:
    """Powers of consecutive intervals around 70 W whose readings and ticks scatter by so much of an interval."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        ticks = tick * generator.uniform(-(3**0.5), 3**0.5, length + 1)
        found.append(70 * (1 + spread * generator.standard_normal(length) + np.diff(ticks)))
    return found


def test_few_intervals_are_widened_by_students_t() -> None:
    widening = stats.t.ppf(0.975, 3) / stats.norm.ppf(0.975)
    powers_w = [np.array([70.0, 72.0, 74.0]), np.array([50.0, 50.0])]
    assert scatter(powers_w) == pytest.approx((2 * (2 / 72) ** 2 / 3) ** 0.5 * widening)


def test_runs_of_one_interval_and_of_no_joules_show_none() -> None:
    assert scatter([]) == 0
    assert scatter([np.array([70.0]), np.zeros(5)]) == 0
    assert scatter([np.full(9, 70.0)], 0.01) == 0


@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_scatter_is_seen_on_average_in_spite_of_ticks(spread: float) -> None:
    found = [scatter(runs(spread, 0.012, count=2, length=40, seed=seed), 0.012) for seed in range(100)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(spread, rel=0.1)


def test_ticks_alone_leave_little_scatter_and_the_less_the_longer_the_runs() -> None:
    tick = 0.012
    left = [
        float(np.median([scatter(runs(0.0, tick, count=2, length=length, seed=seed), tick) for seed in range(60)]))
        for length in (5, 20, 80)
    ]
    assert left[0] > 2 * left[1] > 4 * left[2]
    assert left[2] < 0.1 * tick
