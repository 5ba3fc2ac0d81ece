"""The footprint of an energy that was measured elsewhere, with every factor and range: `energyprof.footprint(864)`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from energyprof.footprint.assess import Footprint, assess, over_grids, uncertainties
from energyprof.footprint.cost import given_device_price, given_electricity_price
from energyprof.footprint.embodied import holding_from_text
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Uncertainty
from energyprof.footprint.sci import for_ai_json, unit_of
from energyprof.footprint.site import Site
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity, unknown

JOULES = {"J": 1.0, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9, "mJ": 1e-3, "Wh": 3.6e3, "mWh": 3.6, "kWh": 3.6e6, "MWh": 3.6e9}
NO_REQUESTS = "how many requests the energy served was not given; set it with --requests"
AMOUNT = re.compile(r"\s*([0-9.eE+-]+)\s*([A-Za-z]+)\s*")


@dataclass(frozen=True, slots=True)
class Calculation:
    """What an energy costs the world. Unknown is a Quantity without a value, with its reason.

    Attributes:
        energy_j: as given. requests: how many the energy served; None = not given.
        system: of what kind the AI is, for SCI for AI; what `requests` counts are then its functional units.
        footprint: CO2e, water and what they rest on.
        uncertainties: by the name of a figure of the footprint, where factors have ranges.
        over_grids: CO2e and water on a named set of grids, where no grid was given; else empty.
    """

    energy_j: Quantity
    requests: float | None
    system: str | None
    footprint: Footprint
    uncertainties: Mapping[str, Uncertainty]
    over_grids: Sequence[tuple[str, Footprint]]

    @property
    def co2e_g(self) -> Quantity:
        """Operational, location-based."""
        return self.footprint.co2e

    @property
    def co2e_embodied_g(self) -> Quantity:
        """Of making the hardware, for the seconds that it was held."""
        return self.footprint.co2e_embodied

    @property
    def sci_g_per_request(self) -> Quantity:
        """Software Carbon Intensity, (O + M) / R with R the requests; ISO/IEC 21031:2024."""
        return self._sci_per("request")

    @property
    def sci_for_ai(self) -> Quantity | None:
        """SCI for AI at the consumer's boundary, per token, image or what the system's unit is; None where none is."""
        return None if self.system is None else self._sci_per(unit_of(self.system))

    def _sci_per(self, unit: str) -> Quantity:
        if self.requests is None:
            return unknown(f"g/{unit}", NO_REQUESTS, "assumed")
        return self.footprint.sci.scaled(1 / self.requests, f"g/{unit}")

    @property
    def water_onsite_l(self) -> Quantity:
        """Consumed by the building's cooling."""
        return self.footprint.water_onsite

    @property
    def water_offsite_l(self) -> Quantity:
        """Consumed by the power plants."""
        return self.footprint.water_offsite

    @property
    def water_l(self) -> Quantity:
        """On-site and off-site."""
        return self.footprint.water

    @property
    def factors(self) -> list[Factor]:
        """Every factor used, with its range and source."""
        return self.footprint.factors

    def _sci_for_ai_json(self) -> dict[str, Any] | None:
        score, system = self.sci_for_ai, self.system
        return None if score is None or system is None else for_ai_json(system, score, self.footprint.boundary)

    def to_json(self) -> dict[str, Any]:
        """The calculation for programs."""
        return {
            "energy_j": self.energy_j.to_json(),
            "co2e_g": self.co2e_g.to_json(),
            "co2e_market_g": self.footprint.co2e_market.to_json(),
            "co2e_embodied_g": self.co2e_embodied_g.to_json(),
            "co2e_total_g": self.footprint.co2e_total.to_json(),
            "sci_g_per_request": self.sci_g_per_request.to_json(),
            "water_onsite_l": self.water_onsite_l.to_json(),
            "water_offsite_l": self.water_offsite_l.to_json(),
            "water_l": self.water_l.to_json(),
            "water_with_hydro_l": self.footprint.water_with_hydro.to_json(),
            "water_withdrawn_l": self.footprint.water_withdrawn.to_json(),
            "sci_for_ai": self._sci_for_ai_json(),
            "electricity_cost": self.footprint.electricity_cost.to_json(),
            "hire_cost": self.footprint.hire_cost.to_json(),
            "uncertainty": {name: _uncertainty(each) for name, each in self.uncertainties.items()},
            "factors": [asdict(factor) for factor in self.factors],
            "boundary": self.footprint.boundary,
            "over_grids": [_over_grid(name, footprint) for name, footprint in self.over_grids],
        }


def footprint(
    energy_j: float | Quantity,
    *,
    grid: str | float | None = None,
    pue: float = 1.0,
    wue_l_per_kwh: float = 0.0,
    hydro_l_per_kwh: float = 0.0,
    market_g_per_kwh: float | None = None,
    devices: Iterable[str] = (),
    seconds: float | None = None,
    requests: float | None = None,
    system: str | None = None,
    price: str | None = None,
    device_price: str | None = None,
    factors: Iterable[Factor] = (),
) -> Calculation:
    """The footprint of an energy, such as one that somebody published.

    Args:
        energy_j: J; a number is taken as exact, a Quantity comes with its interval.
        grid: as of a Profiler; without one CO2e and water are given over a named set of grids.
        devices: what was held, such as "h100-sxm" or "server=0.125". seconds: for how long, idle included.
        requests: how many the energy served, for SCI.
        system: "LLM", "classical", ...: for SCI for AI, whose unit (token, inference, ...) `requests` then counts.
        price: of a kWh with its currency, "0.25EUR". device_price: of an hour of the devices, "2.10USD".
        factors: yours, in place of the shipped ones of the same id.

    Raises:
        InvalidValue: a number lies outside what it can mean.
        UnknownName: no grid or device has that name.
    """
    site = Site(
        grid,
        pue,
        wue_l_per_kwh,
        hydro_l_per_kwh,
        tuple(factors),
        market_g_per_kwh,
        tuple(holding_from_text(device) for device in devices),
        None if price is None else given_electricity_price(price),
        None if device_price is None else given_device_price(device_price),
    )
    return calculate(energy_j, site, held_s=seconds, requests=requests, system=system)


def calculate(
    energy_j: float | Quantity,
    site: Site,
    *,
    held_s: float | None = None,
    requests: float | None = None,
    system: str | None = None,
) -> Calculation:
    """The footprint of an energy at a site.

    Args:
        energy_j: J; a number is taken as exact and of unknown origin ("assumed").
        held_s: seconds for which the site's hardware was held. requests: how many the energy served.

    Raises:
        InvalidValue: the energy or the time is negative, the requests are not above 0, or one is no number.
    """
    if requests is not None and not (0 < requests < math.inf):
        raise InvalidValue(f"{requests} requests cannot have been served, so nothing is per request. Give more than 0.")
    if system is not None:
        unit_of(system)
    energy = energy_j if isinstance(energy_j, Quantity) else _exactly(energy_j)
    held = None if held_s is None else Quantity(held_s, held_s, held_s, "s", "assumed")
    grids = over_grids(energy, site, held=held) if site.grid is None else []
    found = assess(energy, site, held=held)
    spread = uncertainties(energy, site, held=held)
    sci = spread.pop("sci", None)
    if sci is not None and requests is not None:
        spread["sci_per_request"] = sci.scaled(1 / requests)
    return Calculation(energy, requests, system, found, spread, grids)


def joules(text: str) -> float:
    """The energy that a text such as "864J", "0.24Wh" or "1.2 kWh" says, in J.

    Raises:
        InvalidValue: it is no such text, or no energy that can be.
    """
    found = AMOUNT.fullmatch(text)
    try:
        value = float(found[1]) * JOULES[found[2]] if found else math.nan
    except (ValueError, KeyError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InvalidValue(
            f"{text[:40]!r} is not an energy, so it has no footprint. Give a number of at least 0 and its unit, such "
            f"as 864J, 0.24Wh or 1.2kWh; units are {', '.join(JOULES)}."
        )
    return value


def _exactly(energy_j: float) -> Quantity:
    if isinstance(energy_j, bool) or not math.isfinite(energy_j) or energy_j < 0:
        raise InvalidValue(f"An energy of {energy_j} J cannot be, so it has no footprint. Give joules of at least 0.")
    return Quantity(energy_j, energy_j, energy_j, "J", "assumed")


def _uncertainty(found: Uncertainty) -> dict[str, Any]:
    shape = asdict(found)
    shape["shares"] = [{"factor": share.factor.id, "fraction": share.fraction} for share in found.shares]
    return shape


def _over_grid(name: str, footprint: Footprint) -> dict[str, Any]:
    return {"grid": name, "co2e_g": footprint.co2e.to_json(), "water_l": footprint.water.to_json()}
