"""ENTSO-E: frames as entsoe-py 0.8.1 makes them of the platform's XML, as readings."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from live.recorded import HOUR_S, NOON_S

from energyprof.live.entsoe import readings_of
from energyprof.live.no_answer import NoAnswer

INDEX = pd.DatetimeIndex(["2026-01-31T13:00", "2026-01-31T14:00"]).tz_localize("Europe/Brussels")
PAIRS = {
    ("Nuclear", "Actual Aggregated"): [600.0, 600.0],
    ("Fossil Gas", "Actual Aggregated"): [300.0, 100.0],
    ("Hydro Run-of-river and pondage", "Actual Aggregated"): [100.0, 300.0],
    ("Hydro Pumped Storage", "Actual Aggregated"): [50.0, math.nan],
    ("Hydro Pumped Storage", "Actual Consumption"): [0.0, 500.0],
}


def test_generation_times_lifecycle_factors_is_the_intensity() -> None:
    first, second = readings_of(pd.DataFrame(PAIRS, index=INDEX))
    assert (first.start_s, first.end_s) == (NOON_S, NOON_S + HOUR_S)
    assert first.shares == pytest.approx({"gas": 0.3, "nuclear": 0.6, "hydro": 0.1})
    assert first.g_per_kwh == pytest.approx(0.3 * 490 + 0.6 * 12 + 0.1 * 24)  # medians of IPCC AR5
    assert second.g_per_kwh == pytest.approx(0.1 * 490 + 0.6 * 12 + 0.3 * 24)
    assert first.counts == "lifecycle"


def test_where_nothing_is_consumed_columns_are_types_alone() -> None:
    frame = pd.DataFrame({"Nuclear": [900.0, 900.0], "Wind Onshore": [100.0, 100.0]}, index=INDEX)
    assert [found.g_per_kwh for found in readings_of(frame)] == pytest.approx([0.9 * 12 + 0.1 * 11] * 2)


def test_a_slot_without_one_of_the_types_is_left_out() -> None:
    frame = pd.DataFrame({"Nuclear": [900.0, 900.0], "Fossil Gas": [100.0, math.nan]}, index=INDEX)
    assert [found.start_s for found in readings_of(frame)] == [NOON_S]


def test_oil_counts_its_combustion_alone_and_the_reading_says_so() -> None:
    frame = pd.DataFrame({"Nuclear": [900.0, 900.0], "Fossil Oil": [100.0, 100.0]}, index=INDEX)
    assert {found.counts for found in readings_of(frame)} == {"mixed"}


def test_quarters_of_an_hour_are_told_by_their_distance() -> None:
    index = pd.date_range("2026-01-31T12:00Z", periods=3, freq="15min")
    frame = pd.DataFrame({"Nuclear": [9.0] * 3, "Solar": [1.0] * 3}, index=index)
    assert {found.end_s - found.start_s for found in readings_of(frame)} == {900.0}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"Nuclear": [1.0]}, index=INDEX[:1]),
        pd.Series([1.0, 2.0], index=INDEX),
        pd.DataFrame({"Waste": [50.0, 50.0], "Nuclear": [50.0, 50.0]}, index=INDEX),
        pd.DataFrame({"Nuclear": [1.0, 1.0], "Solar": [1.0, 1.0]}, index=INDEX[::-1]),
        None,
    ],
    ids=["one slot", "no types", "half of it unknown", "backwards", "nothing"],
)
def test_what_says_too_little_is_no_answer(frame: object) -> None:
    with pytest.raises(NoAnswer):
        readings_of(frame)
