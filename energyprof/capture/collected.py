"""What a sampler has read so far: the ring's records sorted by domain, with gaps where a counter could not be read."""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from pathlib import Path

from energyprof.capture.fault_names import faults_file
from energyprof.capture.ring import FAULT, FIRST, RESET, TICK, Ring
from energyprof.model.domain import Domain
from energyprof.model.timeline import Gap, Timeline

RESTARTED = "the sampler was killed and started again"

NOT_NOTED = "it could not be read, and the disk had no room to note why"


class Collected:
    """The records of the ring, sorted by domain; kept in this process."""

    def __init__(self, domains: list[Domain]) -> None:
        self.domains = domains
        self._ticks: list[tuple[list[float], list[float], list[int]]] = [([], [], []) for _ in domains]
        self._gaps: list[list[Gap]] = [[] for _ in domains]
        self._faults: list[tuple[float, str] | None] = [None] * len(domains)
        self._offsets = [0] * len(domains)
        self._position = 0

    @property
    def position(self) -> int:
        """How many records of the ring have been read."""
        return self._position

    def take(self, ring: Ring) -> tuple[list[tuple[int, ...]], int]:
        """Reads what is new in the ring; returns its records, and how many before them were overwritten."""
        records, self._position, lost = ring.read(self._position)
        reasons = fault_reasons(ring.path) if any(kind == FAULT for kind, *_ in records) else []
        self.add(records, lost, reasons)
        return records, lost

    def replay(self, records: list[tuple[int, ...]], lost: int, position: int, reasons: list[str]) -> None:
        """Reads what another process had taken from the ring, up to that position."""
        self.add(records, lost, reasons)
        self._position = position

    def add(self, records: list[tuple[int, ...]], lost: int, reasons: list[str]) -> None:
        """Sorts records in; before them some may have been overwritten."""
        if lost:
            self._overrun(lost, records)
        for kind, index, after_ns, seen_ns, count in records:
            if kind == FAULT:
                before = self._faults[index]
                if before is None or before[1] != RESTARTED:  # its joules are lost, whatever comes after it
                    reason = reasons[count] if 0 <= count < len(reasons) else NOT_NOTED
                    self._faults[index] = (after_ns / 1e9, reason)
                continue
            self._close_gap(index, kind, seen_ns / 1e9)
            after, seen, counts = self._ticks[index]
            after.append(after_ns / 1e9)
            seen.append(seen_ns / 1e9)
            counts.append(count + self._offsets[index])

    def resume(self) -> None:
        """A new sampler counts from 0 again: its counts are put on top of those that are there."""
        for index, (_, seen, counts) in enumerate(self._ticks):
            if counts:
                self._offsets[index] = counts[-1]
                self._faults[index] = (seen[-1], RESTARTED)

    def _close_gap(self, index: int, kind: int, seen_s: float) -> None:
        fault, self._faults[index] = self._faults[index], None
        if kind in (FIRST, RESET) and fault is not None:
            known = kind == FIRST and fault[1] != RESTARTED and bool(self._ticks[index][1])
            self._gaps[index].append(Gap(fault[0], seen_s, fault[1], energy_known=known))
        elif kind == RESET:
            seen = self._ticks[index][1]
            reason = "the counter fell back, or moved too far to tell how often it wrapped"
            self._gaps[index].append(Gap(seen[-1], seen_s, reason, energy_known=False))
        assert kind in (TICK, FIRST, RESET)

    def _overrun(self, lost: int, records: list[tuple[int, ...]]) -> None:
        resumed_s = records[0][3] / 1e9 if records else time.monotonic()
        for (_, seen, _), gaps in zip(self._ticks, self._gaps, strict=True):
            if seen:
                gaps.append(Gap(seen[-1], resumed_s, f"{lost} readings were overwritten before they were read"))

    def timelines(self, polled_s: float | None) -> list[Timeline]:
        """One timeline a domain; a fault that still lasts is a gap up to the last poll."""
        return [
            Timeline(
                domain,
                list(after),
                list(seen),
                list(counts),
                max(polled_s or 0.0, seen[-1] if seen else 0.0),
                list(gaps) + self._open_gap(index, polled_s),
            )
            for index, (domain, (after, seen, counts), gaps) in enumerate(
                zip(self.domains, self._ticks, self._gaps, strict=True)
            )
        ]

    def _open_gap(self, index: int, polled_s: float | None) -> list[Gap]:
        fault = self._faults[index]
        if fault is None or polled_s is None:
            return []
        # Every sensor had been read at the last poll; one that is quick may have failed since.
        return [Gap(fault[0], max(fault[0], polled_s), fault[1], energy_known=False)]

    def forget_before(self, instant_s: float, keep_ticks: int) -> None:
        """Drops old ticks, but for the last `keep_ticks` before the instant."""
        for columns, gaps in zip(self._ticks, self._gaps, strict=True):
            drop = max(bisect_left(columns[1], instant_s) - keep_ticks, 0)
            for column in columns:
                del column[:drop]
            gaps[:] = [gap for gap in gaps if gap.end_s >= instant_s or (columns[1] and gap.end_s > columns[1][0])]


def fault_reasons(ring: Path) -> list[str]:
    """Why readings failed, by number."""
    path = faults_file(ring)
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
