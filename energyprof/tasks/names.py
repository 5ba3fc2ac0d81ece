"""Names that a user types: what to say where one is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from energyprof.model.errors import UnknownName


def unknown_name(what: str, name: str, known: Iterable[str], remedy: str = "") -> UnknownName:
    """The error for a name that does not exist, with the nearest ones that do.

    Args:
        what: what the name stands for, such as "task".
        remedy: a sentence on what else could be written.
    """
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(nearest)}?" if nearest else f"Known are {', '.join(names)}."
    return UnknownName(" ".join(part for part in (f"There is no {what} named {name!r}.", hint, remedy) if part))
