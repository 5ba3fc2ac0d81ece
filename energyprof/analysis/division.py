"""How the joules of each tick interval divide among the kinds of work in it.

A kind that had whole tick intervals to itself nearby is known to draw the power seen there; what is left of the joules
belongs to the kinds that never had, by their time. Shares by time alone would take from whatever draws more than its
neighbours a sixth of a tick interval's worth of the difference at either edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.scatter import scatter, student_widening

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

    Array = NDArray[Any]

NEAR_INTERVALS = 4
"""Only the intervals nearest to an edge speak for the power at it."""

MIN_INTERVALS = 2
LONGEST_RUN = 20
"""Intervals over which a power is taken to last, where scatter has to be told from that of the ticks."""

WHOLE = 1 - 1e-6
"""A kind has an interval to itself when it fills this share of it."""

FARTHEST = 4.0
"""Joules that known powers miss by more standard deviations than this are shared by time: the powers did not last."""


@dataclass(frozen=True, slots=True)
class Division:
    """The joules of tick intervals by kind of work.

    Attributes:
        energy_j: they add up to what was to be divided. Shape: (kinds, intervals).
        unknown: which kinds share by time. Shape: (kinds, intervals).
        gets: what each kind gets of a joule more in an interval. Shape: (kinds, intervals).
        echo_j2: what is added to the variance of a kind since the readings that show its power scatter into its joules
            where it was alone as well. Shape: (kinds, intervals).
        remainder_j: joules that these share. Shape: (intervals,), as of all that follow.
        moved_j: standard uncertainty of what known powers put on one side of an edge and not on the other.
        scatter: relative standard deviation of an interval that one kind has to itself; 0 where none was seen.
    """

    energy_j: Floats
    unknown: Array
    gets: Floats
    echo_j2: Floats
    remainder_j: Floats
    moved_j: Floats
    scatter: float


def divide(
    time_s: Floats,
    energy_j: Floats,
    widths_s: Floats,
    alone: Array,
    jitter_s: float,
    *,
    common_s: float = 0.0,
    scatter_s: float = 0.0,
) -> Division:
    """Divides the joules of each interval.

    Args:
        time_s: each kind's share of the time. Shape: (kinds, intervals).
        energy_j: to be divided. widths_s: of the whole intervals. Shape of both: (intervals,).
        alone: whether never more than one piece of work was under way, so that powers seen alone apply; False also
            for intervals that do not lie between two ticks.
        jitter_s: standard deviation of the instants at which intervals meet. common_s: the part of it by which all are
            off alike, which is not counted in `Division.moved_j`. scatter_s: the part that is known to be independent.
    """
    import numpy as np

    active = time_s > 0
    known_w, doubt_w, spread = _pure_powers(time_s, energy_j, widths_s, alone, scatter_s)
    mixed = alone & (active.sum(axis=0) > 1)
    known = active & mixed & ~np.isnan(known_w)
    known_j = np.where(known, known_w * time_s, 0.0)
    doubt_j = np.where(known, doubt_w * time_s, 0.0)
    rest_j = energy_j - known_j.sum(axis=0)
    all_known = (known_j.sum(axis=0) > 0) & (known.sum(axis=0) == active.sum(axis=0))
    # Where all powers are known, what each draws is uncertain only by how they are scaled to the interval's joules.
    part = np.where(all_known, known_j / np.maximum(known_j.sum(axis=0), 1e-300), 0.0)
    own_w = np.where(known, known_w, 0.0)
    fixed_j = np.hypot(2**0.5 * jitter_s * own_w.max(axis=0, initial=0.0), spread * energy_j)
    apart_j = np.sqrt((doubt_j**2).sum(axis=0) + fixed_j**2)
    missed = known.any(axis=0) & np.where(all_known, np.abs(rest_j) > FARTHEST * apart_j, rest_j < -FARTHEST * apart_j)
    known &= ~missed
    all_known &= ~missed
    unknown = active & ~known
    remainder_j = np.where(all_known, 0.0, energy_j - np.where(known, known_j, 0.0).sum(axis=0))
    unknown_s = np.where(unknown, time_s, 0.0)
    gets = np.where(all_known, part, unknown_s / np.maximum(unknown_s.sum(axis=0), 1e-300))
    shared_j = np.where(all_known, part * energy_j, np.where(known, known_j, gets * remainder_j))
    echo_j2 = 2 * (1 - part) * time_s * (spread * own_w) ** 2 * float(widths_s.mean())
    scaled_j2 = (((1 - part) * doubt_j) ** 2).sum(axis=0)
    scaled_j2 += max(jitter_s**2 - common_s**2, 0.0) * (((1 - part) * own_w) ** 2).sum(axis=0)
    scaled_j2 += np.where(all_known, np.maximum(rest_j**2 - apart_j**2, 0.0), 0.0)
    moved_j = np.where(known.any(axis=0), np.sqrt(scaled_j2), 0.0)
    return Division(shared_j, unknown, gets, echo_j2, remainder_j, moved_j, spread)


def _pure_powers(
    time_s: Floats, energy_j: Floats, widths_s: Floats, alone: Array, scatter_s: float
) -> tuple[Floats, Floats, float]:
    """Watts of each kind near each interval that it shares, their standard uncertainty, and `Division.scatter`.

    NaN where the kind had fewer than two intervals to itself. Shape of both: (kinds, intervals).
    """
    import numpy as np

    pure = alone & (time_s >= WHOLE * widths_s)
    power_w = energy_j / widths_s
    tick = scatter_s / float(widths_s.mean())
    spread = _scatter([run_w for own in pure for run_w in _consecutive(power_w, own)], tick)
    known_w, doubt_w = np.full(time_s.shape, np.nan), np.full(time_s.shape, np.nan)
    for kind, own in enumerate(pure):
        places = np.flatnonzero(own)
        wanted = np.flatnonzero((time_s[kind] > 0) & ~own & alone)
        if len(places) < MIN_INTERVALS or not len(wanted):
            continue
        near = np.searchsorted(places, wanted)[:, None] + np.arange(-NEAR_INTERVALS, NEAR_INTERVALS)
        there = (near >= 0) & (near < len(places))
        chosen = places[np.clip(near, 0, len(places) - 1)]
        distance = np.where(there, np.abs(chosen - wanted[:, None]), np.iinfo(np.intp).max)
        order = np.argsort(distance, axis=1, kind="stable")[:, : min(NEAR_INTERVALS, len(places))]
        powers_w = power_w[np.take_along_axis(chosen, order, axis=1)]
        mean_w = powers_w.mean(axis=1)
        reading_w = spread * mean_w
        drift_w2 = np.maximum((powers_w[:, 0] - mean_w) ** 2 - reading_w**2 - 2 * (tick * mean_w) ** 2, 0.0)
        known_w[kind, wanted] = mean_w
        doubt_w[kind, wanted] = np.sqrt(reading_w**2 / powers_w.shape[1] + drift_w2)
    return known_w, doubt_w, spread


def _consecutive(power_w: Floats, own: Array) -> list[Floats]:
    """The powers of some intervals, those without others between them together."""
    import numpy as np

    places = np.flatnonzero(own)
    return np.split(power_w[places], np.flatnonzero(np.diff(places) > 1) + 1)


def _scatter(runs_w: list[Floats], tick: float) -> float:
    """Relative standard deviation, from the differences of successive values, so that slow changes do not count.

    Args:
        tick: standard deviation of one tick, relative to an interval: see `scatter`.
    """
    import numpy as np

    if tick:
        return scatter(
            [run_w[k : k + LONGEST_RUN] for run_w in runs_w for k in range(0, len(run_w), LONGEST_RUN)], tick
        )
    pairs_w = [np.stack((run_w[:-1], run_w[1:])) for run_w in runs_w]
    pairs_w = [pair_w[:, pair_w.sum(axis=0) > 0] for pair_w in pairs_w]
    steps = np.concatenate([2 * (later - earlier) / (later + earlier) for earlier, later in pairs_w] or [np.zeros(0)])
    if not len(steps):
        return 0.0
    return float(np.sqrt(np.mean(steps**2) / 2)) * student_widening(len(steps) + 1)
