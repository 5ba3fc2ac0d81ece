"""How far the joules of some owners may be off, by where the counter cannot tell them from those of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.division import Division
from energyprof.analysis.quiet import QuietPower
from energyprof.analysis.regression import FittedWork

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

    Array = NDArray[Any]


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
        kind: the number of each owner's kind. Shape: (owners,).
        time_s: as occupancy_s by kind, and last the quiet time whose power is not known. Shape: (kinds + 1, intervals).
        curve: the counter's.
        owned_j: joules of each owner. Shape: (owners,).
        quiet: power while nothing ran; None where it was never seen.
        fitted: power of each owner, where it could be fitted.
        division: how the intervals were divided where it could not.
    """

    times_s: Floats
    interval_j: Floats
    occupancy_s: Floats
    kind: Array
    time_s: Floats
    curve: Curve
    owned_j: Floats
    quiet: QuietPower | None
    fitted: FittedWork | None
    division: Division

    def quiet_variances_j2(self, edges_s: Floats) -> Floats:
        """Variance of each edge of work towards quiet time: by the quiet power, and by the ticks around it."""
        import numpy as np

        if self.quiet is None:
            return np.zeros(len(edges_s))
        interval = np.clip(np.searchsorted(self.times_s, edges_s, side="right") - 1, 0, len(self.interval_j) - 1)
        widths_s = np.diff(self.times_s)[interval]
        return np.asarray((widths_s / 2 * self.quiet.uncertainty_w + self.quiet.power_w * self.curve.jitter_s) ** 2)

    def end_variances_j2(self, ends_s: Floats) -> Floats:
        """Variance of the counter at the ends of all.

        Where quiet power is not known, the power may have changed anywhere in the interval: u = D |dP| / (4 sqrt 3).
        """
        import numpy as np

        if self.quiet is not None:
            return self.quiet_variances_j2(ends_s)
        widths_s = np.diff(self.times_s)
        interval = np.clip(np.searchsorted(self.times_s, ends_s, side="right") - 1, 0, len(self.interval_j) - 1)
        steps_j = widths_s * _power_steps(self.interval_j / widths_s) / (4 * 3**0.5)
        return np.asarray(steps_j[interval] ** 2)


def doubt_of(sharing: Sharing, owners: Sequence[int], stretches: tuple[Floats, Floats]) -> Doubt:
    """The doubt about the joules of some owners together; what lies between them does not count.

    The edges of their work are uncertain, and every interval scatters as quiet ones do. Where others are active in the
    same interval, the counter does not say how its joules divide: if powers could be fitted, their standard errors say
    how well that is known; so do those of powers seen alone; of what these leave the owners may have drawn anything
    between quiet power and all of it (rectangular).

    Args:
        stretches: starts and ends of their work, joined.
    """
    import numpy as np

    division = sharing.division
    everyone_s = sharing.time_s.sum(axis=0)
    own_s = sharing.occupancy_s[list(owners)]
    fraction = own_s.sum(axis=0) / np.maximum(everyone_s, 1e-300)
    shared = (fraction > 0) & (fraction < 1 - 1e-9)
    scatter = division.scatter if sharing.quiet is None else sharing.quiet.scatter
    variance_j2 = float(sharing.quiet_variances_j2(np.concatenate(stretches)).sum())
    durations_s = stretches[1] - stretches[0]
    quiet_w = 0.0 if sharing.quiet is None else sharing.quiet.power_w
    power_w = float(sharing.owned_j[list(owners)].sum()) / max(float(durations_s.sum()), 1e-300)
    variance_j2 += sharing.curve.overlooked_j2(durations_s, power_w - quiet_w, quiet_w)
    variance_j2 += float(((scatter * sharing.interval_j * fraction) ** 2).sum())
    if sharing.fitted is not None:
        powers_w = sharing.fitted.uncertainty_w[list(owners)]
        return Doubt(variance_j2, float((np.where(shared, own_s, 0.0).sum(axis=1) * powers_w).sum()))
    variance_j2 += float((np.where(shared, division.moved_j, 0.0) ** 2).sum())
    unknown_s = np.where(division.unknown, sharing.time_s, 0.0).sum(axis=0)
    own_unknown_s = np.where(division.unknown[sharing.kind[list(owners)]], own_s, 0.0).sum(axis=0)
    of_rest = own_unknown_s / np.maximum(unknown_s, 1e-300)
    divided = (of_rest > 0) & (of_rest < 1 - 1e-9)
    room_j = np.maximum(division.remainder_j - quiet_w * unknown_s, 0.0)
    divided_j = np.where(divided, room_j * np.minimum(1.0, 2 * (1 - of_rest)), 0.0)
    return Doubt(variance_j2, float(divided_j.sum()) / 12**0.5)


def _power_steps(power_w: Floats) -> Floats:
    """The larger change of power towards a neighbouring interval."""
    import numpy as np

    steps_w = np.abs(np.diff(power_w, prepend=power_w[:1], append=power_w[-1:]))
    return np.asarray(np.maximum(steps_w[:-1], steps_w[1:]))
