"""The user's cache folder: where trained, exported and quantised models are kept between runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from energyprof.model.cache_root import cache_root
from energyprof.model.errors import UnwritableOutput


def cache_folder(*parts: str) -> Path:
    """A folder below the cache's root; made where it does not exist.

    For the root see `cache_root`.

    Raises:
        UnwritableOutput: the folder can be neither found nor made, or not written.
    """
    folder = cache_root(os.environ).joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder, PermissionError("permission denied"))
    return folder


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yields an empty folder beside `target` that becomes `target` on success and is removed on failure.

    Where another process has finished the same target meanwhile, its folder stays and this one is dropped:
    the cache is keyed by content, so that both hold the same.

    Raises:
        UnwritableOutput: the folder cannot be made or moved into place.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield draft
        _publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError as error:
        if not target.is_dir():
            raise _unwritable(target, error) from error


def _unwritable(folder: Path, error: OSError) -> UnwritableOutput:
    return UnwritableOutput(
        f"The cache folder {folder} cannot be written ({error.strerror or error}), so no model can be prepared. "
        "Set ENERGYPROF_CACHE to a folder that you may write."
    )
