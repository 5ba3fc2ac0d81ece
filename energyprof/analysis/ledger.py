"""Every joule of a domain goes to exactly one of: a piece of work, idle, or unattributed.

Time is cut at every tick and at every edge of a piece of work. Within a tick interval, time in which nothing ran draws
the quiet power seen nearby, and the rest of the interval's joules belong to the time in which something ran: for an
isolated call that is the `bracket` estimate, and between back-to-back calls it is `interpolate`. Where no quiet time
was seen at all, the interval's joules are spread evenly over it. Pieces that run at the same time share equally (the
Shapley value of symmetric work). Either way the shares of an interval add up to what the counter moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.curve import Curve
from energyprof.analysis.exclusive import union
from energyprof.analysis.quiet import QuietPower, quiet_power
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
        total_j: what the counter moved. bracketed: whether quiet power was known at the edges.
        idle_power_w: the idle power; None where it was never seen.
    """

    energy_j: Floats
    variance_j2: Floats
    occupied_s: Floats
    idle_j: float
    unattributed_j: float
    total_j: float
    bracketed: bool
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
) -> Ledger:
    """Shares out a domain's joules between two instants.

    Args:
        pieces: stretches of work inside the two instants; owners are numbered from 0.
        owners: how many there are.
        carry: where the ledger before this one ended; its `end_s` is `start_s`.

    Raises:
        ConservationBroken: the shares do not add up to the counter.
    """
    import numpy as np

    times_s, energy_j = _knots(curve, start_s, end_s, carry)
    busy = union([(low, high) for _, low, high in pieces])
    quiet = _quiet_stretches(busy, start_s, end_s)
    powers = _quiet_powers(curve, quiet, carry.quiet if carry else None)
    idle = _idle_power(curve, quiet, powers)

    edges_s = np.array([edge for _, low, high in pieces for edge in (low, high)])
    instants_s = np.unique(np.concatenate((times_s, edges_s)))
    durations_s = np.diff(instants_s)
    middles_s = instants_s[:-1] + durations_s / 2
    active = _active_count(pieces, middles_s)
    interval = np.clip(np.searchsorted(times_s, middles_s, side="right") - 1, 0, len(times_s) - 2)
    interval_j = np.diff(energy_j)

    quiet_w = _quiet_power_at(middles_s, quiet, powers)
    piece_j = _shaped(interval_j, interval, durations_s, active > 0, quiet_w)

    share_j = np.where(active > 0, piece_j / np.maximum(active, 1), 0.0)
    share_s = np.where(active > 0, durations_s / np.maximum(active, 1), 0.0)
    owned_j = _collected(pieces, owners, instants_s, share_j)
    owned_s = _collected(pieces, owners, instants_s, share_s)
    variance = _variances(curve, pieces, owners, (times_s, interval_j), powers)

    free = active == 0
    idle_w = idle.power_w if idle is not None else None
    idle_pieces_j = np.minimum(piece_j[free], (idle_w or 0.0) * durations_s[free])
    free_j, idle_j = float(piece_j[free].sum()), float(idle_pieces_j.sum())
    total_j = float(energy_j[-1] - energy_j[0])
    _check_conserved(float(owned_j.sum()) + free_j, total_j)
    last = next((power for power in reversed(powers) if power is not None), carry.quiet if carry else None)
    return Ledger(
        owned_j,
        variance,
        owned_s,
        idle_j,
        total_j - float(owned_j.sum()) - idle_j,
        total_j,
        any(power is not None for power in powers),
        idle_w,
        Carry(end_s, float(energy_j[-1]), last),
    )


def _knots(curve: Curve, start_s: float, end_s: float, carry: Carry | None) -> tuple[Array, Array]:
    """Ticks between the instants, with the instants themselves."""
    import numpy as np

    inside = (curve.times_s > start_s) & (curve.times_s < end_s)
    times_s = np.concatenate(([start_s], curve.times_s[inside], [end_s]))
    first_j = float(curve.at(start_s)) if carry is None else carry.energy_j
    energy_j = np.concatenate(([first_j], curve.energy_j[inside], [float(curve.at(end_s))]))
    return times_s, energy_j


def _quiet_stretches(busy: Sequence[tuple[float, float]], start_s: float, end_s: float) -> list[tuple[float, float]]:
    edges = [start_s, *(edge for stretch in busy for edge in stretch), end_s]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _quiet_powers(
    curve: Curve, quiet: Sequence[tuple[float, float]], before: QuietPower | None
) -> list[QuietPower | None]:
    """The power of each quiet stretch; one too short to tell takes the mean of its nearest neighbours that can."""
    own = [quiet_power(curve, low, high) if high > low else None for low, high in quiet]
    earlier, later = _filled([before, *own])[1:], _filled(own[::-1])[::-1]
    return [power or _mean(left, right) for power, left, right in zip(own, earlier, later, strict=True)]


def _filled(powers: Sequence[QuietPower | None]) -> list[QuietPower | None]:
    """Each unknown power replaced by the last known one before it."""
    known: QuietPower | None = None
    filled = []
    for power in powers:
        known = power or known
        filled.append(known)
    return filled


def _mean(left: QuietPower | None, right: QuietPower | None) -> QuietPower | None:
    if left is None or right is None:
        return left or right
    spread_w = abs(left.power_w - right.power_w) / 12**0.5
    uncertainty_w = (left.uncertainty_w**2 / 4 + right.uncertainty_w**2 / 4 + spread_w**2) ** 0.5
    return QuietPower((left.power_w + right.power_w) / 2, uncertainty_w, left.intervals + right.intervals)


def _idle_power(
    curve: Curve, quiet: Sequence[tuple[float, float]], powers: Sequence[QuietPower | None]
) -> QuietPower | None:
    """Idle power: the median over the quiet stretches that showed their own."""
    known = sorted((power for power in powers if power is not None), key=lambda power: power.power_w)
    return known[len(known) // 2] if known else None


def _quiet_power_at(
    middles_s: Array, quiet: Sequence[tuple[float, float]], powers: Sequence[QuietPower | None]
) -> Array:
    """Quiet power at instants, NaN where it was never seen."""
    import numpy as np

    starts_s = np.array([low for low, _ in quiet])
    watts = np.array([np.nan if power is None else power.power_w for power in powers])
    return np.asarray(watts[np.clip(np.searchsorted(starts_s, middles_s, side="right") - 1, 0, len(quiet) - 1)])


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


def _collected(pieces: Sequence[Piece], owners: int, instants_s: Array, shares: Array) -> Array:
    """The sum of shares over the pieces of each owner."""
    import numpy as np

    running = np.concatenate(([0.0], np.cumsum(shares)))
    starts_s = np.array([low for _, low, _ in pieces])
    ends_s = np.array([high for _, _, high in pieces])
    owner = np.array([owner for owner, _, _ in pieces], dtype=np.intp)
    sums = running[np.searchsorted(instants_s, ends_s)] - running[np.searchsorted(instants_s, starts_s)]
    return np.bincount(owner, sums, owners)


def _variances(
    curve: Curve,
    pieces: Sequence[Piece],
    owners: int,
    knots: tuple[Array, Array],
    powers: Sequence[QuietPower | None],
) -> Array:
    """Variance of each owner's joules.

    In the tick intervals that hold an edge, the quiet power of the rest of the interval is uncertain, and the tick's
    time is. Where owners follow each other within one interval, the counter does not say how its joules divide: each
    may have drawn anything between quiet power and all of it (rectangular), and that error repeats from interval to
    interval, so that it adds up linearly.
    """
    import numpy as np

    times_s, interval_j = knots
    widths_s = np.diff(times_s)
    edges_s = np.array([edge for _, low, high in pieces for edge in (low, high)])
    owner = np.array([owner for owner, _, _ in pieces for _ in (0, 1)], dtype=np.intp)
    interval = np.clip(np.searchsorted(times_s, edges_s, side="right") - 1, 0, len(interval_j) - 1)
    known = [power for power in powers if power is not None]
    quiet_w = float(np.mean([power.power_w for power in known])) if known else 0.0
    if known:
        doubt_w = float(np.mean([power.uncertainty_w for power in known]))
        edge_j = widths_s[interval] / 2 * doubt_w + quiet_w * curve.jitter_s
    else:
        edge_j = widths_s[interval] * _power_steps(interval_j / widths_s)[interval] / (4 * 3**0.5)
    divided_j = _division_doubt(pieces, owners, times_s, interval_j, quiet_w)
    return np.asarray(np.bincount(owner, edge_j**2, owners) + divided_j**2)


def _power_steps(power_w: Array) -> Array:
    """The larger change of power towards a neighbouring interval."""
    import numpy as np

    steps_w = np.abs(np.diff(power_w, prepend=power_w[:1], append=power_w[-1:]))
    return np.asarray(np.maximum(steps_w[:-1], steps_w[1:]))


def _division_doubt(pieces: Sequence[Piece], owners: int, times_s: Array, interval_j: Array, quiet_w: float) -> Array:
    """Standard uncertainty of each owner's joules from sharing tick intervals with others. Shape: (owners,)."""
    import numpy as np

    time_s = np.zeros((owners, len(interval_j)))
    for owner in range(owners):
        own = union([(low, high) for holder, low, high in pieces if holder == owner])
        busy_s = (
            np.interp(times_s, [edge for stretch in own for edge in stretch], _busy_time(own)) if own else times_s * 0
        )
        time_s[owner] = np.diff(busy_s)
    shared = (time_s > 0).sum(axis=0) > 1
    room_j = np.maximum(interval_j - quiet_w * np.diff(times_s), 0.0)
    fraction = time_s / np.maximum(time_s.sum(axis=0), 1e-12)
    doubt_j = np.where(shared & (fraction > 0), room_j * np.minimum(1.0, 2 * (1 - fraction)), 0.0) / 12**0.5
    return np.asarray(doubt_j.sum(axis=1))


def _busy_time(stretches: Sequence[tuple[float, float]]) -> list[float]:
    """Cumulative busy seconds at each edge of stretches."""
    total_s, edges = 0.0, []
    for low, high in stretches:
        edges += [total_s, total_s + high - low]
        total_s += high - low
    return edges


def _check_conserved(shared_j: float, total_j: float) -> None:
    if abs(shared_j - total_j) > CONSERVATION_TOLERANCE * max(abs(total_j), 1e-3):
        raise ConservationBroken(
            f"{shared_j:.9f} J were shared out of {total_j:.9f} J. This is a defect of energyprof, and no figure of "
            "this run can be trusted; please report it with the run's record."
        )
