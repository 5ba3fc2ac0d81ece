"""Every joule of a domain goes to exactly one of: a piece of work, idle, or unattributed.

Time is cut at every tick and at every edge of a piece of work. Within a tick interval, time in which nothing ran draws
the quiet power seen nearby, and the rest of the interval's joules belong to the time in which something ran: for an
isolated call that is the `bracket` estimate, and between back-to-back calls it is `interpolate`. Where no quiet time
was seen at all, the interval's joules are spread evenly over it. Owners share an interval by their time in it, those
that run at the same time equally (the Shapley value of symmetric work); where their powers could be fitted over many
intervals (`regress`), by time x power. In every case the shares of an interval add up to what the counter moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.exclusive import union
from energyprof.analysis.quiet import QuietHalves, QuietPower, quiet_halves
from energyprof.analysis.regression import FittedWork, fitted_work
from energyprof.analysis.window import Estimator
from energyprof.model.errors import ConservationBroken

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

    Array = NDArray[Any]

CONSERVATION_TOLERANCE = 1e-9
"""Relative; what floating-point addition may lose."""

Piece = tuple[int, float, float]
"""(owner, start_s, end_s): a stretch in which an owner was active, its nested owners taken out."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Where one ledger ends and the next goes on, so that together they count every joule once."""

    end_s: float
    energy_j: float
    quiet: QuietPower | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The joules of one domain between two instants.

    Attributes:
        energy_j, variance_j2, occupied_s: by owner: joules, variance of them, and its share of the time (a
            second shared by two owners counts half for each). Shape: (owners,).
        idle_j: drawn while nothing ran, up to the idle power. unattributed_j: the rest of that.
        total_j: what the counter moved.
        estimator: "bracket" where quiet power was known at the edges, else "interpolate"; "regress" where
            owners that follow each other within tick intervals were told apart by fitted power.
        idle_power_w: the idle power; None where it was never seen.
    """

    energy_j: Floats
    variance_j2: Floats
    occupied_s: Floats
    idle_j: float
    unattributed_j: float
    total_j: float
    estimator: Estimator
    idle_power_w: float | None
    carry: Carry


def apportion(
    curve: Curve,
    pieces: Sequence[Piece],
    owners: int,
    start_s: float,
    end_s: float,
    *,
    carry: Carry | None = None,
    quiet_after: bool = True,
) -> Ledger:
    """Shares out a domain's joules between two instants.

    Args:
        pieces: stretches of work inside the two instants; owners are numbered from 0.
        owners: how many there are.
        carry: where the ledger before this one ended; its `end_s` is `start_s`.
        quiet_after: whether nothing ran just after `end_s`.

    Raises:
        ConservationBroken: the shares do not add up to the counter.
    """
    import numpy as np

    busy = union([(low, high) for _, low, high in pieces])
    quiet = quiet_halves(curve, busy, start_s, end_s, carry.quiet if carry else None)
    times_s, energy_j = _knots(curve, (start_s, end_s), quiet, carry, quiet_after)

    edges_s = np.array([edge for _, low, high in pieces for edge in (low, high)])
    instants_s = np.unique(np.concatenate((times_s, edges_s)))
    durations_s = np.diff(instants_s)
    middles_s = instants_s[:-1] + durations_s / 2
    active = _active_count(pieces, middles_s)
    interval = np.clip(np.searchsorted(times_s, middles_s, side="right") - 1, 0, len(times_s) - 2)
    interval_j = np.diff(energy_j)
    piece_j = _shaped(interval_j, interval, durations_s, active > 0, quiet.at(middles_s))

    busy_j = np.asarray(np.bincount(interval, np.where(active > 0, piece_j, 0.0), len(interval_j)), np.float64)
    occupancy_s = _occupancy(
        pieces, owners, middles_s, durations_s / np.maximum(active, 1), (interval, len(interval_j))
    )
    work = fitted_work(occupancy_s, busy_j, quiet)
    weights = occupancy_s * (work.power_w[:, None] if work is not None else 1.0)
    owned_j = (weights * (busy_j / np.maximum(weights.sum(axis=0), 1e-300))).sum(axis=1)
    owned_s = occupancy_s.sum(axis=1)
    variance = _variances(curve, pieces, occupancy_s, (times_s, interval_j), quiet, work)

    free = active == 0
    idle_pieces_j = np.minimum(piece_j[free], (quiet.idle_power_w or 0.0) * durations_s[free])
    free_j, idle_j = float(piece_j[free].sum()), float(idle_pieces_j.sum())
    total_j = float(energy_j[-1] - energy_j[0])
    _check_conserved(float(owned_j.sum()) + free_j, total_j)
    return Ledger(
        owned_j,
        variance,
        owned_s,
        idle_j,
        total_j - float(owned_j.sum()) - idle_j,
        total_j,
        "regress" if work is not None else "interpolate" if quiet.last is None else "bracket",
        quiet.idle_power_w,
        Carry(end_s, float(energy_j[-1]), quiet.last),
    )


def _knots(
    curve: Curve, edges_s: tuple[float, float], quiet: QuietHalves, carry: Carry | None, quiet_after: bool
) -> tuple[Array, Array]:
    """Ticks between the instants, with the instants themselves.

    Work right beside an edge must not lend its power to the far side of it: where that side is quiet, it draws quiet
    power up to the next tick.
    """
    import numpy as np

    start_s, end_s = edges_s
    inside = (curve.times_s > start_s) & (curve.times_s < end_s)
    first_j = float(curve.at(start_s)) if carry is None else carry.energy_j
    last_j = float(curve.at(end_s))
    left, right = np.searchsorted(curve.times_s, start_s, side="right") - 1, np.searchsorted(curve.times_s, end_s)
    if carry is None and quiet.first is not None and left >= 0:
        first_j = float(curve.energy_j[left]) + quiet.first.power_w * (start_s - float(curve.times_s[left]))
    if quiet_after and quiet.last is not None and right < len(curve.times_s):
        last_j = float(curve.energy_j[right]) - quiet.last.power_w * (float(curve.times_s[right]) - end_s)
    times_s = np.concatenate(([start_s], curve.times_s[inside], [end_s]))
    return times_s, np.concatenate(([first_j], curve.energy_j[inside], [last_j]))


def _active_count(pieces: Sequence[Piece], middles_s: Array) -> Array:
    import numpy as np

    starts_s = np.sort([low for _, low, _ in pieces])
    ends_s = np.sort([high for _, _, high in pieces])
    return np.searchsorted(starts_s, middles_s) - np.searchsorted(ends_s, middles_s)


def _shaped(interval_j: Array, interval: Array, durations_s: Array, busy: Array, quiet_w: Array) -> Array:
    """Joules of each piece of time: quiet time draws quiet power, busy time the rest of its tick interval."""
    import numpy as np

    known_w = np.where(np.isnan(quiet_w), 0.0, quiet_w)
    count = len(interval_j)
    busy_s = np.bincount(interval, np.where(busy, durations_s, 0.0), count)
    quiet_s = np.bincount(interval, np.where(busy, 0.0, durations_s), count)
    quiet_j = np.bincount(interval, np.where(busy, 0.0, durations_s * known_w), count)
    even_w = interval_j / (busy_s + quiet_s)
    mixed = (busy_s > 0) & (quiet_s > 0) & ~np.isnan(quiet_w).any()
    busy_w = np.where(mixed, (interval_j - quiet_j) / np.where(busy_s > 0, busy_s, 1.0), even_w)
    piece_w = np.where(busy, busy_w[interval], np.where(mixed[interval], known_w, even_w[interval]))
    return np.asarray(piece_w * durations_s)


def _occupancy(
    pieces: Sequence[Piece], owners: int, middles_s: Array, shares_s: Array, intervals: tuple[Array, int]
) -> Array:
    """Each owner's share of the busy time of every tick interval, in s. Shape: (owners, intervals)."""
    import numpy as np

    interval, count = intervals
    rows = np.zeros((owners, count))
    for owner in range(owners):
        own = [(low, high) for holder, low, high in pieces if holder == owner]
        running = _active_count([(owner, low, high) for low, high in own], middles_s)
        rows[owner] = np.bincount(interval, running * shares_s, count)
    return rows


def _variances(
    curve: Curve,
    pieces: Sequence[Piece],
    occupancy_s: Array,
    knots: tuple[Array, Array],
    quiet: QuietHalves,
    work: FittedWork | None,
) -> Array:
    """Variance of each owner's joules.

    In the tick intervals that hold an edge, the quiet power of the rest of the interval is uncertain, and the tick's
    time is; every interval scatters as quiet ones do. Where owners follow each other within one interval, the counter
    does not say how its joules divide. If powers could be fitted, their standard errors say how well that is known;
    else each owner may have drawn anything between quiet power and all of it (rectangular). Either error repeats from
    interval to interval, so that it adds up linearly.
    """
    import numpy as np

    times_s, interval_j = knots
    widths_s, owners = np.diff(times_s), len(occupancy_s)
    edges_s = np.array([edge for _, low, high in pieces for edge in (low, high)])
    owner = np.array([owner for owner, _, _ in pieces for _ in (0, 1)], dtype=np.intp)
    interval = np.clip(np.searchsorted(times_s, edges_s, side="right") - 1, 0, len(interval_j) - 1)
    typical = quiet.typical
    if typical is not None:
        edge_j = widths_s[interval] / 2 * typical.uncertainty_w + typical.power_w * curve.jitter_s
    else:
        edge_j = widths_s[interval] * _power_steps(interval_j / widths_s)[interval] / (4 * 3**0.5)
    quiet_w, scatter = (typical.power_w, typical.scatter) if typical is not None else (0.0, 0.0)
    fraction = occupancy_s / np.maximum(occupancy_s.sum(axis=0), 1e-300)
    shared = ((occupancy_s > 0).sum(axis=0) > 1) & (fraction > 0)
    if work is not None:
        doubt_j = np.where(shared, occupancy_s, 0.0).sum(axis=1) * work.uncertainty_w
    else:
        room_j = np.maximum(interval_j - quiet_w * widths_s, 0.0)
        doubt_j = np.where(shared, room_j * np.minimum(1.0, 2 * (1 - fraction)), 0.0).sum(axis=1) / 12**0.5
    scatter_j2 = ((scatter * interval_j * fraction) ** 2).sum(axis=1)
    return np.asarray(np.bincount(owner, edge_j**2, owners) + doubt_j**2 + scatter_j2)


def _power_steps(power_w: Array) -> Array:
    """The larger change of power towards a neighbouring interval."""
    import numpy as np

    steps_w = np.abs(np.diff(power_w, prepend=power_w[:1], append=power_w[-1:]))
    return np.asarray(np.maximum(steps_w[:-1], steps_w[1:]))


def _check_conserved(shared_j: float, total_j: float) -> None:
    if abs(shared_j - total_j) > CONSERVATION_TOLERANCE * max(abs(total_j), 1e-3):
        raise ConservationBroken(
            f"{shared_j:.9f} J were shared out of {total_j:.9f} J. This is a defect of energyprof, and no figure of "
            "this run can be trusted; please report it with the run's record."
        )
