"""A domain's gain against a reference meter: the joules that the reference counts for each joule of the domain."""

from __future__ import annotations

from dataclasses import dataclass


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
    def half_width(self) -> float:
        """Relative 95 % half-width of the calibration error that is left: the reference's, and that of the fit."""
        return float((self.reference_gain**2 + (self.gain_half_width / self.gain) ** 2) ** 0.5)

    def __str__(self) -> str:
        return f"calibrated against {self.reference} on {self.date[:10]}, gain {self.gain:.4g}"
