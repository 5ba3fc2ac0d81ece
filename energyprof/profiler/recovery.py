"""The record of a profiler whose process ended without stopping it: from its journal and the sampler's ring."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from energyprof.analysis.cpu_use import CpuUse
from energyprof.analysis.reference import follow
from energyprof.capture.collected import Collected, fault_reasons
from energyprof.capture.first_look_file import FirstLookFile, read_first_look
from energyprof.capture.ring import Ring
from energyprof.capture.spans import OpenSpan, SpanLog
from energyprof.footprint.site_record import site_from_json
from energyprof.model.domain import Domain, domain_of
from energyprof.model.errors import InvalidRun
from energyprof.model.live import live_of
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.timeline import Timeline
from energyprof.profiler.fold import Books, covered_s
from energyprof.profiler.gaps import gap_warnings
from energyprof.profiler.journal import JOURNAL_PERIOD_S, SUFFIX, read_journal, spans_of
from energyprof.profiler.result import result_of
from energyprof.profiler.session import Evidence, session_document


@dataclass(slots=True)
class _Found:
    """What the journal holds."""

    scope: dict[str, Any] = field(default_factory=dict)
    sampler: dict[str, Any] = field(default_factory=dict)
    live: dict[str, Any] | None = None
    ticks: list[tuple[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    open: dict[int, dict[str, Any]] = field(default_factory=dict)
    cpu: list[list[float]] = field(default_factory=list)


def unfinished_journals(folder: Path) -> list[Path]:
    """The journals in a folder, the newest first; none where every profiler was stopped."""
    return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)


def unfinished_journal(folder: Path) -> Path | None:
    """The newest journal in a folder; None where every profiler was stopped."""
    return next(iter(unfinished_journals(folder)), None)


def recovered(journal: Path) -> dict[str, Any]:
    """The record, as `profiler.json` would hold it, up to the last reading.

    Raises:
        InvalidRun: the journal cannot be read or is damaged, or the process ended before anything was measured.
    """
    try:
        found = _read(journal)
        if found.scope and found.sampler:
            return _document(found, journal.parent)
    except OSError as error:
        raise InvalidRun(
            f"{error.filename or journal} cannot be read ({error.strerror}), so what that profiler measured is not "
            "shown; check its permissions."
        ) from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise InvalidRun(
            f"{journal}, or a file beside it, is damaged ({error!r}) and cannot be trusted, so nothing is shown of it. "
            "Restore the files, or delete them and measure again."
        ) from error
    raise InvalidRun(
        f"{journal} holds nothing: the process ended before anything was measured. Measure again, and delete it."
    )


def replayed(lines: Iterable[tuple[str, Any]], domains: list[Domain], reasons: list[str]) -> Collected:
    """The ticks that a journal holds; lines of other kinds are passed over."""
    collected = Collected(domains)
    for kind, content in lines:
        if kind == "restarted":
            collected.resume()
        elif kind == "ticks":
            records, lost, position = content
            collected.replay([tuple(record) for record in records], lost, position, reasons)
    return collected


def _document(found: _Found, folder: Path) -> dict[str, Any]:
    timelines, sampler = _timelines(found, folder)
    start_s = found.scope["start_s"]
    running = _still_open(found)
    spans = spans_of(found.closed, {span.id: span for span in running})
    site = site_from_json(found.scope["site"])
    books = Books(SpanLog(), [timeline.domain for timeline in timelines], start_s)
    counted = [timeline for timeline in timelines if timeline.domain in books.domains]
    end_s = min((covered_s(timeline) for timeline in counted), default=start_s)
    if end_s > start_s:
        books.close_until(end_s, spans, running, counted, _used(found.cpu, end_s))
        follow(books.references, timelines, end_s)
    sensors = [SensorRecord(**record) for record in found.sampler["sensors"]]
    unfinished = Counter(span.name for span in running)
    warnings = [_sentence(found, end_s - start_s, unfinished), *gap_warnings(timelines)]
    result = result_of(books, site, sensors, warnings)
    look = read_first_look(folder / found.sampler["ring"]) or FirstLookFile()
    evidence = Evidence(
        timelines,
        found.closed,
        sensors,
        sampler,
        end_s,
        complete=False,
        unfinished=unfinished,
        meters=look.meters,
        live=None if found.live is None else live_of(found.live),
    )
    return session_document(found.scope, result, evidence)


def _read(journal: Path) -> _Found:
    found = _Found()
    for kind, content in read_journal(journal):
        if kind == "scope":
            found.scope = content
        elif kind == "sampler":
            found.sampler = content
        elif kind == "live":
            found.live = content
        elif kind in ("ticks", "restarted"):
            found.ticks.append((kind, content))
        elif kind == "cpu":
            found.cpu.append(content)
        elif kind == "spans":
            found.closed += content
        elif kind == "open":
            found.open = {shape["id"]: _with_former(shape, found.open.get(shape["id"])) for shape in content}
    for shape in found.closed:
        found.open.pop(shape["id"], None)
    return found


def _with_former(shape: dict[str, Any], former: dict[str, Any] | None) -> dict[str, Any]:
    return shape | {"more": [*(former["more"] if former else []), *shape["more"]]}


def _timelines(found: _Found, folder: Path) -> tuple[list[Timeline], SamplerRecord]:
    path = folder / found.sampler["ring"]
    collected = replayed(found.ticks, [domain_of(shape) for shape in found.sampler["domains"]], fault_reasons(path))
    try:
        ring = Ring.open(path)
    except (OSError, ValueError):  # what the journal holds is up to a second shorter
        return collected.timelines(None), SamplerRecord("process", 0.0, None, None)
    polled_s = ring.polled_s  # before the ring is read: its sampler may still be at work
    collected.take(ring)
    wall_s = None if polled_s is None else polled_s - found.sampler["started_s"]
    sampler = SamplerRecord(ring.mode, ring.period_s, ring.cpu_s, wall_s)
    ring.close()
    return collected.timelines(polled_s), sampler


def _used(readings: list[list[float]], end_s: float) -> CpuUse | None:
    """Who kept the CPU busy; after the last reading that is taken to have gone on as in the second before it."""
    if len(readings) < 2:
        return None
    last_s, *last = readings[-1]
    earlier_s, *before = max((reading for reading in readings if reading[0] < last_s - 1), default=readings[0])
    if earlier_s < last_s < end_s:
        ahead = (end_s - last_s) / (last_s - earlier_s)
        later = [now + ahead * (now - then) for then, now in zip(before, last, strict=True)]
        readings = [*readings, [end_s, *later]]
    times_s, busy_s, own_s = zip(*readings, strict=True)
    return CpuUse(times_s, busy_s, own_s)


def _still_open(found: _Found) -> list[OpenSpan]:
    """The spans that were open when they were last written down, going on from there; each inside its parent."""
    spans: dict[int, OpenSpan] = {}
    for shape in found.open.values():
        span = spans[shape["id"]] = OpenSpan(shape["name"], None)
        span.id = shape["id"]
        if shape["more"]:
            span.segments = [(start, end) for start, end in shape["more"]]
        span.active_ns = shape["active_ns"]
    for shape in found.open.values():
        spans[shape["id"]].parent = spans.get(shape["parent"])
    return list(spans.values())


def _sentence(found: _Found, measured_s: float, unfinished: Counter[str]) -> str:
    names = ", ".join(f"{count} x {name}" for name, count in sorted(unfinished.items()))
    going_on = f" Had not ended by then, and is charged up to it: {names}." if names else ""
    how = "is still running" if _runs(found.sampler["pid"]) else "ended without stopping its profiler"
    return (
        f"The process {how}, so the figures end {measured_s:.1f} s after the start, at the last reading. Calls that "
        f"ended in the last {JOURNAL_PERIOD_S:g} s before, or while one call kept the interpreter to itself, may be "
        f"missing, and their joules are then not charged to them.{going_on}"
    )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
