"""A number with its unit, its interval and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Basis = Literal["measured", "derived", "estimated", "assumed"]

BASIS_ORDER: tuple[Basis, ...] = ("measured", "derived", "estimated", "assumed")
"""From the firmest to the weakest: a combination is as weak as its weakest part."""

JOULES_PER_KWH = 3.6e6
JOULES_PER_WH = 3.6e3

PREFIXES = ((1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, ""), (1e3, "k"), (1e6, "M"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a 95 % interval; `value` is None where it is unknown, and `reason` says why.

    Attributes:
        value: best value in `unit`, or None.
        low, high: 95 % interval of *repeatability*: what a re-run here would give. None = unknown.
        unit: "J", "W", "g", "L", "s", "ratio", "J/token", ...
        basis: where it comes from, the weakest part of it.
        reason: why the value is unknown, or how it is bounded.
        total_low, total_high: 95 % interval against a reference meter: repeatability with the
            sensor's calibration or the model's range. None where it is not wider or not known.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    basis: Basis
    reason: str | None = None
    total_low: float | None = None
    total_high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return self._unknown()
        mark = "~" if self.basis in ("estimated", "assumed") else ""
        low, high = self.outer()
        half_width = 0.0 if low is None or high is None else (high - low) / 2
        factor, prefix = _prefix(max(abs(self.value), half_width), self.unit)
        value, unit = self.value / factor, prefix + self.unit
        if low is None or high is None or low == high:
            return f"{mark}{significant(value, 2 if mark else 3)} {unit}"
        low, high = low / factor, high / factor
        digits = decimals(value, (high - low) / 2, estimated=bool(mark))
        return f"{mark}{rounded(value, digits)} {unit} ({rounded(low, digits)}-{rounded(high, digits)})"

    def _unknown(self) -> str:
        known = "unknown"
        if self.high is not None:
            factor, prefix = _prefix(self.high, self.unit)
            known = f"at most {significant(self.high / factor, 2)} {prefix}{self.unit}"
        return f"{known} ({self.reason})" if self.reason else known

    def outer(self) -> tuple[float | None, float | None]:
        """The wider of the two intervals: the total one where it is known."""
        low = self.low if self.total_low is None else self.total_low
        high = self.high if self.total_high is None else self.total_high
        return low, high

    def scaled(self, factor: float, unit: str) -> Quantity:
        """The same quantity times an exact positive factor, in another unit."""
        return Quantity(
            _times(self.value, factor),
            _times(self.low, factor),
            _times(self.high, factor),
            unit,
            self.basis,
            self.reason,
            _times(self.total_low, factor),
            _times(self.total_high, factor),
        )

    def plus(self, other: Quantity) -> Quantity:
        """The sum with a quantity of the same unit, its interval the sum of both: as if they varied together.

        The total interval is left out: it depends on what the two share.
        """

        def added(mine: float | None, theirs: float | None) -> float | None:
            return None if mine is None or theirs is None else mine + theirs

        return Quantity(
            added(self.value, other.value),
            added(self.low, other.low),
            added(self.high, other.high),
            self.unit,
            weakest(self.basis, other.basis),
            self.reason or other.reason,
        )

    def weakened(self, basis: Basis) -> Quantity:
        """The same quantity, its basis at least as weak as `basis`."""
        return replace(self, basis=weakest(self.basis, basis))

    def to_json(self) -> dict[str, Any]:
        """`{"value", "low", "high", "unit", "basis"}`, with `reason` and the total interval where known."""
        shape: dict[str, Any] = {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "basis": self.basis,
        }
        for key in ("reason", "total_low", "total_high"):
            if getattr(self, key) is not None:
                shape[key] = getattr(self, key)
        return shape

    @classmethod
    def from_json(cls, shape: Mapping[str, Any]) -> Quantity:
        """The inverse of `to_json`."""
        return cls(**shape)


def unknown(unit: str, reason: str, basis: Basis = "measured", *, at_most: float | None = None) -> Quantity:
    """A quantity whose value is not known; `at_most` is a proven upper bound in `unit`."""
    return Quantity(None, None, at_most, unit, basis, reason)


def weakest(*bases: Basis) -> Basis:
    """The weakest of several bases."""
    return max(bases, key=BASIS_ORDER.index)


def decimals(value: float, half_width: float, *, estimated: bool = False) -> int:
    """Decimal places that show two significant digits of the uncertainty (two of the value if estimated)."""
    scale = max(abs(value), half_width) if estimated else half_width
    if not scale or not math.isfinite(scale):
        scale = abs(value) or 1.0
    return 1 - math.floor(math.log10(scale))


def rounded(value: float, digits: int) -> str:
    """`value` with `digits` decimal places; negative `digits` round to tens, hundreds, ..."""
    return f"{round(value, digits) + 0.0:.{max(digits, 0)}f}"  # of what is too little to be shown no sign is left


def significant(value: float, digits: int) -> str:
    """`value` with that many significant digits, never in exponent form between 1e-4 and 1e6."""
    value = float(f"{value:.{digits - 1}e}")  # rounded before it is laid out: 0.9996 to two digits is 1.0, not 1.00
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return rounded(value, digits - 1 - math.floor(math.log10(abs(value))))


def _prefix(value: float, unit: str) -> tuple[float, str]:
    """The SI prefix that shows a value between 0.1 and 1000, for units that take one."""
    if unit.partition("/")[0] not in ("J", "W", "g", "L", "s") or value == 0:
        return 1.0, ""
    fitting = [(factor, prefix) for factor, prefix in PREFIXES if abs(value) >= 0.1 * factor]
    return fitting[-1] if fitting else PREFIXES[0]


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
