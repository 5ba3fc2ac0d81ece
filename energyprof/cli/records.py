"""Finds and reads the run that a command line names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.model.errors import InvalidRun

if TYPE_CHECKING:
    from energyprof.model.run import Run


def load_run(path: Path) -> Run:
    """The run in a folder, or in a run.json itself.

    Raises:
        InvalidRun: there is none, or it cannot be read.
    """
    from energyprof.model.record import loads

    file = path / "run.json" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidRun(
            f"{file} does not exist, so there is no run to read; measure one with `energyprof run`, or check the path."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRun(f"{file} cannot be read ({error}); check its permissions, or measure again.") from error
    return loads(text, str(file))
