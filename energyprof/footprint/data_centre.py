"""PUE and WUE of a named data centre: what a provider states, or what may be supposed where nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from energyprof.footprint.factor import BY_USER, Factor, shipped_factors
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.names import either, nearest

DATA_CENTRES = "data_centres.csv"
PUE, WUE = "pue.", "wue."
NOT_CONSUMED = {
    "wue_withdrawal.": "is what it withdraws, most of which may flow back",
    "wue_unstated.": "may be consumption or withdrawal: it is not stated",
}
"""Kinds of WUE that are never taken for litres consumed."""


def pue_of(name: str, origin: str) -> Factor:
    """The PUE of a named data centre as the factor "site.pue": "aws", "hyperscale", "unknown".

    Args:
        origin: where the name was given, for the source.

    Raises:
        UnknownName: none of that name.
    """
    return _of_site("site.pue", PUE, name, origin)


def wue_of(name: str, origin: str) -> Factor:
    """The WUE of a named data centre as the factor "site.wue", in litres consumed per kWh of its computers.

    Raises:
        UnknownName: none of that name. InvalidValue: what it states is not water consumed.
    """
    for kind, what in NOT_CONSUMED.items():
        stated = shipped_factors(DATA_CENTRES).get(kind + _key(name))
        if stated is not None and WUE + _key(name) not in shipped_factors(DATA_CENTRES):
            raise InvalidValue(
                f"The WUE of {name[:40]} ({stated.value:g} L/kWh) {what}, so it does not count as water consumed. "
                f"Give the litres consumed per kWh as a number, or one of {', '.join(_named(WUE))}."
            )
    return _of_site("site.wue", WUE, name, origin)


def _of_site(id: str, kind: str, name: str, origin: str) -> Factor:
    named = _named(kind)
    if _key(name) not in named:
        near = nearest(_key(name)[:40], named)
        hint = f"Did you mean {either(near)}?" if near else f"Use one of {', '.join(named)}, or a number."
        what = kind.removesuffix(".").upper()
        raise UnknownName(f"There is no data centre named {name[:40]!r} whose {what} is known. {hint}")
    factor = named[_key(name)]
    return replace(factor, id=id, source=f"{BY_USER} ({origin}): {factor.id}, {factor.source}")


def _named(kind: str) -> Mapping[str, Factor]:
    factors = shipped_factors(DATA_CENTRES)
    return {id.removeprefix(kind): factor for id, factor in factors.items() if id.startswith(kind)}


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "_") if "." not in name else name.strip().lower()
