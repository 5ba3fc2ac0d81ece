"""Footprint: from joules to CO2e and water, by factors that carry their source.

The package can be called: `energyprof.footprint(864, grid="FRA")` is `energyprof.footprint.calculator.footprint`. A
function of that name beside the package would be hidden by it as soon as one of its modules is imported.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energyprof.footprint.calculator import Calculation


class CallablePackage(ModuleType):
    """A package that works out a footprint when it is called."""

    def __call__(self, energy_j: Any, **site: Any) -> Calculation:
        """See `energyprof.footprint.calculator.footprint`."""
        from energyprof.footprint.calculator import footprint

        return footprint(energy_j, **site)


sys.modules[__name__].__class__ = CallablePackage
