"""What the first polls show of a meter, from readings whose truth is known; no clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energyprof.capture.first_look import FirstLook
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.meter import MeterRecord

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0", joules_per_count=1e-3, device="d", driver="999")
PACKAGE = replace(GPU, id="cpu:package-0", sensor="rapl", period_s=0.001)
MODEL = replace(GPU, id="cpu:model", model=PowerModel((1, 1, 1), (1, 1, 1), "assumed"))


def looked(
    domain: Domain = GPU,
    *,
    known: MeterRecord | None = None,
    period_s: float = 0.1,
    poll_s: float = 0.002,
    end_s: float = 1.5,
    latency_s: float = 0.0004,
    unit: int = 20,
    powers_w: tuple[float, float] = (70.3, 300.0),
) -> FirstLook:
    """After polls of a counter that counts in `unit`; it draws the first power until second 0.8, then the other."""
    look = FirstLook([domain], [known])
    last, poll = None, 0
    while (now_s := poll * poll_s) < end_s:
        tick_s = now_s // period_s * period_s
        energy_j = powers_w[0] * min(tick_s, 0.8) + powers_w[1] * max(tick_s - 0.8, 0.0)
        count = round(energy_j / domain.joules_per_count) // unit * unit
        slow = poll % 50 == 25
        look.read(0, now_s, now_s + latency_s * (10 if slow else 1))
        if last is not None and count != last:
            look.ticked(0, now_s, count)
        last, poll = count, poll + 1
    return look


def test_period_step_resolution_latency_and_idle_power_are_what_they_are() -> None:
    [record] = looked().records(0.0, dense=True)
    assert record.period_s == pytest.approx(0.1, rel=0.01)
    assert record.poll_s == pytest.approx(0.002)
    assert record.resolution_j == pytest.approx(0.02)
    assert record.step_j == pytest.approx(7.03, rel=0.01)
    assert record.latency_s == pytest.approx(0.0004)
    assert record.latency_p99_s == pytest.approx(0.004)
    assert record.idle_w == pytest.approx(70.3, rel=0.01)
    assert (record.domain, record.driver) == ("gpu:0", "999")


def test_a_counter_faster_than_the_polls_has_no_period_that_was_seen() -> None:
    [record] = looked(period_s=0.001, poll_s=0.02).records(0.0, dense=True)
    assert record.period_s is None
    assert record.idle_w == pytest.approx(70, rel=0.05)


def test_a_period_that_is_documented_stays() -> None:
    [record] = looked(PACKAGE, period_s=0.001, poll_s=0.02).records(0.0, dense=False)
    assert record.period_s == 0.001


def test_a_run_too_short_for_four_ticks_knows_the_latency_and_nothing_else() -> None:
    [record] = looked(end_s=0.25).records(0.0, dense=True)
    assert (record.period_s, record.step_j, record.resolution_j, record.idle_w) == (None, None, None, None)
    assert record.latency_s is not None


def test_of_a_model_only_the_latency_is_known() -> None:
    [record] = looked(MODEL).records(0.0, dense=True)
    assert (record.period_s, record.step_j, record.idle_w) == (None, None, None)
    assert record.latency_s is not None


def test_a_meter_that_was_never_read_is_unknown_and_no_error() -> None:
    [record] = FirstLook([GPU], [None]).records(0.0, dense=True)
    assert (record.period_s, record.latency_s, record.poll_s) == (None, None, None)


def test_what_was_seen_earlier_stays_where_polls_were_too_sparse_or_too_few_to_see_it() -> None:
    [known] = looked().records(0.0, dense=True)
    known = replace(known, measured="2026-01-01T00:00:00+00:00", idle_w=60.0)
    sparse = looked(known=known, poll_s=0.025)
    assert sparse.records(0.0, dense=False) == [known]
    assert looked(known=known, end_s=0.25).records(0.0, dense=True) == [known]


def test_what_contradicts_an_earlier_start_takes_its_place_with_a_warning() -> None:
    [known] = looked().records(0.0, dense=True)
    look = looked(known=known, period_s=0.02)
    [record] = records = look.records(0.0, dense=True)
    assert record.period_s == pytest.approx(0.02, rel=0.01)
    [warning] = look.contradictions(records)
    assert "moves every 20 ms now" in warning
    assert "saw 100 ms" in warning


def test_what_agrees_is_no_contradiction() -> None:
    [known] = looked().records(0.0, dense=True)
    look = looked(known=known)
    assert look.contradictions(look.records(0.0, dense=True)) == []


def test_readings_before_the_look_began_anew_do_not_count() -> None:
    [record] = looked(end_s=2.0).records(0.9, dense=True)
    assert record.idle_w == pytest.approx(300, rel=0.01)
