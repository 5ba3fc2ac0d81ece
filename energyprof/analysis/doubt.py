"""How far the joules of some owners may be off, by where the counter cannot tell them from those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.quiet import QuietPower
from energyprof.analysis.regression import FittedWork

if TYPE_CHECKING:
    from energyprof.analysis.curve import Floats


@dataclass(frozen=True, slots=True)
class Doubt:
    """Standard uncertainty in two parts.

    Attributes:
        variance_j2: of errors that are independent of each other, whose variances add up.
        repeated_j: of errors that repeat from interval to interval, which add up as they are.
    """

    variance_j2: float = 0.0
    repeated_j: float = 0.0

    @property
    def uncertainty_j(self) -> float:
        """Both parts."""
        return float((self.variance_j2 + self.repeated_j**2) ** 0.5)

    def __add__(self, other: Doubt) -> Doubt:
        return Doubt(self.variance_j2 + other.variance_j2, self.repeated_j + other.repeated_j)


@dataclass(frozen=True, slots=True)
class Sharing:
    """The tick intervals between two instants and who was active in them.

    Attributes:
        times_s: where intervals meet. interval_j: joules of each.
        occupancy_s: each owner's share of the busy time of each interval. Shape: (owners, intervals).
        jitter_s: standard deviation of the ticks' times.
        quiet: power while nothing ran; None where it was never seen.
        fitted: power of each owner, where it could be fitted.
    """

    times_s: Floats
    interval_j: Floats
    occupancy_s: Floats
    jitter_s: float
    quiet: QuietPower | None
    fitted: FittedWork | None

    def edge_variances_j2(self, edges_s: Floats) -> Floats:
        """Variance that each edge of work adds.

        Where quiet power is known, the rest of the edge's interval is uncertain by that, and the tick's time; else the
        power may have changed anywhere in the interval: u = D |dP| / (4 sqrt 3).
        """
        import numpy as np

        widths_s = np.diff(self.times_s)
        interval = np.clip(np.searchsorted(self.times_s, edges_s, side="right") - 1, 0, len(self.interval_j) - 1)
        if self.quiet is not None:
            edge_j = widths_s[interval] / 2 * self.quiet.uncertainty_w + self.quiet.power_w * self.jitter_s
        else:
            edge_j = widths_s[interval] * _power_steps(self.interval_j / widths_s)[interval] / (4 * 3**0.5)
        return np.asarray(edge_j**2)


def doubt_of(sharing: Sharing, owners: Sequence[int], stretches: tuple[Floats, Floats]) -> Doubt:
    """The doubt about the joules of some owners together; what lies between them does not count.

    The edges of their work are uncertain, and every interval scatters as quiet ones do. Where others are active in the
    same interval, the counter does not say how its joules divide: if powers could be fitted, their standard errors say
    how well that is known; else the owners may have drawn anything between quiet power and all of it (rectangular).

    Args:
        stretches: starts and ends of their work, joined.
    """
    import numpy as np

    everyone_s = sharing.occupancy_s.sum(axis=0)
    own_s = sharing.occupancy_s[list(owners)]
    fraction = own_s.sum(axis=0) / np.maximum(everyone_s, 1e-300)
    shared = (fraction > 0) & (fraction < 1 - 1e-9)
    scatter = 0.0 if sharing.quiet is None else sharing.quiet.scatter
    variance_j2 = float(sharing.edge_variances_j2(np.concatenate(stretches)).sum())
    variance_j2 += float(((scatter * sharing.interval_j * fraction) ** 2).sum())
    if sharing.fitted is not None:
        powers_w = sharing.fitted.uncertainty_w[list(owners)]
        return Doubt(variance_j2, float((np.where(shared, own_s, 0.0).sum(axis=1) * powers_w).sum()))
    quiet_w = 0.0 if sharing.quiet is None else sharing.quiet.power_w
    room_j = np.maximum(sharing.interval_j - quiet_w * np.diff(sharing.times_s), 0.0)
    divided_j = np.where(shared, room_j * np.minimum(1.0, 2 * (1 - fraction)), 0.0)
    return Doubt(variance_j2, float(divided_j.sum()) / 12**0.5)


def _power_steps(power_w: Floats) -> Floats:
    """The larger change of power towards a neighbouring interval."""
    import numpy as np

    steps_w = np.abs(np.diff(power_w, prepend=power_w[:1], append=power_w[-1:]))
    return np.asarray(np.maximum(steps_w[:-1], steps_w[1:]))
