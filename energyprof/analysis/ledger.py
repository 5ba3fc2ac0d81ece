"""Every joule of a domain goes to exactly one of: a piece of work, idle, or unattributed.

Time is cut at every tick and at every edge of a piece of work. Within a tick interval, time in which nothing ran draws
the quiet power seen nearby, and the rest of the interval's joules belong to the time in which something ran: for an
isolated call that is the `bracket` estimate, and between back-to-back calls it is `interpolate`. Owners that follow
each other in an interval share it by the powers seen where each was alone (`division`), else by time; those that run
at the same time equally (the Shapley value of symmetric work); where their powers could be fitted over many intervals
(`regress`), by time x power. In every case the shares of an interval add up to what the counter moved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

from energyprof.analysis.cpu_use import CpuUse
from energyprof.analysis.curve import Curve
from energyprof.analysis.division import divide
from energyprof.analysis.doubt import Doubt, Pauses, Sharing, doubt_of
from energyprof.analysis.exclusive import joined
from energyprof.analysis.quiet import QuietHalves, QuietPower, quiet_halves
from energyprof.analysis.regression import fitted_work
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
    scatter: float | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The joules of one domain between two instants.

    Attributes:
        energy_j, occupied_s: by owner: joules, and its share of the time (a second shared by two owners counts half
            for each). Shape: (owners,).
        others_j: by owner, the part of its joules above idle that falls to other processes by their CPU time; NaN where
            the idle power is not known.
        doubts: by group of owners, how far its joules may be off.
        idle_j: drawn while nothing ran, up to the idle power. unattributed_j: the rest of that.
        busy_doubt: how far the joules of all owners together may be off, and so those of the rest.
        total_j: what the counter moved. start_variance_j2, end_variance_j2: of the counter at the two instants.
        scatter_j2: variance of the total by how much readings scatter; free_scatter_j2: the part of it from intervals
            in which nothing ran.
        estimator: "bracket" where quiet power was known at the edges, else "interpolate"; "regress" where
            owners that follow each other within tick intervals were told apart by fitted power.
        idle_power_w: the idle power; None where it was never seen.
    """

    energy_j: Floats
    occupied_s: Floats
    others_j: Floats
    doubts: list[Doubt]
    idle_j: float
    unattributed_j: float
    busy_doubt: Doubt
    total_j: float
    start_variance_j2: float
    end_variance_j2: float
    scatter_j2: float
    free_scatter_j2: float
    estimator: Estimator
    idle_power_w: float | None
    carry: Carry


@dataclass(frozen=True, slots=True)
class Work:
    """Pieces of work as columns: owner, start and end of each. Shape of all: (pieces,)."""

    owner: Array
    low_s: Floats
    high_s: Floats

    def active(self, instants_s: Floats) -> Iterator[Array]:
        """How many pieces are under way between the instants: of all owners, then of each from the first on.

        Args:
            instants_s: in order, with every start and end among them.
        """
        import numpy as np

        first, last = np.searchsorted(instants_s, self.low_s), np.searchsorted(instants_s, self.high_s)
        for chosen in chain([slice(None)], (self.owner == owner for owner in count())):
            begun, ended = (np.bincount(places[chosen], minlength=len(instants_s)) for places in (first, last))
            yield np.cumsum(begun - ended)[:-1]

    def stretches(self) -> tuple[Floats, Floats]:
        """Starts and ends of the time in which any was under way, in order."""
        return joined(self.low_s, self.high_s)

    def of(self, owners: Sequence[int]) -> Work:
        """The pieces of some owners."""
        import numpy as np

        chosen = np.isin(self.owner, owners)
        return Work(self.owner[chosen], self.low_s[chosen], self.high_s[chosen])


def apportion(
    curve: Curve,
    pieces: Sequence[Piece] | Work,
    owners: int,
    start_s: float,
    end_s: float,
    *,
    groups: Sequence[Sequence[int]] | None = None,
    kinds: Sequence[int] | None = None,
    carry: Carry | None = None,
    use: CpuUse | None = None,
    next_s: float = math.inf,
) -> Ledger:
    """Shares out a domain's joules between two instants.

    Args:
        pieces: stretches of work inside the two instants; owners are numbered from 0.
        owners: how many there are.
        groups: owners whose joules will be added up, and whose doubt is asked for; None = each owner alone.
        kinds: for each owner, the number of the kind of work it does: owners of one kind have one fitted power; None =
            each its own.
        carry: where the ledger before this one ended; its `end_s` is `start_s`.
        use: who kept the CPU busy, where that is what the counter meters; None = nobody else counts.
        next_s: when something ran next after the two instants; `end_s` where it went on.

    Raises:
        ConservationBroken: the shares do not add up to the counter.
    """
    import numpy as np

    work = pieces if isinstance(pieces, Work) else _work(pieces)
    busy = work.stretches()
    quiet = quiet_halves(curve, busy, start_s, end_s, carry.quiet if carry else None)
    rest_s = start_s if not len(busy[1]) else float(busy[1][-1])
    times_s, energy_j = _knots(curve, (start_s, end_s), quiet, carry, (rest_s, next_s))

    instants_s = np.unique(np.concatenate((times_s, work.low_s, work.high_s)))
    durations_s = np.diff(instants_s)
    middles_s = instants_s[:-1] + durations_s / 2
    each = work.active(instants_s)
    active = next(each)
    interval = np.clip(np.searchsorted(times_s, middles_s, side="right") - 1, 0, len(times_s) - 2)
    interval_j, widths_s = np.diff(energy_j), np.diff(times_s)

    def by_interval(amounts: Array) -> Array:
        return np.asarray(np.bincount(interval, amounts, len(interval_j)), np.float64)

    shares_s = durations_s / np.maximum(active, 1)
    occupancy_s: Floats = np.zeros((owners, len(interval_j)))
    for owner in range(owners):
        occupancy_s[owner] = by_interval(next(each) * shares_s)
    free_s = by_interval(np.where(active == 0, durations_s, 0.0))
    free_j = by_interval(np.where(active == 0, durations_s * quiet.at(middles_s), 0.0))
    free_j = np.where(occupancy_s.sum(axis=0) > 0, free_j, interval_j)
    unseen = np.isnan(free_j)

    kind = np.arange(owners) if kinds is None else np.asarray(kinds, np.intp)
    time_s: Floats = np.zeros((len(set(kind.tolist())) + 1, len(interval_j)))
    np.add.at(time_s, kind, occupancy_s)
    busy_j = interval_j - np.where(unseen, 0.0, free_j)
    fitted = fitted_work(time_s[:-1], busy_j, quiet, curve.jitter_s)
    time_s[-1] = np.where(unseen, free_s, 0.0)  # quiet time of unknown power is one kind more
    alone = (by_interval(active > 1) == 0) & _between_ticks(times_s, curve)
    division = divide(
        time_s, busy_j, widths_s, alone, curve.jitter_s, common_s=curve.common_s, scatter_s=curve.scatter_s
    )
    free_j = np.where(unseen, division.energy_j[-1], free_j)
    if fitted is None:
        owned_j = division.energy_j[kind] / np.maximum(time_s[kind], 1e-300) * occupancy_s
    else:
        weights = occupancy_s * fitted.power_w[kind, None]
        owned_j = weights * (busy_j / np.maximum(weights.sum(axis=0), 1e-300))
    others_j = np.zeros(owners)
    shares = None if use is None else use.others_share(times_s)
    if shares is not None and shares.any():
        idle_w = quiet.idle_power_w
        if idle_w is None:
            idle_w = math.nan if quiet.last is None else quiet.last.power_w
        # Scatter may take the rest below idle; no process then gets more than was drawn.
        others_j = np.maximum((owned_j - idle_w * occupancy_s) @ shares, 0.0)
    owned_j = owned_j.sum(axis=1)

    idle_j = float(np.minimum(free_j, (quiet.idle_power_w or 0.0) * free_s).sum())
    total_j = float(energy_j[-1] - energy_j[0])
    _check_conserved(float(owned_j.sum()) + float(free_j.sum()), total_j)
    shifted = [
        apportion(other, work, owners, start_s, end_s, groups=[], kinds=kinds, carry=carry, next_s=next_s)
        for other in curve.alternatives()
    ]
    moved_j = np.array([ledger.energy_j - owned_j for ledger in shifted]).reshape(len(shifted), owners)
    paused = active == 0
    pauses = Pauses(interval[paused], durations_s[paused], *quiet.sources(middles_s[paused]))
    seen_scatter = quiet.scatter if quiet.scatter is not None else carry.scatter if carry else None
    sharing = Sharing(
        times_s,
        interval_j,
        busy_j,
        occupancy_s,
        kind,
        time_s,
        curve,
        owned_j,
        moved_j,
        quiet.typical,
        pauses,
        division.scatter if seen_scatter is None else seen_scatter,
        fitted,
        division,
    )
    asked = [[owner] for owner in range(owners)] if groups is None else groups
    ends_j2 = sharing.end_variances_j2(np.array([start_s, end_s]))
    scatter_j2 = (sharing.scatter * interval_j) ** 2
    return Ledger(
        owned_j,
        occupancy_s.sum(axis=1),
        others_j,
        [doubt_of(sharing, group, work.of(group).stretches()) for group in asked],
        idle_j,
        total_j - float(owned_j.sum()) - idle_j,
        doubt_of(sharing, range(owners), busy),
        total_j,
        float(ends_j2[0]),
        float(ends_j2[1]),
        float(scatter_j2.sum()),
        float(scatter_j2[occupancy_s.sum(axis=0) == 0].sum()),
        "regress" if fitted is not None else "interpolate" if quiet.last is None else "bracket",
        quiet.idle_power_w,
        Carry(end_s, float(energy_j[-1]), quiet.last, seen_scatter),
    )


def _work(pieces: Sequence[Piece]) -> Work:
    import numpy as np

    columns = np.array(pieces, dtype=np.float64).reshape(-1, 3).T
    return Work(columns[0].astype(np.intp), columns[1], columns[2])


def _knots(
    curve: Curve,
    edges_s: tuple[float, float],
    quiet: QuietHalves,
    carry: Carry | None,
    pause_s: tuple[float, float],
) -> tuple[Array, Array]:
    """Ticks between the instants, with the instants themselves.

    Work right beside an edge must not lend its power to the far side of it: where that side is quiet up to the next
    tick, it draws quiet power. So does the near side of the last edge, where that one is quiet and the far side is not.

    Args:
        pause_s: from when to when nothing ran around the last edge; empty where something did.
    """
    import numpy as np

    start_s, end_s = edges_s
    inside = (curve.times_s > start_s) & (curve.times_s < end_s)
    first_j = float(curve.at(start_s)) if carry is None else carry.energy_j
    last_j = float(curve.at(end_s))
    left, right = np.searchsorted(curve.times_s, start_s, side="right") - 1, np.searchsorted(curve.times_s, end_s)
    if carry is None and quiet.first is not None and left >= 0:
        first_j = float(curve.energy_j[left]) + quiet.first.power_w * (start_s - float(curve.times_s[left]))
    times_s = np.concatenate(([start_s], curve.times_s[inside]))
    energy_j = np.concatenate(([first_j], curve.energy_j[inside]))
    if quiet.last is not None and right < len(curve.times_s):
        if pause_s[1] >= curve.times_s[right]:
            last_j = float(curve.energy_j[right]) - quiet.last.power_w * (float(curve.times_s[right]) - end_s)
        elif pause_s[0] <= times_s[-1] and pause_s[1] > end_s:
            last_j = float(energy_j[-1]) + quiet.last.power_w * (end_s - float(times_s[-1]))
    return np.append(times_s, end_s), np.append(energy_j, last_j)


def _between_ticks(times_s: Array, curve: Curve) -> Array:
    """Which intervals have a tick at either end, and all of their joules."""
    import numpy as np

    place = np.clip(np.searchsorted(curve.times_s, times_s), 0, len(curve.times_s) - 1)
    tick = curve.times_s[place] == times_s
    sound = np.append(curve.sound, False)[place[:-1]]
    return np.asarray(tick[:-1] & tick[1:] & sound)


def _check_conserved(shared_j: float, total_j: float) -> None:
    if abs(shared_j - total_j) > CONSERVATION_TOLERANCE * max(abs(total_j), 1e-3):
        raise ConservationBroken(
            f"{shared_j:.9f} J were shared out of {total_j:.9f} J. This is a defect of energyprof, and no figure of "
            "this run can be trusted; please report it with the run's record."
        )
