"""What a stored record says of the joules beside it: the live mean, or the annual value and why."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from cli.recorded import recorded
from live.recorded import HOUR_S, NOON_S, reading

from energyprof.footprint.assess import assess
from energyprof.footprint.factor import given
from energyprof.footprint.grid import find
from energyprof.footprint.site import Site
from energyprof.footprint.water import water_intensity
from energyprof.live.intensity import Derived, derived, live_intensity
from energyprof.live.weighted import Joules, along, steadily, weighted
from energyprof.model.live import LiveAnswer, LiveIntensity, LiveReading
from energyprof.model.quantity import JOULES_PER_KWH, Quantity
from energyprof.model.record import dumps, loads

EVENLY = along([(NOON_S, 0.0), (NOON_S + 2 * HOUR_S, 1000.0)])
FRANCE = Site("FRA")
TWO_HOURS = [(1000.0, 1000.0 + 2 * HOUR_S)]


def _record(
    *readings: LiveReading, service: str = "neso", zone: str = "GB", reason: str | None = None
) -> LiveIntensity:
    answer = LiveAnswer(NOON_S, "live" if readings else "fell back", reason)
    return LiveIntensity(service, zone, NOON_S - 1000.0, list(readings), [answer])


def _derived(
    *readings: LiveReading, grid: str | float | None = "FRA", joules: Joules = EVENLY, **named: str
) -> Derived:
    return derived(_record(*readings, **named), TWO_HOURS, joules, Site(grid))


def test_the_factor_is_the_energy_weighted_mean_with_the_range_of_a_grid() -> None:
    found = _derived(reading(NOON_S, 100), reading(NOON_S + HOUR_S, 300), service="electricity-maps", zone="FR")
    assert found.live
    assert found.factor is not None
    assert found.factor.id == "grid.live.electricity-maps.FR"
    assert found.factor.value == pytest.approx(200)
    assert (found.factor.low, found.factor.high) == (pytest.approx(180), pytest.approx(240))
    assert (found.factor.unit, found.factor.year, found.accounting) == ("g/kWh", 2026, "lifecycle")
    assert found.annual == find("FRA").intensity
    assert found.sentence() == (
        "Electricity Maps, zone FR: energy-weighted 200 g/kWh over 12:00-14:00 UTC "
        "(lifecycle; values from 100 to 300; water by the annual mix); annual: 56 g/kWh (lifecycle)"
    )


def test_a_gap_has_the_annual_value_and_the_note_says_how_much() -> None:
    found = _derived(reading(NOON_S + HOUR_S, 300))
    assert found.factor is not None
    assert found.factor.value == pytest.approx((find("FRA").intensity.value + 300) / 2)
    assert "50 % of the joules at the annual value" in (found.factor.note or "")


def test_a_gap_is_not_filled_with_a_value_that_counts_something_else() -> None:
    found = _derived(reading(NOON_S + HOUR_S, 300, counts="CO2 only"))
    assert not found.live
    assert found.factor == find("FRA").intensity
    assert "counts lifecycle where the live one counts CO2 only" in (found.reason or "")
    assert found.sentence().endswith("; annual: 56 g/kWh (lifecycle)")


def test_a_users_own_annual_value_stands_in() -> None:
    own = Site("FRA", factors=(given("grid.FRA", 70.0, "g/kWh"),))
    found = derived(_record(reading(NOON_S + HOUR_S, 300)), TWO_HOURS, EVENLY, own)
    assert found.factor is not None
    assert found.factor.value == pytest.approx((70 + 300) / 2)


def test_without_a_grid_a_gap_is_left_out_and_named() -> None:
    found = _derived(reading(NOON_S + HOUR_S, 300, counts="CO2 only"), grid=None)
    assert found.factor is not None
    assert (found.factor.value, found.accounting) == (300, "CO2 only")
    assert "50 % of the joules under no value, left out" in found.sentence()


def test_a_marginal_value_is_an_extra_and_never_the_factor() -> None:
    found = _derived(reading(NOON_S, 453.6, counts="marginal", length_s=2 * HOUR_S), service="watttime", zone="X")
    assert found.factor == find("FRA").intensity
    assert not found.live
    assert found.marginal is not None
    assert found.marginal.value == pytest.approx(453.6)
    assert "(marginal, never taken for a mean; one value throughout); annual: 56 g/kWh (lifecycle)" in found.sentence()
    alone = _derived(reading(NOON_S, 453.6, counts="marginal"), service="watttime", zone="X", grid=None)
    assert alone.factor is None


def test_where_it_fell_back_the_annual_value_stands_with_the_reason() -> None:
    found = _derived(reason="it refuses the token (status 401)")
    assert (found.live, found.factor) == (False, find("FRA").intensity)
    assert found.sentence() == (
        "NESO, zone GB: no live value (it refuses the token (status 401)); annual: 56 g/kWh (lifecycle)"
    )
    assert _derived(grid=None, reason="x").factor is None


def test_values_that_count_different_things_make_no_mean() -> None:
    found = _derived(reading(NOON_S, 100), reading(NOON_S + HOUR_S, 300, counts="CO2 only"))
    assert not found.live
    assert "count different things" in (found.reason or "")


def test_readings_of_another_time_are_no_live_value() -> None:
    found = _derived(reading(NOON_S - 24 * HOUR_S, 100))
    assert not found.live
    assert found.reason == "none of its values is of this time"


def test_without_a_meter_each_second_counts_alike() -> None:
    found = _derived(reading(NOON_S, 100), reading(NOON_S + HOUR_S, 300), joules=along([]))
    assert found.factor is not None
    assert found.factor.value == pytest.approx(200)
    assert "each second counts alike" in (found.factor.note or "")


def test_the_live_mix_gives_live_water_with_the_cooling_of_the_grid() -> None:
    shares = {"nuclear": 0.9, "gas": 0.05, "unknown": 0.05}
    found = _derived(reading(NOON_S, 44, length_s=2 * HOUR_S, shares=shares))
    assert found.mix is not None
    assert found.mix.share("nuclear") == pytest.approx(0.9 / 0.95)
    assert found.mix.cooling_region == "Western Europe"
    assert water_intensity(found.mix).factor().value > 0
    assert _derived(reading(NOON_S, 44, shares=shares), grid=None).mix is None
    assert "annual mix" not in found.sentence()


def test_where_too_much_of_the_live_mix_is_unknown_water_rests_on_the_annual_one() -> None:
    imported = {"gas": 0.8, "unknown": 0.2}
    found = _derived(reading(NOON_S, 44, length_s=2 * HOUR_S, shares=imported))
    assert found.mix is None
    supply = found.supply()
    assert supply is not None
    assert supply.intensity.value == pytest.approx(44)
    assert "water by the annual mix" in found.sentence()
    kwh = Quantity(JOULES_PER_KWH, None, None, "J", "measured")
    live, annual = assess(kwh, replace(FRANCE, live=supply)), assess(kwh, FRANCE)
    assert live.co2e.value == pytest.approx(44)
    assert live.water == annual.water
    assert live.water.value is not None


def test_a_value_of_nothing_is_exact() -> None:
    found = _derived(reading(NOON_S, 0.0, length_s=2 * HOUR_S))
    assert found.factor is not None
    assert (found.factor.value, found.factor.low, found.factor.high, found.factor.distribution) == (0, 0, 0, "exact")


def test_the_trials_of_a_run_are_weighted_by_their_own_joules() -> None:
    run = recorded()
    middle_s = run.trials[len(run.trials) // 2].start_s - 0.1
    record = replace(
        _record(
            reading(0.0, 100.0, length_s=middle_s),
            reading(middle_s, 300.0, length_s=1000.0),
            service="electricity-maps",
            zone="FR",
        ),
        epoch_s=0.0,
    )
    run = loads(dumps(replace(run, live=record)))
    joules = {"large": 400.0, "small": 200.0}
    parts = [(joules[trial.variant], 100.0 if trial.start_s < middle_s else 300.0) for trial in run.trials]
    expected = sum(j * g for j, g in parts) / sum(j for j, _ in parts)
    found = live_intensity(run)
    assert found is not None
    assert found.factor is not None
    assert found.factor.value == pytest.approx(expected, rel=0.02)
    small = live_intensity(run, "small")
    assert small is not None
    assert small.factor is not None
    assert small.factor.value == pytest.approx(200, rel=0.02)  # five of ten trials on either side


def test_an_old_record_loads_and_has_no_live_intensity() -> None:
    text = dumps(recorded()).replace(',"live":null', "")
    assert '"live"' not in text
    assert live_intensity(loads(text)) is None


def test_a_service_that_this_version_does_not_know_is_still_shown() -> None:
    found = _derived(reading(NOON_S, 100, length_s=2 * HOUR_S), service="of-tomorrow", zone="X")
    assert found.label == "of-tomorrow, zone X"
    assert found.live


@pytest.mark.parametrize(
    "hostile",
    [
        reading(NOON_S, math.nan),
        reading(NOON_S, -1.0),
        reading(NOON_S, 1e9),
        reading(math.nan, 100.0),
        reading(1e300, 100.0),
        reading(NOON_S, 100.0, length_s=-5.0),
    ],
    ids=["NaN", "negative", "absurd", "no time", "no date", "backwards"],
)
def test_a_record_that_was_changed_by_hand_falls_back(hostile: LiveReading) -> None:
    found = _derived(hostile)
    assert not found.live
    assert found.factor == find("FRA").intensity
    assert found.sentence()


@pytest.mark.parametrize("epoch_s", [math.nan, math.inf, -1e300, 1e300])
def test_a_clock_that_cannot_be_falls_back(epoch_s: float) -> None:
    record = replace(_record(reading(NOON_S, 100)), epoch_s=epoch_s)
    assert "no time was measured" in derived(record, TWO_HOURS, EVENLY, FRANCE).sentence()


def test_before_anything_was_measured_there_is_no_live_value() -> None:
    assert derived(_record(reading(NOON_S, 100)), [], EVENLY, FRANCE).reason == "no time was measured"


def test_a_week_of_five_minutes_under_ten_thousand_trials_is_weighed_piece_by_piece() -> None:
    week = [reading(300.0 * k, float(100 + k % 2), length_s=300.0) for k in range(2016)]
    stretches = [(60.0 * k, 60.0 * k + 30.0) for k in range(10_080)]
    found = weighted(steadily, stretches, week, None)
    assert found is not None
    assert found.g_per_kwh == pytest.approx(100.5)
    assert found.live == pytest.approx(1)
