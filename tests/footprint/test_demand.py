"""What may be asked of a fleet, and what may not."""

from __future__ import annotations

import math

import pytest

from energyprof.footprint.demand import MOST_A_DAY, Demand
from energyprof.model.errors import InvalidValue


def test_requests_a_second_follow_from_those_a_day():
    assert Demand(86_400.0).per_s(1) == 1.0
    assert Demand(0.5).per_s(1) == 0.5 / 86_400


def test_growth_compounds_from_the_second_year_on():
    demand = Demand(100.0, years=3, growth=0.5)
    assert [demand.per_day(year) for year in (1, 2, 3)] == [100, 150, 225]
    assert demand.busiest_year == 3
    assert Demand(100.0, years=3, growth=-0.5).busiest_year == 1


def test_peaks_fill_what_utilisation_leaves_unless_they_are_given():
    assert Demand(1.0, 0.25).peak == Demand(1.0, 0.25).headroom == 4
    assert (Demand(1.0, 0.5, peak_to_mean=1.5).peak, Demand(1.0, 0.5, peak_to_mean=1.5).headroom) == (1.5, 2)
    assert Demand(1.0, 0.5, peak_to_mean=8).headroom == 8


@pytest.mark.parametrize("requests", [0, -1, math.nan, math.inf, 1e14])
def test_requests_that_nobody_asks_for_are_refused(requests):
    with pytest.raises(InvalidValue, match="requests a day cannot be projected"):
        Demand(requests)


@pytest.mark.parametrize("utilisation", [0, -0.1, 1.01, 50, math.nan])
def test_a_utilisation_outside_its_meaning_is_refused(utilisation):
    with pytest.raises(InvalidValue, match="utilisation of"):
        Demand(1.0, utilisation)


@pytest.mark.parametrize("years", [0, -1, 31, 1.5, 10**9])
def test_years_that_nothing_is_known_of_are_refused(years):
    with pytest.raises(InvalidValue, match="years cannot be projected"):
        Demand(1.0, years=years)


@pytest.mark.parametrize("growth", [-1, -2, 11, math.nan, math.inf])
def test_a_growth_that_cannot_be_is_refused(growth):
    with pytest.raises(InvalidValue, match="growth of"):
        Demand(1.0, growth=growth)


@pytest.mark.parametrize("peak", [0.5, 0, 2000, math.nan])
def test_a_peak_below_the_mean_is_refused(peak):
    with pytest.raises(InvalidValue, match="times the mean cannot be"):
        Demand(1.0, peak_to_mean=peak)


def test_growth_into_the_absurd_is_refused_by_its_last_year():
    with pytest.raises(InvalidValue, match="year 3 asks for"):
        Demand(MOST_A_DAY / 2, years=3, growth=1.0)
