"""EIA: frames as gridstatus 0.37.0 makes them of the fuel-type data, as readings."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from live.recorded import HOUR_S, NOON_S

from energyprof.live.eia import readings_of
from energyprof.live.no_answer import NoAnswer

STARTS = pd.DatetimeIndex(["2026-01-31T12:00Z", "2026-01-31T13:00Z"])


def _frame(**mw: list[float]) -> pd.DataFrame:
    """The columns of the library, fuels in title case, NaN for one that is not told of."""
    fuels = {name.replace("_", " "): values for name, values in mw.items()}
    return pd.DataFrame(
        {
            "Interval Start": STARTS,
            "Interval End": STARTS + pd.Timedelta("1h"),
            "Respondent": "CISO",
            "Respondent Name": "California ISO",
            "Geothermal": [math.nan] * 2,
            **fuels,
        }
    )


def test_generation_times_lifecycle_factors_is_the_intensity() -> None:
    frame = _frame(Natural_Gas=[500.0, 300.0], Solar=[500.0, -2.0], Wind=[0.0, 700.0], Battery_Storage=[-900.0, 200.0])
    first, second = readings_of(frame, "CISO")
    assert (first.start_s, first.end_s) == (NOON_S, NOON_S + HOUR_S)
    assert first.g_per_kwh == pytest.approx(0.5 * 490 + 0.5 * 48)
    assert second.shares == pytest.approx({"gas": 0.3, "wind": 0.7})  # what a solar park uses at night is no generation
    assert second.g_per_kwh == pytest.approx(0.3 * 490 + 0.7 * 11)


def test_a_fuel_of_no_known_source_is_unknown_and_the_rest_stands_for_it() -> None:
    (found, _) = readings_of(_frame(Nuclear=[95.0, 95.0], Other=[3.0, 3.0], Brand_New=[2.0, 2.0]), "CISO")
    assert found.shares == pytest.approx({"nuclear": 0.95, "unknown": 0.05})
    assert found.g_per_kwh == pytest.approx(12)


@pytest.mark.parametrize(
    "frame",
    [
        _frame(Nuclear=[1.0, 1.0]).assign(Respondent="PJM"),
        _frame(Nuclear=[1.0, 1.0]).iloc[:0],
        _frame(Nuclear=[50.0, 50.0], Other=[50.0, 50.0]),
        _frame(Nuclear=[0.0, 0.0]),
        pd.DataFrame({"period": ["2026-01-31T12"]}),
        None,
    ],
    ids=["another authority", "no hours", "half of it unknown", "nothing generates", "another table", "nothing"],
)
def test_what_says_too_little_is_no_answer(frame: object) -> None:
    with pytest.raises(NoAnswer):
        readings_of(frame, "CISO")
