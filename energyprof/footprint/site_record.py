"""A site as a record keeps it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energyprof.footprint.cost import given_device_price, given_electricity_price, price_text
from energyprof.footprint.embodied import holding_from_text, holding_text
from energyprof.footprint.overrides import factors_from_records, given_records
from energyprof.footprint.site import Site
from energyprof.model.given_factor import GivenFactor
from energyprof.model.run import ProfileRecord
from energyprof.model.session import SessionSite


def recorded_site(record: ProfileRecord | SessionSite) -> Site:
    """The site that a record names.

    Raises:
        InvalidRun: a factor in it cannot have been given. UnknownName, InvalidValue: as of `Site`.
    """
    return Site(
        record.grid,
        record.pue,
        record.wue_l_per_kwh,
        record.hydro_l_per_kwh,
        factors_from_records(record.factors),
        record.market_g_per_kwh,
        tuple(holding_from_text(text) for text in record.devices),
        None if record.electricity_price is None else given_electricity_price(record.electricity_price),
        None if record.device_price is None else given_device_price(record.device_price),
    )


def session_site(site: Site) -> SessionSite:
    """The site of a profiler, to be kept."""
    factors = given_records(site.factors)
    return SessionSite(
        site.grid,
        site.pue,
        site.wue_l_per_kwh,
        site.hydro_l_per_kwh,
        factors,
        site.market_g_per_kwh,
        [holding_text(holding) for holding in site.hardware],
        None if site.electricity_price is None else price_text(site.electricity_price),
        None if site.device_price is None else price_text(site.device_price),
    )


def site_from_json(shape: Mapping[str, Any]) -> Site:
    """The site in the JSON values of a `SessionSite`; those of older versions have fewer fields."""
    factors = [GivenFactor(**factor) for factor in shape.get("factors", ())]
    return recorded_site(SessionSite(**{**shape, "factors": factors}))
