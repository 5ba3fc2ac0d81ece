"""Where the energy is drawn: the grid behind the meter and the building around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from energyprof.footprint.cost import Price
from energyprof.footprint.embodied import Holding
from energyprof.footprint.factor import Factor
from energyprof.footprint.grid import HIGHEST_G_PER_KWH, Grid, find
from energyprof.footprint.water import hydro_factor
from energyprof.model.errors import InvalidValue

HIGHEST_PUE = 3.0
HIGHEST_WUE_L_PER_KWH = 20.0


@dataclass(frozen=True, slots=True)
class Site:
    """A site; the defaults are a machine on a desk.

    Attributes:
        grid: a name that `energyprof.footprint.grid.find` knows, a carbon intensity in g/kWh, or None for
            not given: it is never guessed.
        pue: power usage effectiveness, energy of the whole building / energy of its computers
            (ISO/IEC 30134-2).
        wue_l_per_kwh: water usage effectiveness, litres consumed on site per kWh of the computers, not of the
            building (ISO/IEC 30134-9).
        hydro_l_per_kwh: scenario for the evaporation of hydropower's reservoirs: 0 or 17 L per kWh of hydropower.
        factors: the user's factors in place of the shipped ones of the same id; "site.pue" and "site.wue" among them
            go before `pue` and `wue_l_per_kwh`, which then are their values.
        hardware: what a task holds while it runs; empty = not known.
        electricity_price: per kWh; None = that of the grid's table, where there is one.
        live: the grid as a service told it while something was measured, in place of its annual values; None = none.
        device_price: per hour of all the hardware; None = not given.
        market_g_per_kwh: carbon intensity by the contracts of the site, for market-based accounting; None = not given.

    Raises:
        UnknownName: no grid has that name.
        InvalidValue: a number lies outside what it can mean.
    """

    grid: str | float | None
    pue: float = 1.0
    wue_l_per_kwh: float = 0.0
    hydro_l_per_kwh: float = 0.0
    factors: tuple[Factor, ...] = ()
    market_g_per_kwh: float | None = None
    hardware: tuple[Holding, ...] = ()
    electricity_price: Price | None = None
    device_price: Price | None = None
    live: Grid | None = None

    @property
    def supply(self) -> Grid | None:
        """The grid that counts: the live one, else the named one; None where neither is known."""
        if self.live is not None:
            return self.live
        return None if self.grid is None else find(self.grid)

    def __post_init__(self) -> None:
        own = {factor.id: factor.value for factor in self.factors}
        object.__setattr__(self, "pue", own.get("site.pue", self.pue))  # so that what is shown is what is reckoned with
        object.__setattr__(self, "wue_l_per_kwh", own.get("site.wue", self.wue_l_per_kwh))
        if self.grid is not None:
            find(self.grid)
        _require(
            1 <= self.pue <= HIGHEST_PUE,
            f"A PUE of {self.pue} cannot be: the building's energy contains that of its computers, so it is at least "
            f"1, and none in use exceeds {HIGHEST_PUE:g}. A machine on a desk has 1.0, a data centre about 1.1-1.6.",
        )
        _require(
            0 <= self.wue_l_per_kwh <= HIGHEST_WUE_L_PER_KWH and math.isfinite(self.wue_l_per_kwh),
            f"A WUE of {self.wue_l_per_kwh} L/kWh cannot be: it lies between 0 and {HIGHEST_WUE_L_PER_KWH:g} litres "
            "per kWh of the computers. A machine on a desk has 0, a data centre about 0-2.",
        )
        _require(
            self.hydro_l_per_kwh in (0, hydro_factor().value),
            f"A reservoir evaporation of {self.hydro_l_per_kwh} L/kWh is not one of the two scenarios: give 0, or "
            f"{hydro_factor().value:g} to count it.",
        )
        market = self.market_g_per_kwh
        _require(
            market is None or 0 <= market < HIGHEST_G_PER_KWH,
            f"A market-based intensity of {market} g/kWh cannot be: it lies at or above 0, which contracts for "
            f"renewable electricity may reach, and below {HIGHEST_G_PER_KWH:g} g/kWh. Correct it, or leave it out.",
        )


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InvalidValue(sentence)
