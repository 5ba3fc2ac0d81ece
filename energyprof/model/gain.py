"""A domain's gain against a reference meter: the joules that the reference counts for each joule of the domain."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_GAIN, MOST_GAIN = 0.5, 2.0
"""No meter is off by more: outside of these the reference does not measure this load, or much else with it."""

MOST_DOUBT = 0.2
"""A gain that is known less well than this, relative to itself, says less of a meter than its own data sheet."""


def believable(gain: float, half_width: float) -> bool:
    """Whether a fitted gain, with all of its 95 % interval, is one that a meter can have, and known well enough."""
    return 0 <= half_width <= MOST_DOUBT * gain and gain - half_width >= LEAST_GAIN and gain + half_width <= MOST_GAIN


@dataclass(frozen=True, slots=True)
class FittedGain:
    """reference = gain x domain + offset, fitted over the plateaus of a square wave of load.

    Attributes:
        reference: label of the reference meter. date: ISO 8601, UTC.
        gain_half_width, offset_half_width_w: of the fit's 95 % interval.
        reference_gain: relative 95 % half-width of the reference's own calibration error.
        former_gain: that of the domain, in whose place `half_width` stands.
        plateaus: how many times of constant load it rests on.
    """

    reference: str
    date: str
    gain: float
    gain_half_width: float
    offset_w: float
    offset_half_width_w: float
    reference_gain: float
    former_gain: float
    plateaus: int

    @property
    def believable(self) -> bool:
        """Whether it may be applied."""
        doubts = (self.reference_gain, self.former_gain)
        return believable(self.gain, self.gain_half_width) and all(0 <= doubt < 1 for doubt in doubts)

    @property
    def half_width(self) -> float:
        """Relative 95 % half-width of the calibration error that is left: the reference's, and that of the fit."""
        return float((self.reference_gain**2 + (self.gain_half_width / self.gain) ** 2) ** 0.5)

    def __str__(self) -> str:
        return f"calibrated against {self.reference} on {self.date[:10]}, gain {self.gain:.4g}"
