"""Finds and reads the run that a command line names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.model.errors import InvalidRun

if TYPE_CHECKING:
    from energyprof.model.run import Run
    from energyprof.model.session import Session


def load_run(path: Path) -> Run:
    """The run in a folder, or in a run.json itself.

    Raises:
        InvalidRun: there is none, or it cannot be read.
    """
    from energyprof.model.record import loads

    file = path / "run.json" if path.is_dir() else path
    return loads(_text(file), str(file))


def is_session(path: Path) -> bool:
    """Whether a path names the record of a profiler and not a run."""
    from energyprof.profiler.recovery import unfinished_journal
    from energyprof.profiler.session import SESSION_FILE

    if path.is_dir():
        has_record = (path / SESSION_FILE).exists() or unfinished_journal(path) is not None
        return has_record and not (path / "run.json").exists()
    return path.name == SESSION_FILE


def load_session(path: Path) -> Session:
    """The record of a profiler in a folder, or in a profiler.json itself.

    A journal that is newer than the record belongs to a profiler that was not stopped: it is what is shown.

    Raises:
        InvalidRun: there is none, or it cannot be read.
    """
    from energyprof.model.session import loads_session, session_of
    from energyprof.profiler.recovery import recovered, unfinished_journal
    from energyprof.profiler.session import SESSION_FILE

    file = path / SESSION_FILE if path.is_dir() else path
    journal = unfinished_journal(path) if path.is_dir() else None
    if journal is not None and not (file.exists() and file.stat().st_mtime > journal.stat().st_mtime):
        return session_of(recovered(journal), str(journal))
    return loads_session(_text(file), str(file))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidRun(
            f"{file} does not exist, so there is no run to read; measure one with `energyprof run`, or check the path."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRun(f"{file} cannot be read ({error}); check its permissions, or measure again.") from error
