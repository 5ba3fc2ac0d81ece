"""What a site's electricity comes from and passes through: the grid, PUE and WUE, with the user's own in force."""

from __future__ import annotations

from dataclasses import replace

from energyprof.footprint.factor import Factor, given
from energyprof.footprint.formula import Formula
from energyprof.footprint.grid import Grid
from energyprof.footprint.site import Site


def in_force(factor: Factor, site: Site) -> Factor:
    """The user's factor of that id, where there is one."""
    return next((own for own in site.factors if own.id == factor.id), factor)


def pue_factor(site: Site) -> Factor:
    """The site's PUE."""
    return in_force(_said_pue(site), site)


def wue_factor(site: Site) -> Factor:
    """The site's WUE."""
    return in_force(_said_wue(site), site)


def _said_pue(site: Site) -> Factor:
    pue = given("site.pue", site.pue, "ratio")
    return pue if site.pue != 1 else replace(pue, source="definition: no overhead of a building is counted")


def _said_wue(site: Site) -> Factor:
    wue = given("site.wue", site.wue_l_per_kwh, "L/kWh", note="per kWh of the computers, not of the building")
    return wue if site.wue_l_per_kwh else replace(wue, source="assumed: a machine on a desk uses no water on site")


def intensity_formula(site: Site, grid: Grid) -> Formula:
    """g/kWh; of a mix that was given, drawn from the factors of its technologies."""
    whole = in_force(grid.intensity, site)
    if not grid.terms or whole is not grid.intensity:
        return lambda pick: pick(whole)
    return lambda pick: sum(share * pick(factor) for share, factor in grid.terms)
