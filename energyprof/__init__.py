"""Energy, carbon and water of AI inference: small models against large ones, with numbers worth trusting.

Importing this package loads no heavy library; each name is loaded when it is first used.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from energyprof.footprint.calculator import footprint as footprint
    from energyprof.model.errors import EnergyprofError as EnergyprofError
    from energyprof.model.quantity import Quantity as Quantity
    from energyprof.profiler.decorator import profile as profile
    from energyprof.profiler.profiler import Profiler as Profiler

__all__ = ["EnergyprofError", "Profiler", "Quantity", "footprint", "profile"]

_HOMES = {
    "EnergyprofError": "energyprof.model.errors",
    "Profiler": "energyprof.profiler.profiler",
    "Quantity": "energyprof.model.quantity",
    "profile": "energyprof.profiler.decorator",
}

logging.getLogger("energyprof").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    import importlib

    if name == "footprint":
        return importlib.import_module("energyprof.footprint")  # a package that can be called
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
