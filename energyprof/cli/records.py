"""Finds and reads the run that a command line names."""

from __future__ import annotations

from dataclasses import replace
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
    run = loads(_text(file), str(file))
    if not run.variants:
        raise InvalidRun(f"{file} holds no variant, so there is nothing to show. Measure again with `energyprof run`.")
    return run


def is_session(path: Path) -> bool:
    """Whether a path names the record of a profiler and not a run."""
    from energyprof.profiler.journal import SUFFIX
    from energyprof.profiler.recovery import unfinished_journal
    from energyprof.profiler.session import SESSION_FILE

    if path.is_dir():
        has_record = (path / SESSION_FILE).exists() or unfinished_journal(path) is not None
        return has_record and not (path / "run.json").exists()
    return path.name == SESSION_FILE or path.suffix == SUFFIX


def load_session(path: Path) -> Session:
    """The record of a profiler in a folder, in a profiler.json itself, or in what a killed one left.

    A journal that is newer than the record belongs to a profiler that was not stopped: it is what is shown. What other
    profilers left in the folder is named in a warning.

    Raises:
        InvalidRun: there is none, or it cannot be read.
    """
    from energyprof.profiler.recovery import unfinished_journals
    from energyprof.profiler.session import SESSION_FILE

    if not path.is_dir():
        return _session_in(path)
    file, journals = path / SESSION_FILE, unfinished_journals(path)
    if journals and not (file.exists() and file.stat().st_mtime > journals[0].stat().st_mtime):
        return _beside(_session_in(journals[0]), journals[1:])
    return _beside(_session_in(file), journals)


def _session_in(file: Path) -> Session:
    from energyprof.model.session import loads_session, session_of
    from energyprof.profiler.journal import SUFFIX
    from energyprof.profiler.recovery import recovered

    if file.suffix == SUFFIX:
        return session_of(recovered(file), str(file))
    return loads_session(_text(file), str(file))


def _beside(session: Session, journals: list[Path]) -> Session:
    """The session, with a warning of others that nobody stopped."""
    if not journals:
        return session
    warning = (
        "The folder holds what other profilers wrote that were not stopped, and these figures do not contain it: "
        f"{', '.join(journal.name for journal in journals)}. Show each with `energyprof report FILE --out DIR`, or "
        "delete it."
    )
    return replace(session, warnings=[*session.warnings, warning])


def _text(file: Path) -> str:
    from energyprof.profiler.session import SESSION_FILE

    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        remedy = "measure one with `energyprof run`, or check the path"
        if file.name == SESSION_FILE:
            remedy = "name the folder, where a killed profiler leaves what it had read, or check the path"
        raise InvalidRun(f"{file} does not exist, so there is no run to read; {remedy}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRun(f"{file} cannot be read ({error}); check its permissions, or measure again.") from error
