"""The gain of a meter, or of several together, against a reference that sees the same load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.square_wave import Response, Wave
from energyprof.model.errors import NotMeasurable
from energyprof.model.gain import LEAST_GAIN, MOST_GAIN, believable

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

MIN_PLATEAUS = 6
MIN_PLATEAU_TICKS = 2


@dataclass(frozen=True, slots=True)
class ReferenceFit:
    """reference power = gain x power + offset, with the half-widths of the 95 % intervals (Student).

    Attributes:
        plateaus: (power, reference power) of each time of constant load, in W.
    """

    gain: float
    gain_half_width: float
    offset_w: float
    offset_half_width_w: float
    plateaus: list[tuple[float, float]]


def reference_fit(
    meters: Sequence[tuple[Curve, Response]], reference: tuple[Curve, Response], wave: Wave
) -> ReferenceFit:
    """Least squares over the plateaus of a wave, each without what any of the meters may show of the next ones.

    Args:
        meters: whose powers are added.

    Raises:
        NotMeasurable: too few plateaus, a gain that no meter has, or one that is hardly known.
    """
    import numpy as np

    margins_s = [answer.margins_s for _, answer in [*meters, reference]]
    pairs: list[tuple[float, float]] = []
    for start_s, end_s in wave.plateaus(
        (max(late_s for late_s, _ in margins_s), max(early_s for _, early_s in margins_s))
    ):
        powers_w = [_mean_w(curve, start_s, end_s) for curve, _ in meters]
        reference_w = _mean_w(reference[0], start_s, end_s)
        known_w = [power_w for power_w in powers_w if power_w is not None]
        if reference_w is not None and len(known_w) == len(powers_w):
            pairs.append((sum(known_w), reference_w))
    if len(pairs) < MIN_PLATEAUS:
        raise NotMeasurable(
            f"Only {len(pairs)} plateaus of the wave could be read on the reference and on the domains alike, and a "
            f"gain needs {MIN_PLATEAUS}, so none was stored. Calibrate for longer with --seconds."
        )
    power_w, reference_w = np.asarray(pairs).T
    return _checked(_line(power_w, reference_w), pairs)


def _mean_w(curve: Curve, start_s: float, end_s: float) -> float | None:
    """Mean power between the first and the last tick between two instants; None where there are too few."""
    import numpy as np

    first = int(np.searchsorted(curve.times_s, start_s, side="left"))
    last = int(np.searchsorted(curve.times_s, end_s, side="right")) - 1
    if last - first < MIN_PLATEAU_TICKS or not curve.sound[first:last].all():
        return None
    return float((curve.energy_j[last] - curve.energy_j[first]) / (curve.times_s[last] - curve.times_s[first]))


def _line(x: Floats, y: Floats) -> tuple[float, float, float, float]:
    """Slope, its half-width, intercept, its half-width."""
    from scipy.stats import linregress, t

    found = linregress(x, y)
    quantile = float(t.ppf(0.975, len(x) - 2))
    slope_error, intercept_error = float(found.stderr), float(found.intercept_stderr)
    return float(found.slope), quantile * slope_error, float(found.intercept), quantile * intercept_error


def _checked(line: tuple[float, float, float, float], pairs: list[tuple[float, float]]) -> ReferenceFit:
    gain, half_width = line[:2]
    if not LEAST_GAIN <= gain <= MOST_GAIN:
        raise NotMeasurable(
            f"The reference moved by {gain:.3g} W for each W of the domains, and no meter is off by that much "
            f"({LEAST_GAIN:g} to {MOST_GAIN:g} is believed), so no gain was stored. See that the reference feeds this "
            "machine and that nothing else that it feeds changes, and calibrate again."
        )
    if not believable(gain, half_width):
        raise NotMeasurable(
            f"The gain would be {gain:.3g} ±{half_width:.2g}, which says nothing of the meter, so none was stored. See "
            "that nothing else that the reference feeds changes, and calibrate for longer with --seconds."
        )
    return ReferenceFit(*line, pairs)
