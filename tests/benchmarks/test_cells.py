"""The arithmetic from a scene's outcome to a cell of the table."""

from __future__ import annotations

import numpy as np
import pytest
from cells import cell, hodges_lehmann
from scipy.stats import wilcoxon


def test_single_windows_have_a_mean_error_its_doubt_and_how_often_the_interval_held() -> None:
    names = {"call 0": [100, 101, 99, 103], "call 1": [100, 103, 102, 104], "call 2": [100, None, None, 40]}
    text = "+2.00% ± 1.00%; holds 50%, half-width 1.50%; 1 of 3 below resolution"
    assert cell("isolated", {"names": names}) == text


def test_a_tool_without_intervals_shows_none() -> None:
    assert cell("isolated", {"names": {"a": [100, 0, None, None], "b": [100, 40, None, None]}}) == "-80% ± 20%"


def test_of_one_name_the_sum_is_shown_and_whether_its_interval_holds() -> None:
    assert cell("calls", {"names": {"a": [100, 99, 97, 101]}}) == "-1.00% (interval ± 2.00% holds)"
    assert cell("calls", {"names": {"a": [100, 88, 87, 89], "b": [10, 10, None, None]}}) == (
        "-12% (interval ± 1.00% misses), +0.00%"
    )
    assert cell("isolated", {"names": {"call": [100, None, None, 30]}}) == "at most 30 J of 100 J"


def test_overlapping_spans_are_so_many_times_the_device() -> None:
    assert cell("overlapping", {"names": {"span": [100, 800, None, None], "(total)": [150, None, None, None]}}) == (
        "8.000 x"
    )
    parts = {"span": [100, 99, 98, 100], "(total)": [150, 151.5, 150, 153], "(idle)": [0, 50, 49, 51]}
    assert cell("overlapping", {"names": {**parts, "(rest)": [0, 2.5, 2, 3]}}) == "0.990 x; sum = total, total +1.00%"
    assert "sum off by 0.01," in cell("overlapping", {"names": {**parts, "(rest)": [0, 4.0, 2, 3]}})


def said(energy_j: float | None, *sentences: str) -> dict[str, object]:
    return {"duration_s": 4.0, "energy_j": energy_j, "low_j": None, "high_j": None, "said": list(sentences)}


def test_of_a_faulty_counter_it_is_shown_what_was_said_of_the_fault() -> None:
    healthy = said(400, "always said")
    assert cell("faulty-rapl", said(401, "always said"), healthy=healthy) == "401 of 400 J"
    assert cell("faulty-rapl", said(25, "always said"), healthy=healthy) == "25 of 400 J; says nothing"
    assert cell("faulty-rapl", said(400, "half is missing"), power_w=180, healthy=healthy) == (
        '400 of 720 J; says "half is missing"'
    )
    assert cell("faulty-rapl", said(None, "lost"), healthy=healthy) == 'no value; says "lost"'
    assert cell("faulty-rapl", {"raised": "OSError: no"}) == "raises OSError: no"


def test_what_is_missing_says_why() -> None:
    assert cell("streams", {"missing": "no decorator"}) == "- (no decorator)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.1e-6, "3.1 us"), (4e-9, "0.00 us"), (0.0041, "4.1 ms"), (1.5, "1.5 s"), (-2e-7, "-0.20 us")],
)
def test_a_cost_is_shown_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert cell("call-cost", {"added_s": seconds}) == text


def test_a_slowdown_is_the_hodges_lehmann_estimate_of_its_pairs_as_scipy_has_it() -> None:
    ratios = [0.003, -0.004, 0.012, 0.001, 0.5, 0.002, -0.001, 0.004, 0.0, 0.006]
    middle, low, high = hodges_lehmann(ratios)
    # The signed-rank test finds nothing against a shift within the interval, and something against one just outside.
    assert all(wilcoxon(np.array(ratios) - shift).pvalue > 0.05 for shift in (low + 1e-9, middle, high - 1e-9))
    assert all(wilcoxon(np.array(ratios) - shift).pvalue < 0.06 for shift in (low - 1e-9, high + 1e-9))
    text = cell("slowdown", {"ratios": ratios, "share": 0.0042})
    assert text == f"{middle:+.2%} ({low:+.2%} to {high:+.0%}); own CPU 0.42% of a core"


def test_a_slowdown_of_few_pairs_has_all_of_their_range() -> None:
    assert cell("slowdown", {"ratios": [0.5, 0.1], "share": 0.0}) == "+30% (+10% to +50%); own CPU 0.00% of a core"


def test_of_a_hot_loop_the_memory_is_shown_and_whether_calls_were_lost() -> None:
    assert cell("memory", {"held_mb": 8.44, "calls": 100, "counted": 100}) == "8.4 MB; every call counted"
    assert cell("memory", {"held_mb": 8.44, "calls": 100, "counted": 98}) == "8.4 MB; all but 2 calls counted"


def test_of_intervals_it_is_shown_how_often_they_hold_how_wide_they_are_and_how_many_are_bounds() -> None:
    line = {"duration_s": 0.01, "error": 0.0, "held": 0.943, "half_width": 0.0212, "below": 0.0}
    bounds = {**line, "duration_s": 5.0, "held": 1.0, "half_width": 1.03, "below": 0.62}
    text = "10 ms: 94% ± 2.12%; 5 s: 100% ± 103%, 62% as a bound"
    assert cell("intervals", {"lines": [line, bounds]}) == text
