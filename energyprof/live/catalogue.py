"""The services that can be asked, and what each needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from energyprof.live import eia, electricity_maps, entsoe, neso, watttime
from energyprof.live.http import HttpClient
from energyprof.live.provider import Provider
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.names import nearest

Make = Callable[[str, list[str], HttpClient], Provider]
"""(zone, values of the variables, client) -> provider."""

ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Offer:
    """One service.

    Attributes:
        label: for people. make: makes a provider.
        variables: of the environment, which hold what it wants to know of the caller.
        example: a zone. only: the one zone that there is, where there is but one.
        url: where it is explained, and where its tokens are had. licence: of its numbers.
        extra: of this package, which brings the library it needs; and that library's name.
    """

    label: str
    make: Make
    url: str
    licence: str
    variables: tuple[str, ...] = ()
    example: str = ""
    only: str | None = None
    extra: tuple[str, str] | None = None


OFFERS: dict[str, Offer] = {
    "electricity-maps": Offer(
        "Electricity Maps",
        lambda zone, values, http: electricity_maps.ElectricityMaps(zone, values[0], http),
        "https://app.electricitymaps.com",
        "terms of Electricity Maps",
        variables=("ELECTRICITYMAPS_TOKEN",),
        example="FR",
    ),
    "neso": Offer(
        "NESO",
        lambda zone, values, http: neso.Neso(http),
        "https://carbonintensity.org.uk",
        "CC BY 4.0",
        example=neso.ZONE,
        only=neso.ZONE,
    ),
    "watttime": Offer(
        "WattTime",
        lambda zone, values, http: watttime.WattTime(zone, values[0], values[1], http),
        "https://docs.watttime.org",
        "terms of WattTime",
        variables=("WATTTIME_USER", "WATTTIME_PASSWORD"),
        example="CAISO_NORTH",
    ),
    "entsoe": Offer(
        "ENTSO-E",
        lambda zone, values, http: entsoe.Entsoe(zone, values[0]),
        "https://transparency.entsoe.eu",
        "terms of the ENTSO-E Transparency Platform",
        variables=("ENTSOE_API_KEY",),
        example="FR",
        extra=("entsoe", "entsoe"),
    ),
    "eia": Offer(
        "EIA",
        lambda zone, values, http: eia.Eia(zone, values[0]),
        "https://www.eia.gov/opendata",
        "US Government work",
        variables=("EIA_API_KEY",),
        example="CISO",
        extra=("eia", "gridstatus"),
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service and a zone of it, by the names they are asked for with."""

    service: str
    zone: str

    @property
    def offer(self) -> Offer:
        return OFFERS[self.service]


def wanted(text: str) -> Wanted:
    """What "SERVICE:ZONE" asks for; the zone may be left out where the service has only one.

    Raises:
        UnknownName: there is no such service. InvalidValue: no zone, or one that cannot be.
    """
    service, _, zone = text.partition(":")
    offer = OFFERS.get(service)
    if offer is None:
        near = nearest(service, OFFERS)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(OFFERS)}."
        raise UnknownName(f"There is no service {service[:40]!r} for live carbon intensity, so none is asked. {hint}")
    zone = zone or offer.only or ""
    if not ZONE.fullmatch(zone) or zone != (offer.only or zone):
        raise InvalidValue(
            f"{offer.label} has no zone {zone[:40]!r}, so it cannot be asked. "
            f"Name one, such as {service}:{offer.example}."
        )
    return Wanted(service, zone)


def provider(asked: Wanted, environ: Mapping[str, str], http: HttpClient) -> Provider:
    """The provider, before anything is measured.

    Raises:
        InvalidValue: a token is missing or cannot be one, or a library is missing.
    """
    offer = asked.offer
    values = [_value(offer, name, environ) for name in offer.variables]
    if offer.extra is not None and find_spec(offer.extra[1]) is None:
        raise InvalidValue(
            f"Live intensity from {offer.label} needs the library {offer.extra[1]}, which is not installed, so nothing "
            f"was measured. Run `pip install energyprof[{offer.extra[0]}]`, or leave the service out."
        )
    return offer.make(asked.zone, values, http)


def _value(offer: Offer, name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if value.isascii() and value.isprintable() and value:
        return value
    what = "holds characters that no token has" if value else "is not set"
    raise InvalidValue(
        f"Live intensity from {offer.label} needs a token, and the variable {name} {what}, so nothing was measured. "
        f"Set it (tokens: {offer.url}), or leave the service out: the annual value of the grid needs none."
    )
