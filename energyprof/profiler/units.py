"""Work units of a span, such as tokens or requests, counted by user code that may fail and may return anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from energyprof.capture.spans import OpenSpan

Units = Mapping[str, Callable[[Any], object]]
"""For each work unit, how many of it a result holds."""


def count(span: OpenSpan, units: Units, result: Any) -> None:
    """Adds the units of a result to those of a span; one that cannot be counted is named in `span.uncounted`."""
    totals = span.units or {}
    for unit, of in units.items():
        try:
            totals[unit] = totals.get(unit, 0.0) + _plain(of(result))
        except Exception as error:  # at the rim: the user's counting may raise anything, and the call has succeeded
            span.uncounted = {unit: _reason(span, unit, error), **(span.uncounted or {})}
    span.units = totals


def given(span: OpenSpan, amounts: Mapping[str, object]) -> None:
    """Sets the units of a span to amounts that are known when it begins."""
    for unit, amount in amounts.items():
        count(span, {unit: lambda result: result}, amount)


def _plain(amount: Any) -> float:
    """A number of any library as a float; a 0-d tensor or array is asked for its only item."""
    number = amount.item() if hasattr(amount, "item") else amount
    if isinstance(number, bool) or not hasattr(number, "__float__"):
        raise TypeError(f"a {type(amount).__name__} is not a number")
    plain = float(number)
    if not (math.isfinite(plain) and plain >= 0):
        raise ValueError(f"{plain} is not a count")
    return plain


def _reason(span: OpenSpan, unit: str, error: Exception) -> str:
    return (
        f"{unit} of {span.name} could not be counted in every call ({type(error).__name__}: {error}), so its joules "
        f"per unit of {unit} are not known. Count {unit} as a number in each call."
    )
