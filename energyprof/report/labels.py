"""Places for the labels of a scatter plot: beside their points, over nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Shared area, in square points."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return width * height if width > 0 and height > 0 else 0.0

    def nearest(self, spot: Spot) -> Spot:
        """The point of the box that is nearest to a spot."""
        return min(max(spot[0], self.left), self.right), min(max(spot[1], self.bottom), self.top)


_SIDE_RISES_PT = (0.0, 9.0, -9.0, 18.0, -18.0, 28.0, -28.0, 40.0, -40.0, 54.0, -54.0)
_SIDE_GAPS_PT = (8.0, 18.0, 30.0)
_RISES_PT = (12.0, -12.0, 22.0, -22.0, 34.0, -34.0, 48.0, -48.0)
_LEADER_STEPS = 12
_POINT_RADIUS_PT = 6.0

# Weights of what makes a place bad, in square points: a covered area counts as it is.
_OUTSIDE = 4.0
_PER_POINT_OF_DISTANCE = 0.6
_PER_CROSSED_STEP = 12.0


def place(
    points: Sequence[Spot], sizes: Sequence[tuple[float, float]], *, frame: Box, obstacles: Sequence[Box]
) -> list[Box]:
    """The room for each label: where it covers least, near its point, with a free line between the two.

    Args:
        points: what the labels belong to. sizes: width and height of each label.
        frame: labels stay inside. obstacles: what they must not cover.
    """
    taken = list(obstacles)
    taken += [_around(point) for point in points]
    found: list[Box] = []
    for point, size in zip(points, sizes, strict=True):
        blocking = [_around(other) for other in points if other != point] + found
        box = min(
            _candidates(point, size),
            key=lambda each: _covered(each, frame, taken) + _remote(each, point, blocking),
        )
        taken.append(box)
        found.append(box)
    return found


def _candidates(point: Spot, size: tuple[float, float]) -> Iterator[Box]:
    (x, y), (width, height) = point, size
    for rise in _SIDE_RISES_PT:
        for gap in _SIDE_GAPS_PT:
            yield Box(x + gap, y + rise - height / 2, x + gap + width, y + rise + height / 2)
            yield Box(x - gap - width, y + rise - height / 2, x - gap, y + rise + height / 2)
    for rise in _RISES_PT:
        yield Box(x - width / 2, y + rise - height / 2, x + width / 2, y + rise + height / 2)


def _covered(box: Box, frame: Box, taken: Iterable[Box]) -> float:
    area = (box.right - box.left) * (box.top - box.bottom)
    return sum(box.overlap(other) for other in taken) + _OUTSIDE * (area - box.overlap(frame))


def _remote(box: Box, point: Spot, blocking: Sequence[Box]) -> float:
    """The cost of the distance, and of every step of the line that runs over something else."""
    end = box.nearest(point)
    crossed = 0
    for step in range(1, _LEADER_STEPS):
        x = point[0] + (end[0] - point[0]) * step / _LEADER_STEPS
        y = point[1] + (end[1] - point[1]) * step / _LEADER_STEPS
        crossed += any(other.left <= x <= other.right and other.bottom <= y <= other.top for other in blocking)
    return _PER_POINT_OF_DISTANCE * math.dist(point, end) + _PER_CROSSED_STEP * crossed


def _around(point: Spot) -> Box:
    x, y = point
    return Box(x - _POINT_RADIUS_PT, y - _POINT_RADIUS_PT, x + _POINT_RADIUS_PT, y + _POINT_RADIUS_PT)
