"""Names that a user types: what to say where one is not known."""

from __future__ import annotations

from collections.abc import Iterable

from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest


def unknown_name(what: str, name: str, known: Iterable[str], remedy: str = "") -> UnknownName:
    """The error for a name that does not exist, with the nearest ones that do.

    Args:
        what: what the name stands for, such as "task".
        remedy: a sentence on what else could be written.
    """
    names = sorted(known)
    near = nearest(name, names, most=3, like=0.4)
    hint = f"Did you mean {either(near)}?" if near else f"Known are {', '.join(names)}."
    return UnknownName(" ".join(part for part in (f"There is no {what} named {name!r}.", hint, remedy) if part))
