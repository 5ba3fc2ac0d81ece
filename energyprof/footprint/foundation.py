"""The factors that the figures of a site rest on: those that were picked, and what is worked out from several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from energyprof.footprint.draws import interval95
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import Formula, central, draws, used, with_overrides
from energyprof.footprint.grid import Grid
from energyprof.footprint.site import Site
from energyprof.footprint.supply import intensity_formula, pue_factor
from energyprof.footprint.water import water_intensity, withdrawal_intensity


def foundation(formulas: Iterable[Formula], site: Site, grid: Grid | None) -> tuple[Factor, ...]:
    """Each once: the site's own first, then what a grid's water is made of, hardware and money last."""
    pue = pue_factor(site)
    found: dict[str, Factor] = {pue.id: pue}
    for formula in formulas:
        for factor in used(formula):
            found.setdefault(factor.id, factor)
    for whole in _composites(grid, site):
        found.setdefault(whole.id, whole)
    return tuple(sorted(found.values(), key=lambda factor: _place(factor.id)))


def _composites(grid: Grid | None, site: Site) -> list[Factor]:
    """What is worked out from other factors, each as one, the user's own among what it is made of."""
    if grid is None or grid.mix is None:
        return []
    intensity = grid.intensity
    if grid.terms:
        formula = with_overrides(intensity_formula(site, grid), site.factors)
        low, high = interval95(draws(formula))
        intensity = replace(intensity, value=central(formula), low=low, high=high)
    water = [
        _noted(each.factor(site.factors), grid) for each in (water_intensity(grid.mix), withdrawal_intensity(grid.mix))
    ]
    return [intensity, *water]


def _place(id: str) -> int:
    """Where a factor stands: the site's own first, what a grid's water is made of next, hardware and money last."""
    order = ("grid.", "market.", "site.", "water.grid.", "withdrawal.grid.", "range.", "ghg.", "water.", "withdrawal.")
    return next((place for place, start in enumerate(order) if id.startswith(start)), len(order))


def _noted(water: Factor, grid: Grid) -> Factor:
    return water if grid.mix_note is None else replace(water, note=f"{grid.mix_note}; {water.note}")
