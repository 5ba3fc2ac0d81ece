"""The mmap ring between the sampler and the profiled process: one writer, any number of readers.

A header of int64 words is followed by fixed-size records. The writer fills a record first and raises `written`
last, so that a reader never sees half a record and needs no lock. The reader keeps its own position; when it falls
behind by more than the capacity it learns how many records it lost.
"""

from __future__ import annotations

import mmap
import os
import struct
from array import array
from pathlib import Path
from typing import Literal

MAGIC = 0x31474E4952455045
"""The bytes "EPERING1" read as a little-endian word."""

HEADER_WORDS = 8
WORD_BYTES = 8
RECORD_WORDS = 5
RECORD_BYTES = RECORD_WORDS * WORD_BYTES
DEFAULT_CAPACITY = 1 << 16
"""Records; at 50 polls a second and three domains that is seven minutes unread, in 2.6 MB."""

_MAGIC, _CAPACITY, _WRITTEN, _CPU_NS, _POLLED_NS, _STOP, _PERIOD_NS, _THREAD = range(HEADER_WORDS)
_RECORD = struct.Struct("=5q")

TICK, FIRST, FAULT, RESET = range(4)
"""Kinds of record: a counter moved; the first value, or the first after a fault; it could not be read; it fell back."""

UNNAMED = -1
"""The count of a fault whose reason there was no room to write down."""


class Ring:
    """One end of the ring. Records are (kind, domain index, after_ns, seen_ns, count)."""

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        self.path = path
        self._memory = memory
        self._words = memoryview(memory)[: HEADER_WORDS * WORD_BYTES].cast("q")
        self._capacity = self._words[_CAPACITY]
        self._written = self._words[_WRITTEN]

    @classmethod
    def create(cls, path: Path, period_s: float, capacity: int = DEFAULT_CAPACITY) -> Ring:
        """A new, empty ring in a new file.

        Raises:
            OSError: the file cannot be made, for example because the disk is full.
        """
        size = (HEADER_WORDS + RECORD_WORDS * capacity) * WORD_BYTES
        with path.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, size) if hasattr(os, "posix_fallocate") else file.truncate(size)
            words = (MAGIC, capacity, 0, 0, 0, 0, round(period_s * 1e9), 0)
            file.write(struct.pack(f"={HEADER_WORDS}q", *words))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Ring:
        """The other end of an existing ring.

        Raises:
            ValueError: the file is not a ring.
        """
        with path.open("r+b") as file:
            memory = mmap.mmap(file.fileno(), 0)
        if len(memory) < HEADER_WORDS * WORD_BYTES or struct.unpack_from("=q", memory)[0] != MAGIC:
            memory.close()
            raise ValueError(f"{path} is not a ring of samples")
        return cls(path, memory)

    def append(self, kind: int, domain: int, after_ns: int, seen_ns: int, count: int) -> None:
        """Writes one record; the oldest is overwritten when the ring is full."""
        place = HEADER_WORDS * WORD_BYTES + (self._written % self._capacity) * RECORD_BYTES
        _RECORD.pack_into(self._memory, place, kind, domain, after_ns, seen_ns, count)
        self._written += 1
        self._words[_WRITTEN] = self._written

    def read(self, position: int) -> tuple[list[tuple[int, ...]], int, int]:
        """Records from `position` on.

        Returns:
            The records, the position to go on from, and how many were overwritten before they could be read.
        """
        written = self._words[_WRITTEN]
        first = max(position, written - self._capacity)
        lost = first - position
        words = array("q")
        for start, stop in self._stretches(first, written):
            words.frombytes(self._memory[start:stop])
        records = list(zip(*(words[field::RECORD_WORDS] for field in range(RECORD_WORDS)), strict=True))
        overtaken = max(self._words[_WRITTEN] - self._capacity - first, 0)
        return records[overtaken:], written, lost + overtaken

    def _stretches(self, first: int, stop: int) -> list[tuple[int, int]]:
        if first == stop:
            return []
        origin = HEADER_WORDS * WORD_BYTES
        begin, end = first % self._capacity, (stop - 1) % self._capacity + 1
        if begin < end:
            return [(origin + begin * RECORD_BYTES, origin + end * RECORD_BYTES)]
        full = origin + self._capacity * RECORD_BYTES
        return [(origin + begin * RECORD_BYTES, full), (origin, origin + end * RECORD_BYTES)]

    @property
    def polled_s(self) -> float | None:
        """When the sampler last began to read all its sensors, and then did; None before the first time."""
        polled_ns = self._words[_POLLED_NS]
        return polled_ns / 1e9 if polled_ns else None

    @property
    def cpu_s(self) -> float:
        """CPU seconds that the sampler has used."""
        return self._words[_CPU_NS] / 1e9

    @property
    def stop_wanted(self) -> bool:
        """Whether the reader has asked the sampler to end."""
        return self._words[_STOP] != 0

    def want_stop(self) -> None:
        """Asks the sampler to end after its next reading."""
        self._words[_STOP] = 1

    @property
    def mode(self) -> Literal["process", "thread"]:
        """Whether the sampler is a process, or a thread of the profiled one."""
        return "thread" if self._words[_THREAD] else "process"

    def say_thread(self) -> None:
        """The sampler is a thread of the profiled process."""
        self._words[_THREAD] = 1

    @property
    def period_s(self) -> float:
        """Seconds between two polls, as the sampler has chosen it."""
        return self._words[_PERIOD_NS] / 1e9

    def say_polled(self, polled_ns: int) -> bool:
        """Every sensor has been read since that instant; returns `stop_wanted`."""
        words = self._words
        words[_POLLED_NS] = polled_ns
        return words[_STOP] != 0

    def say_cost(self, cpu_ns: int) -> None:
        """CPU time that sampling has used so far."""
        self._words[_CPU_NS] = cpu_ns

    def say_period(self, period_ns: int) -> None:
        """How often the sensors are read."""
        self._words[_PERIOD_NS] = period_ns

    def close(self) -> None:
        """Lets go of the memory; the file stays."""
        self._words.release()
        self._memory.close()
