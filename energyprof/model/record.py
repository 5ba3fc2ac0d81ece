"""A run as JSON text, and back. Reading checks every type; writing files is somebody else's work."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from energyprof.model.errors import InvalidRun
from energyprof.model.run import SCHEMA, Run

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def dumps(run: Run) -> str:
    """The run as one JSON document that `loads` reads back, whatever floats a device or a model came up with.

    JSON has no infinity and no NaN: they are written as strings, which are read as the floats that they were.
    """
    from pydantic_core import to_json

    return to_json(run, inf_nan_mode="strings").decode() + "\n"


def loads(text: str, source: str = "run.json") -> Run:
    """The run in a JSON document.

    Args:
        source: named in the error.

    Raises:
        InvalidRun: not JSON, of another schema, or with a field of the wrong type.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidRun(
            f"{source} is not JSON ({error}), so nothing can be derived from it. "
            "Measure again with `energyprof run`, or restore the file."
        ) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise InvalidRun(
            f"{source} has schema {schema!r}, but this version of energyprof reads schema {SCHEMA}. "
            "Use the version that wrote it, or measure again."
        )
    return _validated(document, source)


def _validated(document: object, source: str) -> Run:
    from pydantic import ValidationError

    try:
        return _adapter().validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidRun(
            f"{source}: {place}: {first['msg']}. The record is damaged and cannot be trusted; measure again."
        ) from error


@functools.cache
def _adapter() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)
