"""Numbers as text: units that fit, digits that the interval allows, "~" before what is estimated."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from energyprof.model.quantity import JOULES_PER_WH, Quantity, decimals, rounded, significant
from energyprof.model.ratio import distinct, ratio_words

UNKNOWN = "not known"

Scale = tuple[float, str]
"""How many of the quantity's own unit make one of the shown unit, and that unit."""

JOULES: tuple[Scale, ...] = ((1e-9, "nJ"), (1e-6, "µJ"), (1e-3, "mJ"), (1.0, "J"), (1e3, "kJ"), (1e6, "MJ"))
WATT_HOURS: tuple[Scale, ...] = (
    (1e-9 * JOULES_PER_WH, "nWh"),
    (1e-6 * JOULES_PER_WH, "µWh"),
    (1e-3 * JOULES_PER_WH, "mWh"),
    (JOULES_PER_WH, "Wh"),
    (1e3 * JOULES_PER_WH, "kWh"),
)
WATTS: tuple[Scale, ...] = ((1e-3, "mW"), (1.0, "W"), (1e3, "kW"))
GRAMS: tuple[Scale, ...] = ((1e-9, "ng"), (1e-6, "µg"), (1e-3, "mg"), (1.0, "g"), (1e3, "kg"), (1e6, "t"))
LITRES: tuple[Scale, ...] = ((1e-9, "nL"), (1e-6, "µL"), (1e-3, "mL"), (1.0, "L"), (1e3, "m³"))
SECONDS: tuple[Scale, ...] = ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
PLAIN: tuple[Scale, ...] = ((1.0, ""),)

_ROUNDS_TO_ONE = 0.995
"""From here on two digits read 1.0 of the next unit, not 1000 of this one."""

_FRACTIONS = frozenset({"accuracy", "exact_match"})
"""Metrics between 0 and 1 that people read in per cent."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity as text.

    Attributes:
        value: "1.92 J", "~1.9 J", "at most 3.1 J" or "not known".
        interval: repeatability, "1.83–2.01"; None where there is none.
        total: against a reference meter, where it is wider; None where it is not known.
        reason: why the value is not known.
    """

    value: str
    interval: str | None = None
    total: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        outer = self.total or self.interval
        return f"{self.value} ({outer})" if outer else self.value


def figure(quantity: Quantity | None, scales: Sequence[Scale] = PLAIN) -> Figure:
    """The quantity in the unit of `scales` that suits its size, with both of its intervals."""
    if quantity is None:
        return Figure(UNKNOWN)
    if quantity.value is None:
        return _unknown(quantity, scales)
    factor, unit = fitting(quantity.value, scales)
    part = quantity.scaled(1 / factor, unit)
    value = f"{mark(part)}{number(part)} {unit}".strip()
    return Figure(value, *intervals(part), quantity.reason)


def intervals(quantity: Quantity) -> tuple[str | None, str | None]:
    """(repeatability, total) without unit; the total is None where it is not known or reads the same."""
    inner = _interval(quantity, quantity.low, quantity.high)
    total = _interval(quantity, quantity.total_low, quantity.total_high)
    return inner, None if total == inner else total


def number(quantity: Quantity) -> str:
    """The value alone, to two significant digits of its uncertainty, or of itself where it is estimated."""
    if quantity.value is None:
        return UNKNOWN
    if mark(quantity):
        return significant(quantity.value, 2)
    digits = _digits(quantity)
    return significant(quantity.value, 3) if digits is None else rounded(quantity.value, digits)


def mark(quantity: Quantity) -> str:
    """ "~" before a number that was not metered."""
    return "~" if quantity.basis in ("estimated", "assumed") else ""


def fitting(value: float, scales: Sequence[Scale]) -> Scale:
    """The largest scale of which the value holds at least one, else the smallest."""
    held = [scale for scale in scales if abs(value) >= _ROUNDS_TO_ONE * scale[0]]
    if value == 0:
        return min(scales, key=lambda scale: abs(math.log(scale[0])))
    return held[-1] if held else scales[0]


def ratio(quantity: Quantity | None) -> Figure:
    """A ratio to the baseline in words: "7.9× less", "1.3× more", with the interval in the same direction."""
    if quantity is None:
        return Figure(UNKNOWN)
    words = ratio_words(quantity)
    if words is None:
        return Figure(UNKNOWN, reason=quantity.reason)
    inner, total = (bounds and f"{span(*bounds)}×" for bounds in (words.interval, words.total))
    return Figure(f"{words.value}× {words.word}", inner, total)


def percent(value: float, digits: int = 1) -> str:
    """0.912 as "91.2 %"."""
    return f"{100 * value:.{digits}f} %"


def is_fraction(metric: str) -> bool:
    """Whether the metric is read in per cent."""
    return metric in _FRACTIONS


def metric_name(metric: str) -> str:
    """The metric for people: "exact_match" as "Exact match"."""
    names = {"spearman": "Rank agreement (Spearman)"}
    return names.get(metric, metric.replace("_", " ").capitalize())


def score(metric: str, value: float) -> str:
    """One value of a metric: per cent where people read it so, else three decimals."""
    return percent(value) if is_fraction(metric) else f"{value:.3f}"


def score_interval(metric: str, low: float, high: float) -> str:
    """ "89.3–93.1 %" or "0.951–0.982"."""
    if is_fraction(metric):
        return f"{span(f'{100 * low:.1f}', f'{100 * high:.1f}')} %"
    return span(f"{low:.3f}", f"{high:.3f}")


def difference(metric: str, quantity: Quantity | None) -> Figure:
    """A signed difference in quality: "−0.8 pp" (percentage points) with its interval."""
    if quantity is None or quantity.value is None:
        return Figure(UNKNOWN, reason=quantity.reason if quantity else None)
    scale, digits, unit = (100.0, 1, " pp") if is_fraction(metric) else (1.0, 3, "")
    value = signed(quantity.value * scale, digits)
    if quantity.low is None or quantity.high is None:
        return Figure(f"{value}{unit}")
    low, high = signed(quantity.low * scale, digits), signed(quantity.high * scale, digits)
    return Figure(f"{value}{unit}", f"{low} to {high}{unit}")


def margin(metric: str | None, value: float | None) -> str:
    """The quality that may be lost: "1.0 pp"."""
    if value is None:
        return "none set"
    return f"{100 * value:.3g} pp" if metric and is_fraction(metric) else f"{value:.3g}"


def signed(value: float, digits: int) -> str:
    """With a true minus sign, and a plus where it is positive; no sign before zero."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'−' if value < 0 else '+'}{text}"


def span(low: str, high: str) -> str:
    """Two bounds with an en dash, or with "to" where a sign would be misread beside it."""
    low, high = (re.sub("^-", "−", bound) for bound in (low, high))
    return f"{low} to {high}" if low.startswith("−") else f"{low}–{high}"


def seconds(value: float | None) -> str:
    """A bare duration to three digits, in µs, ms or s."""
    if value is None:
        return UNKNOWN
    factor, unit = fitting(value, SECONDS)
    return f"{significant(value / factor, 3)} {unit}"


def rate(value: float | None) -> str:
    """A bare rate to three digits: "1,240"."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value >= 100 else significant(value, 3)


def count(value: int | None) -> str:
    """A number of parameters: "86 k", "1.24 B"."""
    if value is None:
        return UNKNOWN
    factor, unit = fitting(value, ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "B")))
    return f"{value / factor:.3g} {unit}".strip()


def size(value: int | None) -> str:
    """Bytes in decimal units: "4.9 MB"."""
    if value is None:
        return UNKNOWN
    factor, unit = fitting(value, ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB")))
    return f"{value / factor:.3g} {unit}"


def per_million(quantity: Quantity) -> Quantity:
    """A quantity per task as one per million tasks."""
    return quantity.scaled(1e6, quantity.unit)


def _unknown(quantity: Quantity, scales: Sequence[Scale]) -> Figure:
    if quantity.high is None:
        return Figure(UNKNOWN, reason=quantity.reason)
    factor, unit = fitting(quantity.high, scales)
    return Figure(f"at most {significant(quantity.high / factor, 2)} {unit}".strip(), reason=quantity.reason)


def _interval(quantity: Quantity, low: float | None, high: float | None) -> str | None:
    if low is None or high is None or low == high:  # of what is exact there is none
        return None
    digits = _digits(quantity)
    if mark(quantity) or digits is None:
        return span(*distinct(low, high))
    return span(*(_bound(bound, digits) for bound in (low, high)))


def _bound(value: float, digits: int) -> str:
    text = rounded(value, digits)
    return significant(value, 1) if value and float(text) == 0 else text


def _digits(quantity: Quantity) -> int | None:
    """Decimals from the narrower interval, so that both are shown on one grid; None without an interval."""
    if quantity.value is None or quantity.low is None or quantity.high is None:
        return None
    return decimals(quantity.value, (quantity.high - quantity.low) / 2)
