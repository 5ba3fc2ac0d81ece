"""A disk without room: no file of a process can grow beyond a few bytes.

The kernel refuses at a size limit as it does at the end of a disk, in the middle of a write; Python ignores the signal
that comes with it.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

ROOM_BYTES = 1000


def fill_disk_of(pid: int) -> None:
    """For another process, until it ends."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))


@contextmanager
def full_disk() -> Iterator[None]:
    """For this process, inside the `with`."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
