"""Devices whose making has a published footprint, found by what sensors call them or by what a user does."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from energyprof.footprint.factor import COLUMNS, Factor, factor_of, given, shipped_factors
from energyprof.footprint.table import Row, read_rows, shipped_text
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.names import either, nearest

DEVICES = "devices.csv"
AMORTISATION = "amortisation.csv"

PREFIX = "device."
BETWEEN_ALIASES = ";"
LABELLED = re.compile(r"(?:AMD )?GPU \d+ \((?P<name>.*)\)")
"""How sensors label a GPU's domain: "GPU 0 (NVIDIA H200)"."""

HEAVIEST_KG = 1e6


@dataclass(frozen=True, slots=True)
class Device:
    """A device, or the median of a kind of device.

    Attributes:
        name: as a user gives it: "h100-sxm", "laptop". label: for people.
        aliases: what NVML and its like call exactly this device.
        embodied: kgCO2e of one device, with its range.
        lifetime: years from first to last use. active: part of its life in which a task holds it, 0-1.
        boundary: what the embodied carbon counts.
    """

    name: str
    label: str
    aliases: tuple[str, ...]
    embodied: Factor
    lifetime: Factor
    active: Factor
    boundary: str


def match(reported: str) -> Device | None:
    """The device that a sensor or the system calls so; None where none in the table is exactly that one.

    An H100 on a PCIe card is no H100 SXM, and an A100 with 80 GB none with 40 GB: another name is another device.

    Args:
        reported: "NVIDIA H100 80GB HBM3", or a domain's label, "GPU 0 (NVIDIA H100 80GB HBM3)".
    """
    labelled = LABELLED.fullmatch(reported.strip())
    return _by_alias().get(_key(labelled["name"] if labelled else reported))


def find(name: str) -> Device:
    """The device that a user names: "h100-sxm", "laptop", or what a sensor reports.

    Raises:
        UnknownName: the table has none of that name; the nearest names are in the message.
    """
    device = devices().get(_key(name)) or match(name)
    if device is None:
        near = nearest(_key(name)[:60], devices(), most=3, like=0.5)
        suggestion = f" Did you mean {either(near)}?" if near else f" There are {', '.join(devices())}."
        raise UnknownName(
            f"No embodied carbon is known of a device named {name[:40]!r}.{suggestion} Another form or memory of a "
            "card is another device; where yours is not listed, give its kgCO2e."
        )
    return device


def given_device(kg: float, *, like: str = "server") -> Device:
    """A device whose embodied carbon the user knows; it lives as long, and is used as much, as the named one.

    Raises:
        InvalidValue: the number is no mass of CO2e. UnknownName: `like` is no device.
    """
    if isinstance(kg, bool) or not 0 < kg < HEAVIEST_KG:
        raise InvalidValue(
            f"An embodied carbon of {kg} kgCO2e cannot be: it lies above 0 and below {HEAVIEST_KG:g} kg a device. Give "
            "the figure of the device's product carbon footprint without its use."
        )
    model = find(like)
    embodied = given(
        "device.given", float(kg), "kgCO2e", note="taken as exact; counts whatever the given number counts"
    )
    return Device("given", f"a device of {kg:g} kgCO2e", (), embodied, model.lifetime, model.active, "as given")


def not_modelled(reported: str) -> str:
    """Why a device has no embodied carbon, and what a user can do."""
    return (
        f"the embodied carbon of {reported.strip()[:60]!r} is not modelled: no source for exactly this device may be "
        "shipped; name a device, or give its kgCO2e"
    )


@functools.cache
def devices() -> Mapping[str, Device]:
    """The shipped devices by name."""
    found = (_device(row) for row in device_rows())
    return {device.name: device for device in found}


def device_rows() -> list[Row]:
    """The rows of the shipped table of devices."""
    columns = ("id", "label", "aliases", "use", "boundary", *COLUMNS[1:])
    return read_rows(shipped_text(DEVICES), DEVICES, columns, key=("id",))


@functools.cache
def _by_alias() -> Mapping[str, Device]:
    return {_key(alias): device for device in devices().values() for alias in device.aliases}


def _device(row: Row) -> Device:
    embodied, use, amortisation = factor_of(row), row.text("use"), shipped_factors(AMORTISATION)
    if f"lifetime.{use}" not in amortisation or f"active.{use}" not in amortisation:
        raise row.invalid("use", f"{use[:40]!r} has no lifetime or no active fraction in {AMORTISATION}")
    aliases = tuple(alias.strip() for alias in row.cells["aliases"].split(BETWEEN_ALIASES) if alias.strip())
    return Device(
        embodied.id.removeprefix(PREFIX),
        row.text("label"),
        aliases,
        embodied,
        amortisation[f"lifetime.{use}"],
        amortisation[f"active.{use}"],
        row.text("boundary"),
    )


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
