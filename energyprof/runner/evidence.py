"""The evidence of a run while it grows, and the file that holds it: readable after a kill at any moment."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import energyprof
from energyprof.model.errors import UnwritableOutput
from energyprof.model.live import LiveIntensity
from energyprof.model.meter import MeterRecord
from energyprof.model.record import dumps
from energyprof.model.run import (
    SCHEMA,
    FactorRecord,
    Host,
    IdleWindow,
    ProfileRecord,
    Run,
    SamplerRecord,
    Score,
    SensorRecord,
    Trial,
    VariantRecord,
)
from energyprof.model.timeline import Timeline

RECORD = "run.json"


class UnsavedRun(UnwritableOutput):
    """A run was measured to its end and could not be written: `run` is all that there is of it."""

    def __init__(self, sentence: str, run: Run) -> None:
        super().__init__(sentence)
        self.run = run


@dataclass(slots=True)
class Evidence:
    """What has been found out so far. `run` turns it into the value that everything else is derived from."""

    profile: ProfileRecord
    host: Host
    origin_s: float
    variants: dict[str, VariantRecord]
    sensors: list[SensorRecord] = field(default_factory=list)
    sampler: SamplerRecord | None = None
    idle: list[IdleWindow] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    scores: dict[str, Score] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    factors: list[FactorRecord] = field(default_factory=list)
    meters: list[MeterRecord] = field(default_factory=list)
    live: LiveIntensity | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def update(self, variant: str, **changes: Any) -> None:
        """Replaces fields of a variant's record."""
        self.variants[variant] = replace(self.variants[variant], **changes)

    def mark(self, trial: Trial, **changes: Any) -> None:
        """Replaces fields of a trial that was recorded."""
        self.trials[trial.index] = replace(self.trials[trial.index], **changes)

    def warn(self, sentence: str) -> None:
        """Keeps a warning, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def counted(self, variant: str) -> list[Trial]:
        """The trials of a variant that are neither warm-up nor replaced."""
        return [t for t in self.trials if t.variant == variant and not t.warm_up and not t.replaced]

    def run(self, timelines: Sequence[Timeline], *, complete: bool = False, stop_reason: str | None = None) -> Run:
        """The evidence as a value."""
        return Run(
            schema=SCHEMA,
            version=energyprof.__version__,
            created=self.created,
            origin_s=self.origin_s,
            complete=complete,
            stop_reason=stop_reason,
            profile=self.profile,
            host=self.host,
            sensors=list(self.sensors),
            sampler=self.sampler,
            timelines=list(timelines),
            idle=list(self.idle),
            variants=list(self.variants.values()),
            trials=list(self.trials),
            scores=list(self.scores.values()),
            warnings=list(self.warnings),
            factors=list(self.factors),
            meters=list(self.meters),
            live=self.live,
        )


def open_folder(folder: Path) -> Path:
    """The folder of a run, made and proven writable.

    Raises:
        UnwritableOutput: before anything has been measured.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable-") as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as error:
        raise UnwritableOutput(
            f"{folder} cannot be written ({error.strerror}), so nothing was measured. "
            "Name a folder that can be written with --out, or free some space."
        ) from error
    return folder


@contextlib.contextmanager
def run_folder(folder: Path) -> Iterator[Path]:
    """The folder of a run; where nothing came into it, what was made for it is removed again.

    Raises:
        UnwritableOutput: before anything has been measured.
    """
    made = [path for path in (folder, folder.parent) if not path.exists()]
    try:
        yield open_folder(folder)
    finally:
        with contextlib.suppress(OSError):  # there is something in it
            for path in made:
                path.rmdir()


def save(run: Run, folder: Path) -> Path:
    """Writes run.json so that a reader, or a kill, sees the former one or the whole new one.

    Raises:
        UnwritableOutput: the disk is full or the folder has gone; the former one stays.
    """
    path, part, text = folder / RECORD, folder / f".{RECORD}.part", dumps(run)
    try:
        _write_through(part, text)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # what could not be written may not be there to be removed
            part.unlink()
        raise UnwritableOutput(
            f"{path} could not be written ({error.strerror}), so what was measured is not on disk. "
            "See that the folder is there, may be written and has space."
        ) from error
    return path


def save_at_last(run: Run, folder: Path) -> None:
    """As `save`, of a run that is over.

    Raises:
        UnsavedRun: it could not be written.
    """
    try:
        save(run, folder)
    except UnwritableOutput as error:
        sentence = f"{error} What was printed is all there is of the whole run; to have its files, measure again."
        raise UnsavedRun(sentence, run) from error


def _write_through(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
