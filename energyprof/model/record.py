"""A run as JSON text, and back. Reading checks every type; writing files is somebody else's work."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from energyprof.model.errors import InvalidRun
from energyprof.model.run import SCHEMA, Run
from energyprof.model.validation import validated

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
    return validated(_adapter(), document, source)


@functools.cache
def _adapter() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)
