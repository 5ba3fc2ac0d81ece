"""A fleet against closed forms: 10 requests a second a device, 40 J each, 70 W while it waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cli.recorded import recorded
from report.synthetic import all_estimated, gpu_and_cpu, nothing_measurable, partly_estimated

from energyprof.analysis.compare import compare
from energyprof.footprint.demand import Demand
from energyprof.footprint.factor import Factor, given
from energyprof.footprint.fleet import (
    Server,
    busy,
    devices,
    idle_power_w,
    in_ratio,
    mean_power_w,
    peak_power_w,
    server,
)
from energyprof.footprint.formula import central, draws
from energyprof.model.errors import NotMeasurable
from energyprof.model.quantity import unknown

SERVED = Server(
    "large",
    given("run.energy.large", 40.0, "J"),
    given("run.throughput.large", 10.0, "1/s"),
    given("run.idle", 70.0, "W"),
    given("run.gain", 1.0, "ratio"),
    given("run.gain", 1.0, "ratio"),
    given("run.ratio.large", 1.0, "ratio"),
    "measured",
    True,
)


def a_day(per_s, **keywords):
    return Demand(per_s * 86_400, **keywords)


def test_a_load_of_one_device_at_half_utilisation_takes_two():
    assert central(devices(SERVED, a_day(10), 1)) == 2
    assert central(busy(SERVED, a_day(10), 1)) == 1
    assert central(mean_power_w(SERVED, a_day(10), 1)) == 10 * 40 + 1 * 70
    assert central(idle_power_w(SERVED, a_day(10), 1)) == 70
    assert central(peak_power_w(SERVED, a_day(10), 1)) == 2 * 400


def test_devices_are_whole_and_never_fewer_than_one():
    assert central(devices(SERVED, a_day(10.01), 1)) == 3
    assert central(devices(SERVED, a_day(1e-9), 1)) == 1


def test_a_need_for_a_whole_number_is_not_rounded_up_for_the_sake_of_rounding():
    for wanted in (3, 7, 49, 1000, 123_457):
        assert central(devices(SERVED, a_day(wanted * 10 * 0.3, utilisation=0.3), 1)) == wanted


def test_an_almost_idle_fleet_draws_idle_power_and_peaks_at_one_busy_device():
    demand = a_day(0.001)
    assert central(mean_power_w(SERVED, demand, 1)) == pytest.approx(0.001 * 40 + 0.9999 * 70)
    assert central(peak_power_w(SERVED, demand, 1)) == 400


def test_a_fleet_without_headroom_is_always_busy():
    demand = a_day(1000, utilisation=1.0)
    assert central(devices(SERVED, demand, 1)) == 100
    assert central(mean_power_w(SERVED, demand, 1)) == pytest.approx(100 * 400)
    assert central(idle_power_w(SERVED, demand, 1)) == pytest.approx(0, abs=1e-6)


def test_a_peak_that_utilisation_leaves_room_for_leaves_devices_waiting():
    demand = a_day(10, utilisation=0.25, peak_to_mean=2)
    assert central(devices(SERVED, demand, 1)) == 4
    assert central(peak_power_w(SERVED, demand, 1)) == 2 * 400 + 2 * 70


def test_a_peak_above_what_utilisation_leaves_takes_more_devices():
    assert central(devices(SERVED, a_day(10, peak_to_mean=5), 1)) == 5


def test_a_thousand_million_requests_a_day():
    demand = Demand(1e9)
    count = central(devices(SERVED, demand, 1))
    assert count == 2315  # 11,574 a second / 10 x 2 = 2314.8
    working = 1e9 / 86_400 / 10
    assert central(mean_power_w(SERVED, demand, 1)) == pytest.approx(working * 400 + (count - working) * 70)


def test_devices_stay_whole_in_every_draw():
    served = replace(SERVED, throughput=Factor("t", 10.0, 8.0, 12.0, "1/s", "lognormal", "s", None, None, None))
    counts = draws(devices(served, a_day(100), 1))
    assert set(np.unique(counts)) <= set(range(12, 35))
    assert len(set(np.unique(counts))) > 5


def test_a_recorded_run_gives_its_known_server():
    """40 J and 10 a second, 10 J and 20 a second, 70 W idle: what the simulated meter was given."""
    comparison = compare(recorded())
    large, small = (server(comparison, comparison.variant(name)) for name in ("large", "small"))
    assert large.energy.value == pytest.approx(40, rel=0.01)
    assert small.energy.value == pytest.approx(10, rel=0.01)
    assert (large.throughput.value, small.throughput.value) == pytest.approx((10, 20))
    assert large.idle == small.idle
    assert large.idle.value == pytest.approx(70, rel=0.001)
    assert large.ranged
    assert large.energy.low < large.energy.value < large.energy.high


def test_the_gain_is_what_the_total_interval_holds_beyond_repeatability():
    comparison = compare(recorded())
    result = comparison.variant("large")
    energy = replace(result.energy_per_task, value=40.0, low=39.0, high=41.0, total_low=38.0, total_high=43.0)
    gain = server(comparison, replace(result, energy_per_task=energy)).gain
    assert (gain.low, gain.high) == pytest.approx((1 - (4 - 1) ** 0.5 / 40, 1 + (9 - 1) ** 0.5 / 40))


def test_a_single_trial_shows_no_range():
    run = recorded()
    one = [next(trial for trial in run.trials if trial.variant == name) for name in ("large", "small")]
    comparison = compare(replace(run, trials=one))
    assert not server(comparison, comparison.variant("large")).ranged


def test_what_a_power_model_does_not_cancel_stays_in_a_ratio_and_out_of_the_figures():
    comparison = partly_estimated()
    small, large = (comparison.variant(name) for name in ("small", "large"))
    served = server(comparison, small)
    assert served.unshared.low == served.unshared.high == 1
    unshared = in_ratio(served, small).unshared
    assert (unshared.low, unshared.high) == pytest.approx((0.8, 1.25), abs=0.01)
    baseline = server(comparison, large)
    assert in_ratio(baseline, large) == baseline


def test_meters_have_one_gain_and_a_power_model_is_off_by_two():
    metered, modelled = gpu_and_cpu(), all_estimated()
    one, two = (server(each, each.variants[0]) for each in (metered, modelled))
    assert one.gain.id == one.idle_gain.id == "run.gain"
    assert (two.gain.id, two.idle_gain.id) == ("run.gain", "run.gain.idle")
    assert (two.idle_gain.low, two.idle_gain.high) == pytest.approx((0.5, 2.0), rel=0.01)


def test_the_gain_of_idle_watts_is_that_of_the_meters_that_read_them():
    """GPU at 70 W with a gain of 5 %, CPU package at 22 W with none."""
    comparison = gpu_and_cpu()
    gain = server(comparison, comparison.variants[0]).idle_gain
    assert gain.high - 1 == pytest.approx(0.05 * 70 / 92)
    assert gain.low == pytest.approx(2 - gain.high)


def test_without_joules_throughput_or_idle_power_there_is_no_server():
    nothing = nothing_measurable()
    with pytest.raises(NotMeasurable, match="can be metered"):
        server(nothing, nothing.variants[0])
    comparison = compare(recorded())
    large = comparison.variant("large")
    for without in (replace(large, tasks_per_s=None), replace(large, trial_energies=[])):
        with pytest.raises(NotMeasurable, match="throughput"):
            server(comparison, without)
    silent = replace(comparison, idle_power_w={"gpu:0": unknown("W", "no idle time was recorded")})
    with pytest.raises(NotMeasurable, match="idle power is not known: no idle time was recorded"):
        server(silent, large)
