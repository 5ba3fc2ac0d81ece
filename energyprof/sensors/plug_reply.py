"""What wall plugs answer over HTTP: Shelly of both generations, and Tasmota.

Sources: shelly-api-docs.shelly.cloud, "Gen1 Device API" (/status, /meter, /emeter) and "Gen2+ Device API"
(Switch.GetStatus); tasmota.github.io/docs, "Power Monitoring" and "Commands" (Status 8). Read 2025.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from energyprof.sensors.number_file import CannotRead

J_PER_MWH = 3.6
J_PER_WATT_MINUTE = 60.0

MOST_STEP_J = 100.0
"""A counter in coarser steps misses whole benchmarks: 1 Wh is 36 s at 100 W. The power is integrated instead."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        make: who made what answered.
        power_w: what is drawn now.
        count: the energy counter in steps of `step_j`; None where it has none that is fine enough.
    """

    make: str
    power_w: float
    count: int | None = None
    step_j: float | None = None


def parsed(document: Any, path: str) -> Reply:
    """The power and, where it is fine enough, the energy counter in an answer.

    Args:
        document: the JSON that came.
        path: that was asked for; the same field is in watt-minutes below /meter and in Wh below /emeter.

    Raises:
        CannotRead: it holds neither.
    """
    try:
        reply = _reply(document, path)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CannotRead(f"no power in the answer to {said_path(path)}") from error
    if not math.isfinite(reply.power_w):
        raise CannotRead(f"no power in the answer to {said_path(path)}")
    if reply.power_w < 0:
        raise CannotRead(f"{reply.power_w:g} W: power flows back through the plug")
    return reply


def said_path(path: str) -> str:
    """A path as sentences may show it: without its query, in which there may be a password."""
    return path.partition("?")[0]


def _reply(document: Any, path: str) -> Reply:
    if "apower" in document:  # Shelly from the second generation on: aenergy.total in Wh, three decimals
        return _counted(float(document["apower"]), 1000 * float(document["aenergy"]["total"]), J_PER_MWH)
    if "StatusSNS" in document:  # Tasmota: kWh, three decimals
        power = document["StatusSNS"]["ENERGY"]["Power"]
        return Reply("Tasmota", float(sum(power)) if isinstance(power, list) else float(power))
    if "emeters" in document:  # Shelly, first generation: Wh, one decimal
        return Reply("Shelly", _valid_power_w(document["emeters"][0]))
    if "meters" in document:  # whole watt-minutes
        return _meter(document["meters"][0])
    return Reply("Shelly", _valid_power_w(document)) if path.startswith("/emeter") else _meter(document)


def _meter(meter: Any) -> Reply:
    return _counted(_valid_power_w(meter), float(meter["total"]), J_PER_WATT_MINUTE)


def _valid_power_w(meter: Any) -> float:
    if meter.get("is_valid", True) is not True:
        raise ValueError("the plug says itself that its reading is not valid")
    return float(meter["power"])


def _counted(power_w: float, count: float, step_j: float) -> Reply:
    if step_j > MOST_STEP_J:
        return Reply("Shelly", power_w)
    return Reply("Shelly", power_w, round(count), step_j)
