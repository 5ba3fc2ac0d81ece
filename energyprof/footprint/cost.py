"""What electricity and hire cost, in the currency of the price; currencies are never converted."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from energyprof.footprint.factor import Factor, given, shipped_factors
from energyprof.footprint.formula import Formula
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import JOULES_PER_KWH

ELECTRICITY_PRICES = "electricity_prices.csv"
PREFIX = "price."

SECONDS_PER_HOUR = 3600.0
HIGHEST_PER_KWH = 1e6
HIGHEST_PER_HOUR = 1e9

PRICE = re.compile(r"(?P<number>[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(?P<currency>[A-Za-z]{3})")

NO_PRICE = (
    "no price of electricity was given and none is known for this grid; give one with its currency, such as 0.25EUR"
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price per kWh or per hour.

    Attributes:
        currency: ISO 4217, "EUR".
        factor: the number, in `currency` per "kWh" or "h", with its range where it has one.
    """

    currency: str
    factor: Factor


def electricity_price(grid: str) -> Price | None:
    """The price of a kWh on a grid, taxes as its note says; None where none may be shipped.

    Shipped are average revenues per kWh of US states ("US-CA"); elsewhere no table could be verified.
    """
    factor = shipped_factors(ELECTRICITY_PRICES).get(f"{PREFIX}{grid.strip().upper()}")
    return None if factor is None else Price(factor.unit.partition("/")[0], factor)


def given_electricity_price(text: str) -> Price:
    """The user's price of a kWh: "0.25EUR" or "0.25 EUR".

    Raises:
        InvalidValue: it is no number with a currency, or no price of electricity.
    """
    return _given(text, "price.electricity", "kWh", HIGHEST_PER_KWH)


def given_device_price(text: str) -> Price:
    """The user's price of an hour of the hardware, hire or depreciation: "2.10USD".

    Raises:
        InvalidValue: it is no number with a currency, or no price of an hour.
    """
    return _given(text, "price.device", "h", HIGHEST_PER_HOUR)


def price_text(price: Price) -> str:
    """What is read as this price."""
    return f"{price.factor.value:.12g}{price.currency}"


def electricity_cost(energy_j: Factor, pue: Factor, price: Price) -> Formula:
    """PUE x E x price, in the price's currency. E: J of the computers."""
    return lambda pick: pick(energy_j) * pick(pue) * pick(price.factor) / JOULES_PER_KWH


def device_cost(occupied_s: Factor, price: Price) -> Formula:
    """Price x hours for which the hardware was held, idle included."""
    return lambda pick: pick(occupied_s) * pick(price.factor) / SECONDS_PER_HOUR


def common_currency(*prices: Price) -> str:
    """The currency that all prices share, so that their costs may be added.

    Raises:
        InvalidValue: they differ.
    """
    currencies = sorted({price.currency for price in prices})
    if len(currencies) != 1:
        raise InvalidValue(
            f"Costs in {' and '.join(currencies)} are not added: rates of exchange change by the day. Give both prices "
            "in one currency."
        )
    return currencies[0]


def _given(text: str, id: str, per: str, highest: float) -> Price:
    parsed = PRICE.fullmatch(text.strip())
    value = _number(parsed["number"]) if parsed else None
    if parsed is None or value is None:
        raise InvalidValue(
            f"{text[:40]!r} is not a price: give a number and a currency of three letters, such as 0.25EUR per {per}."
        )
    if not (0 <= value < highest and math.isfinite(value)):
        raise InvalidValue(f"A price of {text[:40]!r} per {per} cannot be: it lies between 0 and {highest:g}.")
    currency = parsed["currency"].upper()
    return Price(currency, given(id, value, f"{currency}/{per}", note="taken as exact"))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
