"""Numbers as text."""

from __future__ import annotations

import pytest

from energyprof.model.quantity import Quantity, unknown
from energyprof.report import figures


def metered(value: float, low: float, high: float, unit: str = "J") -> Quantity:
    return Quantity(value, low, high, unit, "measured")


@pytest.mark.parametrize(
    ("quantity", "value", "interval"),
    [
        (metered(1.92, 1.83, 2.01), "1.920 J", "1.830–2.010"),
        (metered(15.1, 14.5, 15.7), "15.10 J", "14.50–15.70"),
        (metered(0.0072, 0.0066, 0.0078), "7.20 mJ", "6.60–7.80"),
        (metered(7.2e-9, 6.6e-9, 7.8e-9), "7.20 nJ", "6.60–7.80"),
        (metered(12340.0, 11000.0, 13700.0), "12.3 kJ", "11.0–13.7"),
    ],
)
def test_digits_follow_the_uncertainty(quantity: Quantity, value: str, interval: str) -> None:
    shown = figures.figure(quantity, figures.JOULES)
    assert (shown.value, shown.interval) == (value, interval)


def test_an_estimate_has_a_tilde_and_two_digits() -> None:
    estimate = Quantity(1.9234, 1.9, 1.95, "J", "estimated", None, 0.96, 3.9)
    shown = figures.figure(estimate, figures.JOULES)
    assert (shown.value, shown.interval, shown.total) == ("~1.9 J", "1.90–1.95", "0.96–3.9")


def test_an_estimate_just_below_the_next_unit_is_shown_in_it() -> None:
    assert figures.figure(Quantity(0.9996, None, None, "L", "estimated"), figures.LITRES).value == "~1.0 L"


def test_carbon_and_water_of_one_short_call_are_read_without_an_exponent() -> None:
    assert figures.figure(Quantity(6.5e-11, None, None, "g", "estimated"), figures.GRAMS).value == "~0.065 ng"
    assert figures.figure(Quantity(3.3e-10, None, None, "g", "estimated"), figures.GRAMS).value == "~0.33 ng"
    assert figures.figure(Quantity(1.4e-8, None, None, "L", "estimated"), figures.LITRES).value == "~14 nL"


def test_the_total_interval_is_left_out_where_it_reads_the_same() -> None:
    same = Quantity(1.92, 1.83, 2.01, "J", "measured", None, 1.83, 2.01)
    assert figures.figure(same, figures.JOULES).total is None


def test_no_interval_gives_three_digits_and_no_false_certainty() -> None:
    assert str(figures.figure(Quantity(1.23456, None, None, "J", "measured"), figures.JOULES)) == "1.23 J"


def test_unknown_says_so_with_its_reason() -> None:
    shown = figures.figure(unknown("J", "no meter"), figures.JOULES)
    assert (shown.value, shown.reason) == (figures.UNKNOWN, "no meter")
    assert figures.figure(None).value == figures.UNKNOWN


def test_an_upper_bound_is_shown_where_it_is_all_that_is_known() -> None:
    assert figures.figure(unknown("J", "below resolution", at_most=0.0031), figures.JOULES).value == "at most 3.1 mJ"


def test_zero_has_no_prefix() -> None:
    assert figures.figure(Quantity(0.0, None, None, "L", "measured"), figures.LITRES).value == "0 L"


@pytest.mark.parametrize(
    ("ratio", "value", "interval"),
    [
        (metered(0.1267, 0.1163, 0.1389, "ratio"), "7.89× less", "7.20–8.60×"),
        (metered(1.31, 1.2, 1.42, "ratio"), "1.31× more", "1.20–1.42×"),
        (metered(0.003, 0.00299, 0.00301, "ratio"), "333× less", "332–334×"),
        (Quantity(0.1267, 0.12, 0.13, "ratio", "estimated"), "~7.9× less", "7.7–8.3×"),
    ],
)
def test_a_ratio_is_told_in_words(ratio: Quantity, value: str, interval: str) -> None:
    shown = figures.ratio(ratio)
    assert (shown.value, shown.interval) == (value, interval)


@pytest.mark.parametrize("ratio", [None, unknown("ratio", "no meter"), metered(0.0, 0.0, 0.0, "ratio")])
def test_a_ratio_that_means_nothing_is_not_known(ratio: Quantity | None) -> None:
    assert figures.ratio(ratio).value == figures.UNKNOWN


def test_shares_are_read_in_per_cent_and_their_differences_in_points() -> None:
    assert figures.score("accuracy", 0.9123) == "91.2 %"
    assert figures.score_interval("accuracy", 0.893, 0.931) == "89.3–93.1 %"
    change = figures.difference("exact_match", Quantity(-0.008, -0.023, 0.007, "exact_match", "measured"))
    assert (change.value, change.interval) == ("−0.8 pp", "−2.3 to +0.7 pp")
    assert figures.margin("accuracy", 0.01) == "1 pp"


def test_other_metrics_keep_their_own_scale() -> None:
    assert figures.score("spearman", 0.9876) == "0.988"
    assert figures.score_interval("spearman", -0.05, 0.12) == "−0.050 to 0.120"
    assert figures.margin("spearman", 0.01) == "0.01"
    assert figures.margin("spearman", None) == "none set"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0005, "500 µs"), (0.0214, "21.4 ms"), (3.1, "3.10 s"), (None, figures.UNKNOWN)]
)
def test_durations(value: float | None, text: str) -> None:
    assert figures.seconds(value) == text


def test_counts_and_sizes() -> None:
    assert [figures.count(value) for value in (7, 86_000, 1_236_000_000)] == ["7", "86 k", "1.24 B"]
    assert figures.size(4_900_000) == "4.9 MB"
    assert [figures.rate(value) for value in (7.692, 1666.7)] == ["7.69", "1,667"]
    assert figures.count(None) == figures.size(None) == figures.rate(None) == figures.UNKNOWN


def test_a_sign_is_never_put_before_zero() -> None:
    assert [figures.signed(value, 1) for value in (-0.04, 0.0, 0.04, -0.06, 0.06)] == [
        "0.0",
        "0.0",
        "0.0",
        "−0.1",
        "+0.1",
    ]
