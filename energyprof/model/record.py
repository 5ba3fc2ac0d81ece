"""A run as JSON text, and back. Reading checks every type; writing files is somebody else's work."""

from __future__ import annotations

import functools
import json
import math
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
        InvalidRun: not JSON, of another schema, with a field of the wrong type, or with trials that nobody measured.
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
    run = validated(_adapter(), document, source)
    if (flaw := _flaw(run)) is not None:
        raise InvalidRun(f"{source}: {flaw}. The record is damaged and cannot be trusted; measure again.")
    return run


def _flaw(run: Run) -> str | None:
    """What no measurement could have left behind; None where there is nothing of the kind."""
    for number, trial in enumerate(run.trials):
        if not -math.inf < trial.start_s <= trial.end_s < math.inf:
            return f"trials.{number}: from {trial.start_s} s to {trial.end_s} s is no stretch of time"
        if trial.requests < 1:
            return f"trials.{number}.requests: {trial.requests} is no number of requests"
    return None


@functools.cache
def _adapter() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)
