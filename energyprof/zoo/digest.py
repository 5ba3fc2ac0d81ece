"""SHA-256 over what decides a model's outputs: the key under which all that is made from it is cached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def text_sha256(text: str) -> str:
    """Of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_sha256(folder: Path, files: Iterable[Path]) -> str:
    """Of several files' names, relative to `folder`, and contents; their order does not matter."""
    lines = sorted(f"{file.relative_to(folder).as_posix()} {file_sha256(file)}" for file in files)
    return text_sha256("\n".join(lines))
