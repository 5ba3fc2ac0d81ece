"""What is told of joules that were found."""

from __future__ import annotations

import pytest

from energyprof.model.quantity import Quantity
from energyprof.profiler.result import _resolved


@pytest.mark.parametrize("value_j", [-0.97, 0.0, 0.5])
def test_joules_that_may_be_none_are_bounded_whatever_chance_made_of_them(value_j: float) -> None:
    bounded = _resolved(Quantity(value_j, value_j - 0.8, value_j + 0.8, "J", "measured"))
    assert bounded.value is None
    assert bounded.high == pytest.approx(max(value_j, 0) + 0.8)


def test_exactly_nothing_is_known_and_not_bounded() -> None:
    nothing = Quantity(0.0, 0.0, 0.0, "J", "estimated")
    assert _resolved(nothing) is nothing
