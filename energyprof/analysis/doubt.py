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


STAMP_S = 2e-6
"""A span is stamped so much outside its work at either edge: some calls of the interpreter. All edges are alike."""

UNLIMITED_W = 1e12
"""Drawn at most by a device whose limit is not known."""


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
class Pauses:
    """Pieces of time in which nothing ran. Shape of all: (pieces,).

    Attributes:
        interval: the tick interval that each lies in. source: where its power was seen, by number. doubt_w: standard
            uncertainty of that power.
    """

    interval: Array
    duration_s: Floats
    source: Array
    doubt_w: Floats

    def variance_j2(self, fraction: Floats) -> float:
        """Variance of their joules, of which so much of each interval counts; one source is off alike everywhere."""
        import numpy as np

        doubt_j = np.bincount(self.source, fraction[self.interval] * self.duration_s * self.doubt_w)
        return float((doubt_j**2).sum())


@dataclass(frozen=True, slots=True)
class Sharing:
    """The tick intervals between two instants and who was active in them.

    Attributes:
        times_s: where intervals meet. interval_j: joules of each; busy_j: without those of the quiet time in it.
        occupancy_s: each owner's share of the busy time of each interval. Shape: (owners, intervals).
        kind: the number of each owner's kind. Shape: (owners,).
        time_s: as occupancy_s by kind, and last the quiet time whose power is not known. Shape: (kinds + 1, intervals).
        curve: the counter's.
        owned_j: joules of each owner. Shape: (owners,).
        moved_j: by how much these change in each way in which all ticks may be off alike. Shape: (ways, owners).
        quiet: power while nothing ran; None where it was never seen.
        pauses: the time in which nothing ran.
        scatter: of an interval's reading, relative.
        fitted: power of each kind, where it could be fitted.
        division: how the intervals were divided where it could not.
    """

    times_s: Floats
    interval_j: Floats
    busy_j: Floats
    occupancy_s: Floats
    kind: Array
    time_s: Floats
    curve: Curve
    owned_j: Floats
    moved_j: Floats
    quiet: QuietPower | None
    pauses: Pauses
    scatter: float
    fitted: FittedWork | None
    division: Division

    def end_variances_j2(self, ends_s: Floats) -> Floats:
        """Variance of the counter at the ends of all.

        Where quiet power is not known, the power may have changed anywhere in the interval: u = D |dP| / (4 sqrt 3).
        """
        import numpy as np

        widths_s = np.diff(self.times_s)
        interval = np.clip(np.searchsorted(self.times_s, ends_s, side="right") - 1, 0, len(self.interval_j) - 1)
        if self.quiet is not None:
            quiet_j = widths_s[interval] / 2 * self.quiet.uncertainty_w + self.quiet.power_w * self.curve.jitter_s
            return np.asarray(quiet_j**2)
        steps_j = widths_s * _power_steps(self.interval_j / widths_s) / (4 * 3**0.5)
        return np.asarray(steps_j[interval] ** 2)


def doubt_of(sharing: Sharing, owners: Sequence[int], stretches: tuple[Floats, Floats]) -> Doubt:
    """The doubt about the joules of some owners together; what lies between them does not count.

    Each edge of their work has a tick of its own, the power of the pauses beside it is uncertain, and all ticks may be
    off alike, which takes from one edge what it gives to the other.

    Args:
        stretches: starts and ends of their work, joined.
    """
    import numpy as np

    chosen = list(owners)
    durations_s = stretches[1] - stretches[0]
    quiet_w = 0.0 if sharing.quiet is None else sharing.quiet.power_w
    above_w = float(sharing.owned_j[chosen].sum()) / max(float(durations_s.sum()), 1e-300) - quiet_w
    fraction = sharing.occupancy_s[chosen].sum(axis=0) / np.maximum(sharing.time_s.sum(axis=0), 1e-300)
    variance_j2 = 2 * len(durations_s) * (quiet_w * sharing.curve.own_jitter_s) ** 2
    variance_j2 += sharing.pauses.variance_j2(fraction)
    variance_j2 += sharing.curve.overlooked_j2(durations_s, above_w, quiet_w)
    stamped_j = 0.0 if sharing.curve.exact else 2 * STAMP_S * abs(above_w) * len(durations_s)
    moved_j2 = float((sharing.moved_j[:, chosen].sum(axis=1) ** 2).sum())
    within = _fitted(sharing, chosen) if sharing.fitted is not None else _divided(sharing, chosen, fraction, quiet_w)
    repeated_j = (stamped_j**2 + moved_j2 + within.repeated_j**2) ** 0.5
    return Doubt(variance_j2 + within.variance_j2, repeated_j)


def _fitted(sharing: Sharing, chosen: list[int]) -> Doubt:
    """Readings scatter as they did around the fitted powers."""
    import numpy as np

    assert sharing.fitted is not None
    part_s: Floats = np.zeros((len(sharing.fitted.power_w), len(sharing.interval_j)))
    np.add.at(part_s, sharing.kind[chosen], sharing.occupancy_s[chosen])
    work = sharing.fitted.power_w[:, None] * np.stack((part_s, sharing.time_s[:-1]))
    part, whole = work / np.maximum(work[1].sum(axis=0), 1e-300)
    return Doubt(sharing.fitted.variance_j2(part, whole, sharing.busy_j))


def _divided(sharing: Sharing, chosen: list[int], fraction: Floats, quiet_w: float) -> Doubt:
    """Every interval scatters as quiet ones do. Where others are active in the same interval, the counter does not say
    how its joules divide: of what powers seen alone leave, the owners may have drawn anything between quiet power and
    all of it, as far as the device can draw so much (rectangular): each kind the same power in every interval.
    """
    import numpy as np

    division = sharing.division
    shared = (fraction > 0) & (fraction < 1 - 1e-9)
    own_s, kinds = sharing.occupancy_s[chosen], sharing.kind[chosen]
    of_kind = own_s / np.maximum(sharing.time_s[kinds], 1e-300)
    gets = (of_kind * division.gets[kinds]).sum(axis=0)
    echo_j2 = (of_kind * division.echo_j2[kinds]).sum(axis=0)
    variance_j2 = float(((sharing.scatter * sharing.interval_j * gets) ** 2).sum())
    variance_j2 += float(np.where(shared, division.moved_j**2 + echo_j2, 0.0).sum())
    unknown_s = np.where(division.unknown, sharing.time_s, 0.0).sum(axis=0)
    own_unknown_s = np.where(division.unknown[kinds], own_s, 0.0).sum(axis=0)
    of_rest = own_unknown_s / np.maximum(unknown_s, 1e-300)
    divided = (of_rest > 0) & (of_rest < 1 - 1e-9)
    room_j = np.maximum(division.remainder_j - quiet_w * unknown_s, 0.0)
    most_w = UNLIMITED_W if sharing.curve.most_w is None else max(sharing.curve.most_w - quiet_w, 0.0)
    highest_j = np.minimum(room_j, most_w * own_unknown_s)
    others_j = most_w * (unknown_s - own_unknown_s)
    if sharing.curve.most_w is None:  # a short piece of others is then taken to leave most to a long one
        others_j = 2 * (1 - of_rest) * room_j
    lowest_j = room_j - np.minimum(others_j, room_j)
    middle_j = np.where(highest_j < room_j, (highest_j + lowest_j) / 2, of_rest * room_j)
    apart_j = np.sqrt((highest_j - lowest_j) ** 2 / 12 + (middle_j - of_rest * room_j) ** 2)
    # Which powers would have to be other than the mean for that, and in which proportion: the same in every interval.
    own_of_kind_s: Floats = np.zeros(sharing.time_s.shape)
    np.add.at(own_of_kind_s, kinds, np.where(division.unknown[kinds], own_s, 0.0))
    pull_s = own_of_kind_s - np.where(division.unknown, sharing.time_s, 0.0) * of_rest
    pull_s /= np.maximum(np.sqrt((pull_s**2).sum(axis=0)), 1e-300)
    by_kind_j = (pull_s * np.where(divided, apart_j, 0.0)).sum(axis=1)
    return Doubt(variance_j2, float((by_kind_j**2).sum()) ** 0.5)


def _power_steps(power_w: Floats) -> Floats:
    """The larger change of power towards a neighbouring interval."""
    import numpy as np

    steps_w = np.abs(np.diff(power_w, prepend=power_w[:1], append=power_w[-1:]))
    return np.asarray(np.maximum(steps_w[:-1], steps_w[1:]))
