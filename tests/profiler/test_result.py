"""What is told of joules that were found."""

from __future__ import annotations

import pytest

from energyprof.model.quantity import Quantity
from energyprof.profiler.measurement import Measurement
from energyprof.profiler.result import _resolved, combined, resolved


@pytest.mark.parametrize("value_j", [-0.97, 0.0, 0.5])
def test_joules_that_may_be_none_are_bounded_whatever_chance_made_of_them(value_j: float) -> None:
    bounded = _resolved(Quantity(value_j, value_j - 0.8, value_j + 0.8, "J", "measured"))
    assert bounded.value is None
    assert bounded.high == pytest.approx(max(value_j, 0) + 0.8)


def test_exactly_nothing_is_known_and_not_bounded() -> None:
    nothing = Quantity(0.0, 0.0, 0.0, "J", "estimated")
    assert _resolved(nothing) is nothing


def measured(calls: int, duration_s: float, value_j: float, half_width_j: float) -> Measurement:
    energy = Quantity(value_j, value_j - half_width_j, value_j + half_width_j, "J", "measured")
    other = Quantity(None, None, None, "g", "measured", "no grid is set")
    joules = [energy] * 6
    return Measurement("f", calls, duration_s, {}, *joules, {}, energy, other, other, "bracket")


def test_a_call_that_could_not_be_resolved_does_not_hide_those_that_could() -> None:
    together = resolved(combined([measured(1, 0.001, 0.1, 0.4), measured(100_000, 50.0, 5000.0, 10.0)]))
    assert together.calls == 100_001
    assert together.energy.value == pytest.approx(5000.1)
    assert together.power_w.value == pytest.approx(100, rel=0.01)


def test_calls_that_took_no_time_have_no_power() -> None:
    assert combined([measured(1, 0.0, 1.0, 0.1), measured(1, 0.0, 1.0, 0.1)]).power_w.value is None
