"""The power of each kind of work, told apart although the counter never saw one of them alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.quiet import QuietHalves

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

MIN_INTERVALS = 30
MIN_R_SQUARED = 0.8
MAX_CONDITION = 1e3
"""Above this the kinds ran in such fixed proportions that no fit can tell them apart."""

FEW_INTERVALS = 30.0
"""Residuals of fewer, which the fit follows, show little of how far their readings are off: those of all do."""

FOLLOWED = 0.25
"""Of an interval that decides a power by more than this share nothing is learnt of the others."""

LEAST_CONTRAST = 10.0
"""The kinds' proportions have to vary from interval to interval so many times more than the jitter of the ticks makes
them seem to. An error in the regressors draws fitted powers together by 1 / (1 + contrast^-2): here by 1 %."""


@dataclass(frozen=True, slots=True)
class FittedWork:
    """Power of each kind of work while it is active.

    Attributes:
        power_w: gross watts, not negative. Shape: (kinds,).
        pull_w_per_j: by how much a joule more in an interval moves each power. Shape: (kinds, intervals).
        residual_j: what the powers miss of the joules of each interval; made larger where the fit follows the interval
            (HC3: MacKinnon and White, 1985). Shape: (intervals,).
        usual: size of a residual, relative to the joules of its interval.
    """

    power_w: Floats
    pull_w_per_j: Floats
    residual_j: Floats
    usual: float

    def variance_j2(self, part: Floats, whole: Floats, busy_j: Floats) -> float:
        """Variance of the joules of some owners together, who share each interval by time x power.

        An interval's residual goes to them by their share of it, and through the powers by their shares of all. What a
        tick takes from one interval it gives to the next, so that neighbours do not scatter independently: robust
        against that as well (Newey and West, 1987).

        Args:
            part, whole: what these owners and what all have of each interval by kind, relative. Shape of both: (kinds,
                intervals).
        """
        import numpy as np

        share = part.sum(axis=0)
        moved_j_per_w = ((part - share * whole) * busy_j).sum(axis=1) / self.power_w
        gets = share + moved_j_per_w @ self.pull_w_per_j
        off_j = gets * self.residual_j
        lags = int(4 * (np.count_nonzero(off_j) / 100) ** (2 / 9))
        covariances_j2 = [(1 - lag / (lags + 1)) * float(off_j[lag:] @ off_j[:-lag]) for lag in range(1, lags + 1)]
        seen_j2 = max(float(off_j @ off_j) + 2 * math.fsum(covariances_j2), 0.0)
        usual_j2 = (gets * self.usual * busy_j) ** 2
        few = usual_j2.sum() ** 2 < FEW_INTERVALS * (usual_j2**2).sum()
        return max(seen_j2, float(usual_j2.sum())) if few else seen_j2


def fitted_work(occupancy_s: Floats, busy_j: Floats, quiet: QuietHalves, jitter_s: float) -> FittedWork | None:
    """E_k = sum_f p_f B_fk over tick intervals k: busy joules regressed on each kind's busy time, p_f >= 0.

    Args:
        occupancy_s: B_fk, shape (kinds, intervals). busy_j: E_k without the quiet part, shape (intervals,).
        quiet: must be known, or the busy joules hold some of the idle power.
        jitter_s: standard deviation of where the tick intervals meet.

    Returns:
        None where it is not needed (no interval holds two kinds) or does not hold: fewer than 30 intervals,
        kinds in proportions that are fixed but for the jitter, or R^2 below 0.8.
    """
    import numpy as np
    from scipy.optimize import nnls

    used = occupancy_s.sum(axis=0) > 0
    design, target = occupancy_s[:, used].T, busy_j[used]
    kinds = design.shape[1]
    if quiet.last is None or kinds < 2 or not ((design > 0).sum(axis=1) > 1).any():
        return None
    if len(target) < max(MIN_INTERVALS, 3 * kinds):
        return None
    extent = np.linalg.svd(design, compute_uv=False)
    if extent[-1] < max(extent[0] / MAX_CONDITION, LEAST_CONTRAST * jitter_s * len(target) ** 0.5):
        return None
    power_w, _ = nnls(design, target)
    residual = target - design @ power_w
    spread = float(((target - target.mean()) ** 2).sum())
    if spread == 0 or 1 - float((residual**2).sum()) / spread < MIN_R_SQUARED or (power_w <= 0).any():
        return None
    pull_w_per_j, residual_j = np.zeros(occupancy_s.shape), np.zeros(len(busy_j))
    pull_w_per_j[:, used] = np.linalg.solve(design.T @ design, design.T)
    leverage = (design.T * pull_w_per_j[:, used]).sum(axis=0)
    residual_j[used] = residual / np.maximum(1 - leverage, 1e-6)
    free = leverage <= FOLLOWED
    usual = float(np.linalg.norm(residual_j[used][free]) / max(float(np.linalg.norm(target[free])), 1e-300))
    return FittedWork(power_w, pull_w_per_j, residual_j, usual)
