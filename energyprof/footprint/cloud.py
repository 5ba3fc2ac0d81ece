"""Cloud providers' regions: on whose grid each stands, so that its intensity is that grid's own."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from energyprof.footprint.table import Row, read_rows, shipped_text
from energyprof.model.errors import UnknownName
from energyprof.model.names import either, nearest

CLOUD_REGIONS = "cloud_regions.csv"
COLUMNS = ("provider", "region", "place", "grid", "unit")
PROVIDERS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
MARK = ":"


@dataclass(frozen=True, slots=True)
class CloudRegion:
    """One region of a provider.

    Attributes:
        name: "aws:us-east-1". place: "Northern Virginia". grid: the name of the smallest grid known there: "US-VA".
    """

    name: str
    place: str
    grid: str
    source: str

    @property
    def label(self) -> str:
        """For people."""
        provider, region = self.name.split(MARK)
        return f"{PROVIDERS[provider]} {region} ({self.place})"


def cloud_region(name: str) -> CloudRegion:
    """The region of that name, such as "gcp:europe-west1".

    Raises:
        UnknownName: there is none; the nearest are in the message.
    """
    key = MARK.join(part.strip() for part in name.lower().split(MARK))
    if key not in cloud_regions():
        raise UnknownName(_unknown_message(name, key))
    return cloud_regions()[key]


def cloud_rows() -> list[Row]:
    """The rows of the shipped table of regions."""
    return read_rows(shipped_text(CLOUD_REGIONS), CLOUD_REGIONS, COLUMNS, key=("provider", "region"))


@functools.cache
def cloud_regions() -> Mapping[str, CloudRegion]:
    """All regions by name."""
    regions = (_region(row) for row in cloud_rows())
    return {region.name: region for region in regions}


def _region(row: Row) -> CloudRegion:
    name = f"{row.text('provider')}{MARK}{row.text('region')}"
    return CloudRegion(name, row.text("place"), row.text("grid"), row.text("source"))


def _unknown_message(name: str, key: str) -> str:
    near = nearest(key[:60], cloud_regions(), most=3)
    suggestion = f" Did you mean {either(near)}?" if near else ""
    return (
        f"There is no cloud region named {name[:40]!r}, so its grid is not known.{suggestion} Write PROVIDER:REGION, "
        f"the provider being one of {', '.join(PROVIDERS)}, or give the country (FRA) or a number in g/kWh."
    )
