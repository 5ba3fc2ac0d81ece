"""How much the readings of a counter scatter from one tick interval to the next, relative to their joules.

Two ticks bound each interval. Where their instants are uncertain, each on its own, its power scatters by that as well,
but what it has too much its neighbour has too little: over many intervals this does not add up, and scatter of the
readings does. That is how the two are told apart.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from energyprof.analysis.statistics import Z95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from energyprof.analysis.curve import Floats

SCATTERS_TRIED = 100


def scatter(runs_w: Sequence[Floats], tick: float = 0.0) -> float:
    """Relative standard deviation of one tick interval; 0 where none can be seen.

    Args:
        runs_w: powers of consecutive tick intervals in which the same power was drawn; the mean of each run is its own.
        tick: standard deviation of each tick's instant, relative to an interval: not counted.

    Returns:
        Widened by Student's t over the normal quantile: few intervals show little of their scatter.
    """
    import numpy as np

    off = [run_w / run_w.mean() - 1 for run_w in runs_w if len(run_w) > 1 and run_w.mean() != 0]
    freedom = sum(len(run) - 1 for run in off)
    if not freedom:
        return 0.0
    spread = float(np.sqrt(sum(float((run**2).sum()) for run in off) / freedom)) * student_widening(freedom + 1)
    return _beyond_ticks(off, tick, spread) if tick and spread else spread


@functools.cache
def student_widening(count: int) -> float:
    """Student's 97.5 % quantile over the normal one, for a scatter that was seen in so many values."""
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, 0.975)) / Z95


def _beyond_ticks(runs: Sequence[Floats], tick: float, most: float) -> float:
    """Root of the mean variance over all scatters from 0 to `most`, each as likely as the runs make it.

    With independent ticks the runs' covariance is q I + tick^2 tridiag(-1, 2, -1), which sines diagonalise: the
    variances are q + 4 tick^2 sin^2(pi j / 2 (n + 1)), j from 1 to n. The runs' means are not known (REML: Patterson
    and Thompson, 1971).
    """
    import numpy as np

    tried = np.linspace(0.0, most, SCATTERS_TRIED)[:, None]
    likelihood = np.sum([_log_likelihood(run, tried**2, tick) for run in runs], axis=0)
    weight = np.exp(likelihood - likelihood.max())
    return float(np.sqrt((weight * tried[:, 0] ** 2).sum() / weight.sum()))


def _log_likelihood(run: Floats, variance: Floats, tick: float) -> Floats:
    """Of the variance beyond ticks; shape as that, without its last axis."""
    import numpy as np
    from scipy.fft import dst

    modes, level = dst(np.stack((run, np.ones(len(run)))), type=1, norm="ortho")
    angles = np.arange(1, len(run) + 1) * (np.pi / 2 / (len(run) + 1))
    inverse = 1 / (variance + 4 * tick**2 * np.sin(angles) ** 2)
    information = (inverse * level**2).sum(axis=-1)
    mean = (inverse * level * modes).sum(axis=-1) / information
    misfit = (inverse * (modes - mean[..., None] * level) ** 2).sum(axis=-1)
    return np.asarray((np.log(inverse).sum(axis=-1) - np.log(information) - misfit) / 2)
