"""Costs against closed forms; currencies stay apart."""

from __future__ import annotations

import pytest

from energyprof.footprint.cost import (
    ELECTRICITY_PRICES,
    common_currency,
    device_cost,
    electricity_cost,
    electricity_price,
    given_device_price,
    given_electricity_price,
)
from energyprof.footprint.factor import given, shipped_factors
from energyprof.footprint.formula import central, uncertainty, used
from energyprof.footprint.grid import find
from energyprof.model.errors import InvalidValue

KWH = given("task.energy", 3.6e6, "J")
PUE = given("site.pue", 1.2, "ratio")


def test_a_kilowatt_hour_costs_its_price_times_pue():
    price = given_electricity_price("0.25EUR")
    assert central(electricity_cost(KWH, PUE, price)) == pytest.approx(0.3)
    assert price.currency == "EUR"
    assert price.factor.unit == "EUR/kWh"


def test_hired_hardware_costs_by_the_hours_it_is_held():
    price = given_device_price("2.10 usd")
    assert central(device_cost(given("task.occupied", 1800.0, "s"), price)) == pytest.approx(1.05)
    assert price.factor.unit == "USD/h"


def test_a_state_has_the_published_price_with_the_sectors_as_its_range():
    """EIA, Electric Power Annual 2023: California, all sectors 24.87, residential 29.51, industrial 18.64 cents."""
    price = electricity_price("us-ca")
    assert (price.factor.low, price.factor.value, price.factor.high) == (0.1864, 0.2487, 0.2951)
    assert (price.currency, price.factor.year) == ("USD", 2023)
    assert "taxes included" in price.factor.note
    found = uncertainty(electricity_cost(KWH, PUE, price))
    assert 1.2 * 0.1864 < found.low < found.high < 1.2 * 0.2951
    assert [factor.id for factor in used(electricity_cost(KWH, PUE, price))][-1] == "price.US-CA"


@pytest.mark.parametrize("grid", ["FRA", "USA", "US-ZZ", "94", "", "electricity"])
def test_where_no_table_could_be_verified_there_is_no_price(grid):
    assert electricity_price(grid) is None


def test_every_shipped_price_is_of_a_grid_that_has_a_name():
    prices = shipped_factors(ELECTRICITY_PRICES)
    assert len(prices) == 49
    for id, factor in prices.items():
        assert find(id.removeprefix("price.")).label or id == "price.US-DC"
        assert factor.low <= factor.value <= factor.high


@pytest.mark.parametrize(
    "text",
    ["", "0.25", "EUR", "0.25 €", "-0.25EUR", "0..25EUR", ".EUR", "nanEUR", "1e400EUR", "0.25EURO", "0.25E", "9e9EUR"],
)
def test_a_price_that_cannot_be_is_refused(text):
    with pytest.raises(InvalidValue, match="price"):
        given_electricity_price(text)


def test_free_electricity_is_a_price():
    assert central(electricity_cost(KWH, PUE, given_electricity_price("0EUR"))) == 0


def test_costs_in_two_currencies_are_not_added():
    euro, dollar = given_electricity_price("0.25EUR"), given_device_price("2USD")
    assert common_currency(euro, given_device_price("1eur")) == "EUR"
    with pytest.raises(InvalidValue, match="EUR and USD are not added"):
        common_currency(euro, dollar)
