"""A file of the kernel's tree that holds one number, kept open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class CannotRead(Exception):
    """A device did not say a number; the message is a sentence's worth of why.

    Attributes:
        path: of the file that did not, where it is one.
        denied: whether a permission is missing, and nothing else.
    """

    def __init__(self, reason: str, path: Path | None = None, *, denied: bool = False) -> None:
        super().__init__(reason)
        self.path = path
        self.denied = denied


def remedy_of(reasons: Sequence[CannotRead]) -> str:
    """The command that opens the files that may not be read, or else one that shows whether they can be again."""
    denied = [str(reason.path) for reason in reasons if reason.denied]
    if denied:
        return f"sudo chmod a+r {' '.join(denied)}   (until the next start)"
    return f"grep -H . {' '.join(str(reason.path) for reason in reasons)}   (until it shows a number)"


class NumberFile:
    """One number; a pread of a kept-open file costs half a microsecond, opening it ten times that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = f"{path.parent.name}/{path.name}"
        self._fd: int | None = None

    def read(self) -> int | str:
        """The number, or why it cannot be read; then it is opened anew the next time."""
        try:
            return self.value()
        except CannotRead as reason:
            return str(reason)

    def value(self) -> int:
        """The number.

        Raises:
            CannotRead: it is not there, may not be read, or is no number.
        """
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            text = os.pread(self._fd, 32, 0).strip()
        except OSError as error:
            self.close()
            denied = isinstance(error, PermissionError)
            raise CannotRead(f"{self._name}: {error.strerror}", self._path, denied=denied) from error
        if not text.removeprefix(b"-").isdigit():
            raise CannotRead(f"{self._name}: no number in it", self._path)
        return int(text)

    def close(self) -> None:
        """Lets go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def text(path: Path) -> str | None:
    """What a file of the kernel's tree says; None where it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def number(path: Path) -> int | None:
    """The whole number in a file of the kernel's tree, 0 or more; None where there is none."""
    found = text(path)
    return int(found) if found and found.isdigit() else None
