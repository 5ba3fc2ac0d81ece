"""Where the profiled process has its ring, and the files beside it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from energyprof.capture.fault_names import faults_file
from energyprof.capture.first_look_file import path_of


def temporary_folder() -> Path:
    """A new folder for one ring.

    Raises:
        OSError: there is no room for it.
    """
    return Path(tempfile.mkdtemp(prefix="energyprof-", dir=memory_folder()))


def memory_folder() -> str | None:
    """A folder kept in memory, so that the ring never waits for a disk; None = the system's temporary one."""
    shared = "/dev/shm"
    return shared if os.path.isdir(shared) and os.access(shared, os.W_OK) else None


def remove_files(ring: Path) -> None:
    """Removes the ring and what lies beside it."""
    for path in (ring, faults_file(ring), path_of(ring)):
        path.unlink(missing_ok=True)


def remove_folder(ring: Path) -> None:
    """Removes the temporary folder of a ring with all that is in it."""
    shutil.rmtree(ring.parent, ignore_errors=True)
