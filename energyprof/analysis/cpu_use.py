"""Which share of a busy CPU was other processes', from CPU seconds that were read now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats

RESOLUTION_S = 0.03
"""The kernel counts busy time in steps of 10 ms, at both edges and in user and system time each."""


@dataclass(frozen=True, slots=True)
class CpuUse:
    """CPU seconds at instants, both running sums.

    Attributes:
        times_s: increasing, on the monotonic clock. busy_s: of all processors. own_s: of the profiled process and its
            descendants.
    """

    times_s: Sequence[float]
    busy_s: Sequence[float]
    own_s: Sequence[float]

    def others_share(self, instants_s: Floats) -> Floats:
        """Share of the busy time that was not the process's own, between each two instants; 0 where none was seen.

        Readings seconds apart say nothing of what happened between them but its mean, and are taken as even.
        """
        import numpy as np

        if len(self.times_s) < 2:
            return np.zeros(len(instants_s) - 1)
        busy_s, own_s = np.diff(self.busy_s), np.diff(self.own_s)
        others_s = np.where(busy_s - own_s > RESOLUTION_S, busy_s - own_s, 0.0)
        shares = np.clip(others_s / np.maximum(busy_s, RESOLUTION_S), 0.0, 1.0)
        summed = np.concatenate(([0.0], np.cumsum(shares * np.diff(self.times_s))))
        within = np.diff(np.interp(instants_s, self.times_s, summed))
        covered_s = np.diff(np.clip(instants_s, self.times_s[0], self.times_s[-1]))
        return np.asarray(np.where(covered_s > 0, within / np.maximum(covered_s, 1e-12), 0.0))
