"""The carbon of making the hardware, spread over its life and charged for the time that a task holds it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from energyprof.footprint.device import Device, find, given_device, match
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Amount, Formula, Pick
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity, significant, unknown

SECONDS_PER_YEAR = 365 * 24 * 3600
"""A year of 8760 hours, as ISO/IEC 21031:2024 counts in its example."""

GRAMS_PER_KG = 1000.0

MASS = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?)\s*kg")

NO_EMBODIED_WATER = "embodied water is not modelled: no open source gives the litres that making a device took"
BOUNDARY = "reserved hardware counts for as long as the task holds it, pauses included, busy or not"


@dataclass(frozen=True, slots=True)
class Holding:
    """Hardware that a task holds.

    Attributes:
        share: of one device, or more than 1 for several: 0.125 for a server whose eight GPUs serve eight tasks.

    Raises:
        InvalidValue: the share is not a finite number above 0.
    """

    device: Device
    share: float = 1.0

    def __post_init__(self) -> None:
        if not (self.share > 0 and math.isfinite(self.share)):
            raise InvalidValue(
                f"A share of {self.share} of the {self.device.label} cannot be held: give a number above 0, such as "
                "0.125 for an eighth, or leave the device out."
            )


def holding_from_text(text: str) -> Holding:
    """The hardware in "h100-sxm", "server=0.125" (an eighth of one) or "300kg" (of a server whose CO2e is known).

    Raises:
        UnknownName: no device of that name is known. InvalidValue: the share or the mass cannot be.
    """
    name, _, share = text.strip().partition("=")
    mass = MASS.fullmatch(name.strip())
    device = given_device(float(mass[1])) if mass else find(name)
    try:
        return Holding(device, float(share) if share else 1.0)
    except ValueError:
        raise InvalidValue(
            f"{text[:40]!r} holds no share of a device: write NAME=SHARE, such as server=0.125."
        ) from None


def detected(gpus: Sequence[str]) -> tuple[Holding, ...]:
    """One of each GPU that a machine has, where every one is known by its exact name; else none.

    A sum over some of them would pass for the whole.

    Args:
        gpus: as their sensor calls them.
    """
    found = [match(gpu) for gpu in gpus]
    return tuple(Holding(device) for device in found if device is not None) if None not in found else ()


def holding_text(holding: Holding) -> str:
    """What `holding_from_text` reads as this."""
    device = holding.device
    name = f"{device.embodied.value:.12g}kg" if device.embodied.by_user else device.name
    return name if holding.share == 1 else f"{name}={holding.share:.12g}"


def embodied_g_per_s(holdings: Sequence[Holding]) -> Formula:
    """Grams of CO2e a second of occupied time.

    TE / (lifetime x active fraction) x share, summed over the hardware. Dividing by the active fraction alone spreads
    all that was emitted over the time in which somebody holds the device, so that its idle years are nobody's gift.
    """

    def grams_per_s(pick: Pick) -> Amount:
        rate: Amount = 0.0
        for holding in holdings:
            rate = rate + holding.share * _grams_per_active_s(holding.device, pick)
        return rate

    return grams_per_s


def embodied_g(holdings: Sequence[Holding], occupied_s: Factor) -> Formula:
    """Grams of CO2e of the hardware that a task held.

    Args:
        occupied_s: seconds in which the hardware was reserved for the task, idle included; not its busy time.
    """
    rate = embodied_g_per_s(holdings)
    return lambda pick: rate(pick) * pick(occupied_s)


def rule(holding: Holding, occupied_s: float, overrides: Iterable[Factor] = ()) -> str:
    """The amortisation as a sentence, with the numbers that it was done with.

    Args:
        overrides: the user's factors, in place of the shipped ones of the same id.
    """
    own = {factor.id: factor for factor in overrides}
    embodied, lifetime, active = (
        own.get(shipped.id, shipped)
        for shipped in (holding.device.embodied, holding.device.lifetime, holding.device.active)
    )
    device = replace(holding.device, embodied=embodied, lifetime=lifetime, active=active)
    hours = device.lifetime.value * device.active.value * SECONDS_PER_YEAR / 3600
    grams = _grams_per_active_s(device, lambda factor: factor.value) * holding.share * occupied_s
    return (
        f"{device.label}: {_ranged(device.embodied, 'kgCO2e')} spread over {_ranged(device.lifetime, 'years')} x "
        f"{_ranged(device.active, 'of the time in use')} = {hours:.0f} hours; held for {significant(occupied_s, 3)} s, "
        f"share {holding.share:g}: {significant(float(grams), 2)} g. Counted: {device.boundary}; {BOUNDARY}."
    )


def embodied_water() -> Quantity:
    """Unknown, with the reason; never 0."""
    return unknown("L", NO_EMBODIED_WATER, "assumed")


def _grams_per_active_s(device: Device, pick: Pick) -> Amount:
    life_s = pick(device.lifetime) * pick(device.active) * SECONDS_PER_YEAR
    return pick(device.embodied) * GRAMS_PER_KG / life_s


def _ranged(factor: Factor, unit: str) -> str:
    exact = factor.low == factor.high
    return f"{factor.value:g} {unit}" if exact else f"{factor.value:g} {unit} ({factor.low:g}-{factor.high:g})"
