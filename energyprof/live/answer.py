"""What a service says, checked field by field: nothing of it is believed because of where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from energyprof.footprint.grid import HIGHEST_G_PER_KWH
from energyprof.live.http import Response
from energyprof.live.no_answer import NoAnswer

STATUSES = {
    401: "it refuses the token",
    403: "it refuses the token, or the token is not for this zone",
    404: "it does not know this zone",
    429: "it was asked too often",
}


def document(response: Response) -> Mapping[str, Any]:
    """The JSON object of an answer.

    Raises:
        NoAnswer: an error's status, or no JSON object.
    """
    if response.status != 200:
        raise NoAnswer(f"{STATUSES.get(response.status, 'it gives no value')} (status {response.status})")
    try:
        found = json.loads(response.text)
    except (ValueError, RecursionError):
        raise NoAnswer("the answer is not JSON") from None
    if not isinstance(found, dict):
        raise NoAnswer("the answer is not a JSON object")
    return found


def entry(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The JSON object under a name."""
    found = of.get(name)
    if not isinstance(found, dict):
        raise NoAnswer(f"the answer has no object {name!r}")
    return found


def entries(of: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The JSON objects of the list under a name."""
    found = of.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise NoAnswer(f"the answer has no list {name!r}")
    return found


def instant_s(value: object) -> float:
    """Seconds since 1970 of an ISO 8601 instant with its zone.

    Raises:
        NoAnswer: it is none, or lies outside what a date can be.
    """
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is None or instant.tzinfo is None:
            raise ValueError
        return instant.timestamp()
    except (ValueError, OverflowError):
        raise NoAnswer("an instant in the answer is not one in ISO 8601 with its zone") from None


def iso(instant_s: float) -> str:
    """An instant as services take it, to the minute: "2026-01-31T12:00Z"."""
    return f"{datetime.fromtimestamp(instant_s, UTC):%Y-%m-%dT%H:%MZ}"


def number(value: object) -> float:
    """A finite number.

    Raises:
        NoAnswer: it is none; a text that looks like one is none either.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise NoAnswer("a number in the answer is none")
    return float(value)


def intensity(g_per_kwh: object) -> float:
    """A carbon intensity that a grid can have.

    Raises:
        NoAnswer: it is no number, negative, or above what any grid emits.
    """
    value = number(g_per_kwh)
    if not 0 <= value <= HIGHEST_G_PER_KWH:
        raise NoAnswer(f"{value:g} g/kWh in the answer cannot be: it lies between 0 and {HIGHEST_G_PER_KWH:g}")
    return value


def must_be(value: object, expected: str, what: str) -> None:
    """Raises NoAnswer where a field says that the answer is for something else than was asked."""
    if value != expected:
        said = repr(value[:40]) if isinstance(value, str) else "something else"
        raise NoAnswer(f"the answer has the {what} {said}, not {expected!r}")
