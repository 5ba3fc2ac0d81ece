"""What a profiler has seen, appended to a file while it runs, so that it survives the end of the process.

A journal is JSON lines: first what is measured, then, every second, the ticks and the spans that are new. A line that
was cut off is the last one and is left out. Nothing is forced onto the disk: a killed process loses nothing that it
has written, a machine that loses power may.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from energyprof.capture.bundle import Bundle
from energyprof.capture.spans import Finished, OpenSpan
from energyprof.model.errors import UnwritableOutput

JOURNAL_PERIOD_S = 1.0
"""What a killed process loses at most of the spans that had ended; of the ticks it loses none."""

SUFFIX = ".journal"


class Journal:
    """The writer's end.

    Attributes:
        failure: why nothing is written any more; None while all is well.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"profiler-{os.getpid()}-{id(self):x}{SUFFIX}"
        self.failure: str | None = None
        self._file: int | None = None
        self._written: dict[int, int] = {}
        self._lock = threading.RLock()

    def open(self) -> None:
        """Makes the file.

        Raises:
            UnwritableOutput: the folder cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise unwritable(self.path.parent, error) from error

    def write(self, kind: str, content: object) -> None:
        """Appends one line; a disk that is full ends the journal and nothing else."""
        line = (json.dumps([kind, content], separators=(",", ":")) + "\n").encode()
        with self._lock:
            if self._file is None or self.failure is not None:
                return
            try:
                while line:
                    line = line[os.write(self._file, line) :]
            except OSError as error:
                self.failure = (
                    f"{self.path} could not be written on ({error.strerror}), so what ran from then on is missing "
                    "from the record if this process is killed, and its spans in any case; the figures are not "
                    "harmed. Free some space, or give `out` another folder."
                )

    def spans(self, closed: Sequence[Finished], running: Sequence[OpenSpan]) -> None:
        """Appends the spans that have ended, and how far the open ones have come."""
        if closed:
            self.write("spans", [span_json(span) for span in closed])
        were_going_on = bool(self._written)
        going_on = [self._progress(span) for span in running]
        self._written = {span.id: self._written[span.id] for span in running}
        if going_on or were_going_on:
            self.write("open", going_on)

    def _progress(self, span: OpenSpan) -> dict[str, Any]:
        active_ns, segments = span.active_ns, span.segments
        known = self._written.get(span.id, 0)
        self._written[span.id] = len(segments)
        parent = None if span.parent is None else span.parent.id
        return {"id": span.id, "name": span.name, "parent": parent, "more": segments[known:], "active_ns": active_ns}

    def all_spans(self) -> Iterator[dict[str, Any]]:
        """Every span that has been written."""
        for kind, content in read_journal(self.path):
            if kind == "spans":
                yield from content

    def close(self) -> None:
        """Lets go of the file; it stays."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def leave_to_parent(self) -> None:
        """In the child of a fork: the file is the parent's, and whoever held the lock is not here."""
        self._lock = threading.RLock()
        self.close()

    def remove(self) -> None:
        """Ends it, when what it holds has been written elsewhere."""
        self.close()
        with contextlib.suppress(OSError):  # somebody was faster, or the folder is gone
            self.path.unlink()


def read_journal(path: Path) -> Iterator[tuple[str, Any]]:
    """The lines of a journal: (kind, content); nothing of one that was cut off.

    Raises:
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                kind, content = json.loads(line)
            except ValueError:
                return
            yield kind, content


def span_json(span: Finished) -> dict[str, Any]:
    """A span that has ended, or several short ones kept as one."""
    common = {
        "id": span.id,
        "name": span.name,
        "segments": span.segments,
        "parent": None if span.parent is None else span.parent.id,
        "units": span.units or {},
        "uncounted": span.uncounted or {},
    }
    if isinstance(span, Bundle):
        of_calls = {"calls": span.calls, "errors": span.errors, "duration_ns": span.duration_ns}
        return common | of_calls | {"within": span.names[1:]}
    return common | {"error": span.error}


def spans_of(shapes: Sequence[dict[str, Any]], running: Mapping[int, OpenSpan]) -> list[Finished]:
    """The inverse of `span_json`, each with its parent where that is among them or among the open ones."""
    found: list[Finished] = [_bundle(shape) if "calls" in shape else _span(shape) for shape in shapes]
    parents = {**running, **{span.id: span for span in found if isinstance(span, OpenSpan)}}
    for span, shape in zip(found, shapes, strict=True):
        span.parent = parents.get(shape["parent"])
    return found


def _span(shape: dict[str, Any]) -> OpenSpan:
    span = OpenSpan(shape["name"], None)
    span.id = shape["id"]
    if shape["segments"]:
        span.segments = [(start, end) for start, end in shape["segments"]]
    span.units, span.uncounted, span.error = shape["units"], shape["uncounted"], shape["error"]
    span.closed = True
    return span


def _bundle(shape: dict[str, Any]) -> Bundle:
    return Bundle(
        (shape["name"], *shape["within"]),
        None,
        None,
        id=shape["id"],
        calls=shape["calls"],
        duration_ns=shape["duration_ns"],
        segments=[(start, end) for start, end in shape["segments"]],
        units=shape["units"],
        errors=shape["errors"],
        uncounted=shape["uncounted"],
    )


def unwritable(folder: Path, error: OSError) -> UnwritableOutput:
    """What a user is told of a folder for the record that cannot be written."""
    return UnwritableOutput(
        f"{folder} cannot be written ({error.strerror}), so the record is lost, but the result, where there is one, is "
        "still in Profiler.result. Give `out` a folder you may write to, with room in it."
    )
