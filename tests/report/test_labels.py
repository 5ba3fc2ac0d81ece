"""Places for labels."""

from __future__ import annotations

import itertools
import math

from energyprof.report.labels import Box, place

FRAME = Box(0, 0, 400, 300)


def test_ten_crowded_labels_neither_overlap_nor_leave_the_frame() -> None:
    points = [(120.0 + 17 * number, 150.0 + 11 * (number % 4)) for number in range(10)]
    boxes = place(points, [(70.0, 9.0)] * 10, frame=FRAME, obstacles=[])
    assert all(first.overlap(second) == 0 for first, second in itertools.combinations(boxes, 2))
    assert all(FRAME.left <= box.left and box.right <= FRAME.right for box in boxes)
    assert all(FRAME.bottom <= box.bottom and box.top <= FRAME.top for box in boxes)


def test_a_label_does_not_cover_a_point() -> None:
    points = [(100.0, 100.0), (115.0, 100.0), (130.0, 100.0)]
    boxes = place(points, [(40.0, 9.0)] * 3, frame=FRAME, obstacles=[])
    assert not any(box.left < x < box.right and box.bottom < y < box.top for box in boxes for x, y in points)


def test_a_label_keeps_off_an_obstacle() -> None:
    wall = Box(105, 0, 400, 300)
    (box,) = place([(100.0, 100.0)], [(40.0, 9.0)], frame=FRAME, obstacles=[wall])
    assert box.overlap(wall) == 0


def test_a_lone_label_stands_right_beside_its_point() -> None:
    (box,) = place([(100.0, 100.0)], [(40.0, 9.0)], frame=FRAME, obstacles=[])
    assert math.dist((100.0, 100.0), box.nearest((100.0, 100.0))) <= 8


def test_the_same_point_twice_gets_two_labels() -> None:
    first, second = place([(100.0, 100.0)] * 2, [(40.0, 9.0)] * 2, frame=FRAME, obstacles=[])
    assert first.overlap(second) == 0


def test_no_points_need_no_places() -> None:
    assert place([], [], frame=FRAME, obstacles=[]) == []
