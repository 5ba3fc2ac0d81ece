"""The power of each kind of work, told apart although the counter never saw one of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.quiet import QuietHalves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

MIN_INTERVALS = 30
MIN_R_SQUARED = 0.8
MAX_CONDITION = 1e3
"""Above this the owners ran in such fixed proportions that no fit can tell them apart."""

LEAST_CONTRAST = 10.0
"""The owners' proportions have to vary from interval to interval so many times more than the jitter of the ticks makes
them seem to. An error in the regressors draws fitted powers together by 1 / (1 + contrast^-2): here by 1 %."""


@dataclass(frozen=True, slots=True)
class FittedWork:
    """Power of each owner while it is active. Shape of both: (owners,).

    Attributes:
        power_w: gross watts, not negative. uncertainty_w: heteroscedasticity-robust standard error (HC3), and what a
            shift of all ticks by their jitter would change.
    """

    power_w: Floats
    uncertainty_w: Floats

    def of(self, kinds: NDArray[np.intp]) -> FittedWork:
        """As many as there are kinds given, each with the power of its kind."""
        return FittedWork(self.power_w[kinds], self.uncertainty_w[kinds])


def fitted_work(
    occupancy_s: Floats, busy_j: Floats, at_ticks: Floats, quiet: QuietHalves, jitter_s: float
) -> FittedWork | None:
    """E_k = sum_f p_f B_fk over tick intervals k: busy joules regressed on each owner's busy time, p_f >= 0.

    Args:
        occupancy_s: B_fk, shape (owners, intervals). busy_j: E_k without the quiet part, shape (intervals,).
        at_ticks: each owner's share of the instant at which intervals meet. Shape: (owners, intervals + 1).
        quiet: must be known, or the busy joules hold some of the idle power.
        jitter_s: standard deviation of where the tick intervals meet.

    Returns:
        None where it is not needed (no interval holds two owners) or does not hold: fewer than 30 intervals,
        owners in proportions that are fixed but for the jitter, or R^2 below 0.8.
    """
    import numpy as np
    from scipy.optimize import nnls

    used = occupancy_s.sum(axis=0) > 0
    design, target = occupancy_s[:, used].T, busy_j[used]
    owners = design.shape[1]
    if quiet.last is None or owners < 2 or not ((design > 0).sum(axis=1) > 1).any():
        return None
    if len(target) < max(MIN_INTERVALS, 3 * owners):
        return None
    extent = np.linalg.svd(design, compute_uv=False)
    if extent[-1] < max(extent[0] / MAX_CONDITION, LEAST_CONTRAST * jitter_s * len(target) ** 0.5):
        return None
    power_w, _ = nnls(design, target)
    residual = target - design @ power_w
    spread = float(((target - target.mean()) ** 2).sum())
    if spread == 0 or 1 - float((residual**2).sum()) / spread < MIN_R_SQUARED or (power_w <= 0).any():
        return None
    inverse = np.linalg.inv(design.T @ design)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * (residual / np.maximum(1 - leverage, 1e-6))[:, None]
    covariance = inverse @ (scaled.T @ scaled) @ inverse
    # If all ticks are late by the jitter, B_fk gains what ran at its end and loses what ran at its start.
    gained = np.diff(at_ticks, axis=1)[:, used].T
    shift_w = jitter_s * (inverse @ (design.T @ (gained @ (power_w - quiet.last.power_w))))
    return FittedWork(power_w, np.hypot(np.sqrt(np.diag(covariance)), shift_w))
