"""What somebody who wrote an unknown name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LIKE = 0.6
"""Similarity of two spellings, between 0 and 1, from which one may stand for the other."""


def nearest(name: str, known: Iterable[str], *, most: int = 1, like: float = LIKE) -> list[str]:
    """The known names spelled most like it in whatever case, best first; none where none is alike."""
    folded = {each.casefold(): each for each in known}
    return [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=most, cutoff=like)]


def either(names: Iterable[str]) -> str:
    """ "a or b": what stands between "Did you mean" and the question mark."""
    return " or ".join(names)
