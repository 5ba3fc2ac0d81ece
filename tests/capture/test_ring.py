"""The ring between two processes: nothing is read twice, half, or lost without being told."""

from __future__ import annotations

from pathlib import Path

import pytest

from energyprof.capture.ring import FIRST, TICK, Ring


def test_what_is_written_at_one_end_is_read_at_the_other(tmp_path: Path) -> None:
    writer = Ring.create(tmp_path / "a.ring", 0.02, capacity=8)
    reader = Ring.open(tmp_path / "a.ring")
    writer.append(FIRST, 0, 1, 1, 0)
    writer.append(TICK, 1, 2, 3, 40)
    assert reader.read(0) == ([(FIRST, 0, 1, 1, 0), (TICK, 1, 2, 3, 40)], 2, 0)
    assert reader.read(2) == ([], 2, 0)


def test_reading_goes_on_over_the_end_of_the_ring(tmp_path: Path) -> None:
    ring = Ring.create(tmp_path / "a.ring", 0.02, capacity=4)
    for count in range(3):
        ring.append(TICK, 0, 0, count, count)
    _, position, _ = ring.read(0)
    for count in range(3, 6):
        ring.append(TICK, 0, 0, count, count)
    records, position, lost = ring.read(position)
    assert [record[4] for record in records] == [3, 4, 5]
    assert (position, lost) == (6, 0)


def test_a_reader_that_fell_behind_is_told_how_much_it_lost(tmp_path: Path) -> None:
    ring = Ring.create(tmp_path / "a.ring", 0.02, capacity=4)
    for count in range(10):
        ring.append(TICK, 0, 0, count, count)
    records, position, lost = ring.read(0)
    assert [record[4] for record in records] == [6, 7, 8, 9]
    assert (position, lost) == (10, 6)


def test_the_time_of_the_last_poll_is_unknown_before_the_first(tmp_path: Path) -> None:
    ring = Ring.create(tmp_path / "a.ring", 0.02, capacity=4)
    assert ring.polled_s is None
    ring.say_polled(2_500_000_000)
    ring.say_cost(1_000_000)
    ring.say_period(5_000_000)
    assert ring.polled_s == 2.5
    assert ring.cpu_s == 0.001


def test_a_stop_reaches_the_other_end(tmp_path: Path) -> None:
    writer, reader = Ring.create(tmp_path / "a.ring", 0.02, capacity=4), Ring.open(tmp_path / "a.ring")
    assert not writer.stop_wanted
    reader.want_stop()
    assert writer.stop_wanted


def test_a_file_that_is_not_a_ring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.ring").write_bytes(b"x" * 256)
    with pytest.raises(ValueError, match="not a ring"):
        Ring.open(tmp_path / "b.ring")
