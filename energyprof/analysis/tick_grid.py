"""When a regular counter ticks: the grid t_0 + k D that passes through every window in which a tick was noticed.

A tick happened after the last poll that did not see it and before the first that did. Where in that window is not
known (rectangular), so that every grid that passes through all windows is as likely as any other. Their mean is taken,
and their spread is its uncertainty; it shrinks with the number of ticks, for fits by least squares only with its root.

A poller that was not let run for a period or longer sees several ticks as one. They tell nothing of the grid; the value
is that of the last instant of the grid before it was read, and where it is not clear which that was, nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from energyprof.analysis.curve import Floats

    Room = Callable[[Floats], Floats]

MIN_TICKS = 6
MIN_TICKS_EXPECTED = 3
EXPECTED_STRETCH = 3e-3
"""Where the period is known from an earlier start, whose dense polls told it to within this, three ticks are enough."""

LEAST_HALF_WINDOW_S = 0.005
"""Denser polls than this would call a counter irregular whose ticks scatter by a millisecond."""

REGULAR_SHARE = 0.9
"""A grid is believed when this share of the ticks agrees with the polls around them."""

WIDEST_WINDOW = 0.9
"""Periods: a longer window may hold two instants of the grid, for all that is known of the period at first."""

COUNTED_WINDOW = 0.5
"""Periods: from the middle of one shorter window to that of the next, periods can be counted without a mistake."""

SURE = 2.0
"""Standard deviations of the grid by which an instant has to lie before or after a reading, to be taken for so."""

PERIODS_TRIED = 33
ZOOMS = 7
LEAST_ROOM_S = 2e-5
"""Where ticks scatter so that no grid passes through all windows, these are widened until one does by so much."""


@dataclass(frozen=True, slots=True)
class TickGrid:
    """t_0 + k D.

    Attributes:
        index: k of each tick; NaN where it may be one or another. agrees: whether its window holds the grid, but for
            the counter's own scatter.
        jitter_s: standard deviation of the grid's instants, over all ticks. stretch: that of D, relative.
        common_s: the part of the jitter that is the grid's and not that of the ticks around it.
    """

    origin_s: float
    period_s: float
    index: Floats
    agrees: NDArray[np.bool_]
    jitter_s: float
    common_s: float
    stretch: float

    @property
    def times_s(self) -> Floats:
        """The grid's instant for each tick."""
        return self.origin_s + self.index * self.period_s


def fit_grid(after_s: Floats, seen_s: Floats) -> TickGrid | None:
    """The grid of ticks noticed in (after, seen]; None where there are too few, or they are not regular."""
    import numpy as np

    if len(seen_s) < MIN_TICKS:
        return None
    steps_s = np.diff((after_s + seen_s) / 2)
    period_s = float(np.quantile(steps_s, 0.5, method="lower"))
    if period_s <= 0:
        return None
    alone = _hold_one(after_s, seen_s, period_s)
    if alone.sum() < MIN_TICKS:
        return None
    # Few steps are as long as the period where polls are sparse; those of one period each are so on average.
    single_s = steps_s[alone[1:] & alone[:-1] & (np.rint(steps_s / period_s) == 1)]
    period_s = float(single_s.mean()) if len(single_s) else period_s
    grid = _fitted(after_s[alone], seen_s[alone], period_s)
    return None if grid is None else _with_others(grid, after_s, seen_s, alone)


def _hold_one(after_s: Floats, seen_s: Floats, period_s: float) -> NDArray[np.bool_]:
    """Which windows hold no more than one instant of a grid of that period, and are not far wider than most."""
    import numpy as np

    widths_s = seen_s - after_s
    usual_s = max(COUNTED_WINDOW * period_s, 1.5 * float(np.median(widths_s)))
    return np.asarray(widths_s < min(WIDEST_WINDOW * period_s, usual_s))


def _with_others(grid: TickGrid, after_s: Floats, seen_s: Floats, alone: NDArray[np.bool_]) -> TickGrid:
    """The grid of those ticks that stand `alone` in their windows, with all the others."""
    import numpy as np

    index, agrees = np.full(len(seen_s), np.nan), np.ones(len(seen_s), dtype=np.bool_)
    index[alone], agrees[alone] = grid.index, grid.agrees
    margin_s = SURE * grid.jitter_s
    # Its value is that of a reading which had ended when it was seen, and may have begun much earlier; the same value
    # was read once more where the next window begins later.
    read_s = np.minimum(seen_s, np.append(after_s[1:], after_s[-1]))
    first = np.floor((after_s - margin_s - grid.origin_s) / grid.period_s) + 1
    first = np.maximum(first, np.floor((read_s - margin_s - grid.origin_s) / grid.period_s))
    last = np.floor((seen_s + margin_s - grid.origin_s) / grid.period_s)
    last[alone] = grid.index
    for place in np.flatnonzero(~alone)[::-1]:
        if place + 1 < len(last):
            last[place] = min(last[place], last[place + 1] - 1)
        if first[place] == last[place]:
            index[place] = last[place]
    return replace(grid, index=index, agrees=agrees)


def _fitted(after_s: Floats, seen_s: Floats, period_s: float) -> TickGrid | None:
    """As `fit_grid`, of windows that hold one instant each; the period is about that."""
    import numpy as np

    middle_s, half_s = (after_s + seen_s) / 2, (seen_s - after_s) / 2
    index = np.concatenate(([0], np.cumsum(np.rint(np.diff(middle_s) / period_s))))
    for _ in range(3):
        period_s, origin_s = _weighted_line(index, middle_s, 1 / np.maximum(half_s, 1e-6))
        if period_s <= 0:
            return None
        index = np.rint((middle_s - origin_s) / period_s)
    slack_s = 0.2 * np.maximum(half_s, LEAST_HALF_WINDOW_S)
    shift_s = _centred(origin_s + index * period_s, after_s, seen_s)
    agrees = _missed(origin_s + shift_s + index * period_s, after_s, seen_s) <= slack_s
    if agrees.mean() < REGULAR_SHARE or np.ptp(index[agrees]) < 1:
        return None
    first = index[agrees].mean()
    likely = _likely_grids(index[agrees] - first, after_s[agrees], seen_s[agrees], period_s)
    origin_s = likely.origin_s - first * likely.period_s
    missed_s = _missed(origin_s + index * likely.period_s, after_s, seen_s)
    agrees = missed_s <= slack_s  # of those too that the first fit had missed
    if agrees.mean() < REGULAR_SHARE:
        return None
    off_s = np.where(agrees, missed_s, half_s / 3**0.5)  # those that disagree are put into the middle of their window
    jitter_s = float(np.hypot(likely.spread_s, np.sqrt(np.mean(off_s**2))))
    stretch = likely.period_spread_s / likely.period_s
    return TickGrid(origin_s, likely.period_s, index, agrees, jitter_s, likely.spread_s, stretch)


def expected_grid(after_s: Floats, seen_s: Floats, period_s: float | None) -> TickGrid | None:
    """As `fit_grid`, where too few ticks were noticed for that, but their period is known from an earlier start.

    None also where the ticks contradict that period.
    """
    if period_s is None:
        return None
    alone = _hold_one(after_s, seen_s, period_s)
    if not MIN_TICKS_EXPECTED <= alone.sum() < MIN_TICKS:
        return None
    grid = _expected(after_s[alone], seen_s[alone], period_s)
    return None if grid is None else _with_others(grid, after_s, seen_s, alone)


def _expected(after_s: Floats, seen_s: Floats, period_s: float) -> TickGrid | None:
    import numpy as np

    index = np.concatenate(([0], np.cumsum(np.rint(np.diff((after_s + seen_s) / 2) / period_s))))
    if float(np.median(np.diff(index))) != 1:
        return None
    low_s, high_s = float(np.max(after_s - index * period_s)), float(np.min(seen_s - index * period_s))
    if high_s < low_s:  # no grid of that period passes through all windows
        return None
    origin_s = (low_s + high_s) / 2
    slack_s = 0.2 * np.maximum((seen_s - after_s) / 2, LEAST_HALF_WINDOW_S)
    agrees = _missed(origin_s + index * period_s, after_s, seen_s) <= slack_s
    if agrees.mean() < REGULAR_SHARE:
        return None
    jitter_s = float(np.hypot(high_s - low_s, EXPECTED_STRETCH * period_s * float(np.ptp(index))) / 12**0.5)
    return TickGrid(origin_s, period_s, index, agrees, jitter_s, jitter_s, EXPECTED_STRETCH)


@dataclass(frozen=True, slots=True)
class _Likely:
    """Means and standard deviations over all grids that pass through the windows; `spread_s` is that of the ticks."""

    origin_s: float
    period_s: float
    spread_s: float
    period_spread_s: float


def _likely_grids(index: Floats, after_s: Floats, seen_s: Floats, period_s: float) -> _Likely:
    """The mean grid; for a given period, the room for t_0 is min(seen - k D) - max(after - k D), concave in D."""
    import numpy as np

    def limits(periods_s: Floats) -> tuple[Floats, Floats]:
        shifts_s = np.multiply.outer(periods_s, index)
        return np.max(after_s - shifts_s, axis=1), np.min(seen_s - shifts_s, axis=1)

    def room(periods_s: Floats) -> Floats:
        low_s, high_s = limits(periods_s)
        return np.asarray(high_s - low_s + widened_s)

    widened_s = 0.0
    reach_s = 4 * float(np.max(seen_s - after_s)) / float(np.ptp(index))
    best_s = _roomiest(room, period_s - reach_s, period_s + reach_s)
    widened_s = max(LEAST_ROOM_S - float(room(np.array([best_s]))[0]), 0.0)
    shortest_s, longest_s = (_exhausted(room, best_s, best_s + way_s) for way_s in (-reach_s, reach_s))
    periods_s = np.linspace(shortest_s, longest_s, PERIODS_TRIED)
    low_s, high_s = limits(periods_s)
    room_s = np.maximum(room(periods_s), 0.0)
    weight = room_s / room_s.sum()
    mean_period_s, mean_origin_s = float(weight @ periods_s), float(weight @ (low_s + high_s)) / 2
    off_s = ((low_s + high_s) / 2 - mean_origin_s)[:, None] + np.multiply.outer(periods_s - mean_period_s, index)
    variance_s2 = float((weight @ off_s**2).mean() + weight @ room_s**2 / 12)
    period_variance_s2 = float(weight @ (periods_s - mean_period_s) ** 2)
    return _Likely(mean_origin_s, mean_period_s, variance_s2**0.5, period_variance_s2**0.5)


def _roomiest(room: Room, low_s: float, high_s: float) -> float:
    """The period between two that leaves the most room."""
    import numpy as np

    for _ in range(ZOOMS):
        periods_s = np.linspace(low_s, high_s, PERIODS_TRIED)
        best = int(np.argmax(room(periods_s)))
        low_s, high_s = float(periods_s[max(best - 1, 0)]), float(periods_s[min(best + 1, PERIODS_TRIED - 1)])
    return (low_s + high_s) / 2


def _exhausted(room: Room, inside_s: float, outside_s: float) -> float:
    """The period between two at which no room is left; the outer one where some is left even there."""
    import numpy as np

    for _ in range(ZOOMS):
        periods_s = np.linspace(inside_s, outside_s, PERIODS_TRIED)
        left = int(np.count_nonzero(room(periods_s) > 0))
        if left == PERIODS_TRIED:
            return outside_s
        inside_s, outside_s = float(periods_s[max(left - 1, 0)]), float(periods_s[left])
    return outside_s


def _weighted_line(index: Floats, times_s: Floats, weights: Floats) -> tuple[float, float]:
    import numpy as np

    slope, origin = np.polyfit(index, times_s, 1, w=weights)
    return float(slope), float(origin)


def _centred(fitted_s: Floats, after_s: Floats, seen_s: Floats) -> float:
    """The shift that puts a grid in the middle of what nearly all windows allow."""
    import numpy as np

    lowest, highest = np.quantile(after_s - fitted_s, 0.98), np.quantile(seen_s - fitted_s, 0.02)
    return float((lowest + highest) / 2)


def _missed(fitted_s: Floats, after_s: Floats, seen_s: Floats) -> Floats:
    """By how much the grid misses each window."""
    import numpy as np

    return np.asarray(np.maximum(np.maximum(after_s - fitted_s, fitted_s - seen_s), 0.0))
