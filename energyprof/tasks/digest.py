"""SHA-256 over a task's items: whether two runs asked the same, whatever the items are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any


def items_sha256(items: Iterable[Any]) -> str:
    """Of the items in their order: texts, lists of token ids, or arrays, whose type and shape count as well."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(hashlib.sha256(_content(item)).digest())
    return digest.hexdigest()


def _content(item: Any) -> bytes:
    if isinstance(item, str):
        return f"text {item}".encode()
    if isinstance(item, list | tuple):
        return f"tokens {' '.join(str(int(token)) for token in item)}".encode()
    head = f"array {item.dtype.str} {item.shape} "
    return head.encode() + bytes(item.tobytes())
