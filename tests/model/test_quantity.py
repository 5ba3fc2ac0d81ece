"""A quantity says what it knows, and no more digits than it has."""

from __future__ import annotations

import pytest

from energyprof.model.quantity import Quantity, significant, unknown, weakest


def test_a_measured_value_is_rounded_to_its_interval() -> None:
    assert str(Quantity(1.9234, 1.8312, 2.0129, "J", "measured")) == "1.923 J (1.831-2.013)"
    assert str(Quantity(1.92, 1.83, 2.01, "J", "measured")) == "1.920 J (1.830-2.010)"
    assert str(Quantity(1234.0, 1100.0, 1400.0, "J", "measured")) == "1.23 kJ (1.10-1.40)"


def test_an_estimate_carries_a_mark_and_two_digits() -> None:
    assert str(Quantity(1.9234, 1.21, 3.77, "J", "estimated")) == "~1.9 J (1.2-3.8)"


def test_the_wider_interval_is_the_one_that_is_shown() -> None:
    both = Quantity(10.0, 9.9, 10.1, "J", "measured", total_low=9.0, total_high=11.0)
    assert str(both) == "10.0 J (9.0-11.0)"
    assert both.outer() == (9.0, 11.0)


def test_small_and_large_values_take_a_prefix() -> None:
    assert str(Quantity(2.0e-5, 0.9e-5, 4.1e-5, "g", "estimated")) == "~20 µg (9-41)"
    assert str(Quantity(0.0312, None, None, "J/call", "measured")) == "31.2 mJ/call"
    assert str(Quantity(0.5, None, None, "ratio", "measured")) == "0.500 ratio"


def test_what_is_unknown_says_why_and_what_bounds_it() -> None:
    nothing = unknown("J", "below resolution", at_most=3.0)
    assert (nothing.value, nothing.low, nothing.high) == (None, None, 3.0)
    assert str(nothing) == "at most 3.0 J (below resolution)"
    assert str(nothing.scaled(1e-3, "J/token")) == "at most 3.0 mJ/token (below resolution)"
    assert str(unknown("J", "no sensor")) == "unknown (no sensor)"


def test_zero_is_a_value() -> None:
    assert str(Quantity(0.0, 0.0, 0.0, "J", "measured")).startswith("0")


def test_what_is_far_smaller_than_its_interval_is_shown_on_the_scale_of_that() -> None:
    assert str(Quantity(2.8e-14, -0.043, 0.043, "J", "measured")) == "0 mJ (-43-43)"
    assert str(Quantity(-2.8e-14, -0.37, 0.37, "J", "measured")) == "0.00 J (-0.37-0.37)"
    assert str(Quantity(0.1, -1.6, 1.8, "J", "measured")) == "0.1 J (-1.6-1.8)"
    assert str(Quantity(2.8e-14, -0.043, 0.043, "J", "estimated")) == "~0 mJ (-43-43)"


def test_a_scaled_quantity_keeps_both_intervals() -> None:
    double = Quantity(1.0, 0.9, 1.1, "J", "measured", total_low=0.5, total_high=2.0).scaled(2, "J")
    assert double == Quantity(2.0, 1.8, 2.2, "J", "measured", total_low=1.0, total_high=4.0)


def test_json_there_and_back() -> None:
    for quantity in (Quantity(1.0, 0.9, 1.1, "J", "derived", total_low=0.5, total_high=2.0), unknown("g", "no grid")):
        assert Quantity.from_json(quantity.to_json()) == quantity


def test_a_combination_is_as_weak_as_its_weakest_part() -> None:
    assert weakest("measured", "estimated", "derived") == "estimated"


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (123456.0, "120000"), (0.00123, "0.0012"), (1e9, "1.0e+09")])
def test_significant_digits(value: float, shown: str) -> None:
    assert significant(value, 2) == shown
