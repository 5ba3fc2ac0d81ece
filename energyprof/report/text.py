"""Text that came from outside (names, errors, warnings), made fit to be shown to anybody."""

from __future__ import annotations

import re
import unicodedata

_HOME = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s'\":,;)]+|/root(?=[/\s'\":,;)]|$)")

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows them, so that a page can be made to read otherwise."""

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def shown(text: str) -> str:
    """The text without control characters and without home folders; nothing else is changed.

    Markup is left as it is: each format escapes for itself.
    """
    printable = "".join(_printable(character) for character in text)
    return _HOME.sub("~", printable).strip()


def shortened(text: str, length: int) -> str:
    """The text cut in its middle to at most `length` characters: both ends tell variants apart."""
    if len(text) <= length:
        return text
    head = (length - 1) // 2 + (length - 1) % 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def unit_noun(unit: str) -> str:
    """The functional unit as headings and axes name it."""
    return shortened(shown(unit), 24)


def plural(noun: str) -> str:
    """English plural of a unit such as "image", "query" or "batch"."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|ch|sh)$", noun) else f"{noun}s"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _printable(character: str) -> str:
    if character in _BIDI:
        return ""
    return " " if unicodedata.category(character) in _UNPRINTABLE else character
