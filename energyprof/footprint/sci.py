"""Software Carbon Intensity, ISO/IEC 21031:2024: SCI = (O + M) per R, and the same for AI at the consumer's boundary.

A figure of its own beside the footprint: its M counts the calendar life of the hardware and no active fraction, its E
counts all that was reserved, and nothing bought, such as a certificate or an offset, lowers it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from energyprof.footprint.device import Device
from energyprof.footprint.embodied import GRAMS_PER_KG, SECONDS_PER_YEAR, Holding
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Amount, Formula, Pick
from energyprof.model.errors import InvalidValue
from energyprof.model.names import either
from energyprof.model.quantity import JOULES_PER_KWH, Quantity

Signal = Literal["average", "long-run marginal", "short-run marginal", "market-based"]
"""What a carbon intensity stands for; the specification admits the first three."""

System = Literal["LLM", "image generation", "video generation", "agent", "document analysis", "classical"]

UNITS: dict[System, str] = {
    "LLM": "token",
    "image generation": "image",
    "video generation": "second",
    "agent": "execution",
    "document analysis": "page",
    "classical": "inference",
}
"""Functional units of the consumer, SCI for AI, section 8.1."""

STANDARD = "SCI, ISO/IEC 21031:2024"
STANDARD_FOR_AI = "SCI for AI (Green Software Foundation), consumer boundary, runtime operations"
NOT_MEASURED = (
    "of the consumer boundary, what was not measured is not counted: interfaces and gateways, orchestration, "
    "monitoring, storage, network, the user's device; training and the rest of the provider's boundary never are"
)


def unit_of(system: str) -> str:
    """The functional unit of SCI for AI for a kind of system, in the singular.

    Raises:
        InvalidValue: the specification names no such kind.
    """
    if system not in UNITS:
        raise InvalidValue(
            f"SCI for AI names no functional unit for a system of the kind {system[:40]!r}. Say {either(UNITS)}."
        )
    return UNITS[system]


def for_ai_json(system: str, score: Quantity, boundary: str) -> dict[str, Any]:
    """A score of SCI for AI for programs.

    Args:
        score: g per functional unit of the system. boundary: what its footprint counts.
    """
    return {
        "system": system,
        "unit": unit_of(system),
        "standard": STANDARD_FOR_AI,
        "g_per_unit": score.to_json(),
        "boundary": f"{boundary.removesuffix('.')}; {NOT_MEASURED}",
    }


@dataclass(frozen=True, slots=True)
class Reservation:
    """Hardware reserved for the software: TiR / EL of its life, RR / ToR of its resources.

    Attributes:
        reserved_s: TiR, seconds for which it was reserved, idle included.
        reserved, total: RR and ToR, in one unit: vCPUs, GPUs, GB.

    Raises:
        InvalidValue: no share between 0 and 1 comes out, or a time is negative.
    """

    device: Device
    reserved_s: Factor
    reserved: float = 1.0
    total: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.reserved <= self.total < math.inf):
            raise InvalidValue(
                f"{self.reserved:g} of {self.total:g} resources of the {self.device.label} cannot be reserved: RR lies "
                "above 0 and does not exceed ToR, both in the same unit."
            )
        if self.reserved_s.low < 0:
            raise InvalidValue(
                f"A reserved time of {self.reserved_s.low:g} s is below 0. Give the seconds for which the "
                f"{self.device.label} was reserved."
            )


@dataclass(frozen=True, slots=True)
class Score:
    """An SCI score.

    Attributes:
        grams: g of CO2e per functional unit. operational, embodied: its two parts, O / R and M / R.
        unit: "g/token". standard: the document that it follows.
        boundary: what is counted and what is not.
    """

    grams: Formula
    operational: Formula
    embodied: Formula
    unit: str
    standard: str
    boundary: str


def operational_g(energy_j: Factor, pue: Factor, intensity: Factor, *, signal: Signal = "average") -> Formula:
    """O = E x I, with E the energy of the computers times PUE, in kWh.

    Args:
        energy_j: J of all hardware that was reserved, idle included. intensity: g/kWh, location-based.

    Raises:
        InvalidValue: the intensity is market-based.
    """
    if signal == "market-based" or signal not in get_args(Signal):
        raise InvalidValue(
            "SCI takes no market-based intensity: certificates, purchase agreements and offsets change no emission, so "
            "ISO/IEC 21031:2024 leaves them out. Give the grid's average or marginal intensity; a market-based figure "
            "can stand beside the score, never in it."
        )
    return lambda pick: pick(energy_j) * pick(pue) * pick(intensity) / JOULES_PER_KWH


def embodied_g(reservations: Sequence[Reservation]) -> Formula:
    """M = sum of TE x TiR / EL x RR / ToR, g."""

    def grams(pick: Pick) -> Amount:
        sum_g: Amount = 0.0
        for held in reservations:
            life_s = pick(held.device.lifetime) * SECONDS_PER_YEAR
            time_share, resource_share = pick(held.reserved_s) / life_s, held.reserved / held.total
            sum_g = sum_g + pick(held.device.embodied) * GRAMS_PER_KG * time_share * resource_share
        return sum_g

    return grams


def embodied_g_per_s(hardware: Sequence[Holding]) -> Formula:
    """M a second of reserved time: TE / EL times the share of each device, g."""

    def grams_per_s(pick: Pick) -> Amount:
        rate: Amount = 0.0
        for held in hardware:
            life_s = pick(held.device.lifetime) * SECONDS_PER_YEAR
            rate = rate + held.share * pick(held.device.embodied) * GRAMS_PER_KG / life_s
        return rate

    return grams_per_s


def sci(operational: Formula, embodied: Formula, units: float, *, unit: str, boundary: str) -> Score:
    """SCI = (O + M) per R.

    Args:
        operational, embodied: O and M in g, over the same time and the same software.
        units: R, how many functional units were done in it. unit: what one is, in the singular.
        boundary: the components that are counted.

    Raises:
        InvalidValue: there are no units, or nothing says what is counted.
    """
    if not (units > 0 and math.isfinite(units)):
        raise InvalidValue(f"SCI is a rate per functional unit, and {units} of them were done. Give a number above 0.")
    if not unit.strip() or not boundary.strip():
        raise InvalidValue(
            "An SCI score without its functional unit and its software boundary cannot be reported: ISO/IEC 21031:2024 "
            "asks for both. Name them."
        )
    return Score(
        grams=lambda pick: (operational(pick) + embodied(pick)) / units,
        operational=lambda pick: operational(pick) / units,
        embodied=lambda pick: embodied(pick) / units,
        unit=f"g/{unit.strip()}",
        standard=STANDARD,
        boundary=f"{boundary.strip()}; location-based; nothing bought is deducted",
    )


def sci_for_ai(operational: Formula, embodied: Formula, units: float, *, system: System, boundary: str) -> Score:
    """SCI for AI of a consumer: the functional unit follows from the kind of system.

    Raises:
        InvalidValue: as `sci`, or the system is of no kind that the specification names.
    """
    score = sci(operational, embodied, units, unit=unit_of(system), boundary=boundary)
    return Score(
        score.grams,
        score.operational,
        score.embodied,
        score.unit,
        STANDARD_FOR_AI,
        f"{score.boundary}; {NOT_MEASURED}",
    )
