"""Which GPUs a CUDA program may use: `CUDA_VISIBLE_DEVICES` in all its forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def visible_gpus(value: str | None, uuids: Sequence[str], mig_parent: Callable[[str], int | None]) -> list[int]:
    """Indices of the GPUs that CUDA would show, in its order.

    As CUDA does, the list ends at its first invalid entry, and an entry named twice hides everything. A MIG
    instance stands for the whole GPU that it is part of, since only that is metered.

    Args:
        value: the variable's value; None = unset.
        uuids: of all GPUs, by index; "" where it is not known.
        mig_parent: from a MIG instance's id ("MIG-<uuid>") to the index of its GPU; None = no such instance.

    Source: CUDA C++ Programming Guide, section "CUDA Environment Variables" (2025).
    """
    if value is None:
        return list(range(len(uuids)))
    chosen: dict[str, int] = {}
    kind = _kind(value.strip())
    for entry in (entry.strip() for entry in value.split(",")):
        index = _index(entry, uuids, mig_parent) if _kind(entry) == kind else None
        if index is None:
            break
        key = entry if kind == "MIG-" else str(index)
        if key in chosen:
            return []
        chosen[key] = index
    return list(dict.fromkeys(chosen.values()))


def _kind(entry: str) -> str:
    return entry[:4] if entry.startswith(("GPU-", "MIG-")) else ""


def _index(entry: str, uuids: Sequence[str], mig_parent: Callable[[str], int | None]) -> int | None:
    if entry.startswith("MIG-GPU-"):  # MIG-GPU-<uuid>/<GPU instance>/<compute instance>
        return _by_prefix(entry.removeprefix("MIG-").split("/")[0], uuids)
    if entry.startswith("MIG-"):
        return mig_parent(entry)
    if entry.startswith("GPU-"):
        return _by_prefix(entry, uuids)
    digits = re.match(r"\+?\d+", entry)  # CUDA reads "1gpu" as 1
    return int(digits[0]) if digits and int(digits[0]) < len(uuids) else None


def _by_prefix(prefix: str, uuids: Sequence[str]) -> int | None:
    matches = [index for index, uuid in enumerate(uuids) if uuid.startswith(prefix)]
    return matches[0] if len(matches) == 1 else None
