"""Turns JSON values into a record, or says in one sentence what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from energyprof.model.errors import InvalidRun

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def validated(adapter: TypeAdapter[T], document: object, source: str) -> T:
    """The record in JSON values.

    Raises:
        InvalidRun: a field is missing or of the wrong type.
    """
    from pydantic import ValidationError

    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidRun(
            f"{source}: {place}: {first['msg']}. The record is damaged and cannot be trusted; measure again."
        ) from error
