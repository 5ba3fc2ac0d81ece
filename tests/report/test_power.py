"""Power over time from counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from report.synthetic_run import CPU, CPU_MODEL

from energyprof.model.timeline import Gap, Timeline
from energyprof.report.power import Column, stretches


def timeline(seconds: Sequence[float], joules: Sequence[float], gaps: Sequence[Gap] = ()) -> Timeline:
    domain = replace(CPU, joules_per_count=1e-3)
    counts = [round(1000 * energy_j) for energy_j in joules]
    return Timeline(domain, list(seconds), list(seconds), counts, seconds[-1] if seconds else 0.0, list(gaps))


def test_a_constant_power_is_a_flat_line() -> None:
    (columns,) = stretches(timeline([0, 1, 2, 3, 4], [0, 5, 10, 15, 20]))
    assert [(column.lowest_w, column.mean_w, column.highest_w) for column in columns] == [(5.0, 5.0, 5.0)] * 4


def test_columns_keep_the_extremes_and_the_energy() -> None:
    seconds = [0.1 * tick for tick in range(10_001)]
    joules = [0.0]
    for tick in range(10_000):
        joules.append(joules[-1] + (9.0 if tick == 5_000 else 1.0))
    (columns,) = stretches(timeline(seconds, joules), 200)
    assert len(columns) <= 200
    assert max(column.highest_w for column in columns) == pytest.approx(90.0)
    energy_j = sum(column.mean_w * (column.end_s - column.start_s) for column in columns)
    assert energy_j == pytest.approx(joules[-1], rel=1e-9)


def test_a_gap_stays_a_gap() -> None:
    gap = Gap(2.0, 5.0, "no answer")
    before, after = stretches(timeline([0, 1, 2, 5, 6, 7], [0, 1, 2, 100, 101, 102], [gap]))
    assert (before[-1].end_s, after[0].start_s) == (2.0, 5.0)
    assert max(column.highest_w for column in [*before, *after]) == pytest.approx(1.0)


@pytest.mark.parametrize(("seconds", "joules"), [([], []), ([1.0], [0.0])])
def test_fewer_than_two_ticks_have_no_power(seconds: list[float], joules: list[float]) -> None:
    assert stretches(timeline(seconds, joules)) == []


def test_a_modelled_domain_shows_the_models_best_watts() -> None:
    one_busy_core = Timeline(CPU_MODEL, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0, 10**9, 2 * 10**9], 2.0)
    (columns,) = stretches(one_busy_core)
    assert columns[0] == Column(0.0, 1.0, 8.5, 8.5, 8.5)
