"""A site that cannot be is refused when it is described, before anything is measured."""

from __future__ import annotations

import pytest

from energyprof.footprint.overrides import factor_from_text
from energyprof.footprint.site import Site
from energyprof.footprint.supply import pue_factor, wue_factor
from energyprof.model.errors import InvalidValue, UnknownName


def test_the_default_is_a_machine_on_a_desk():
    site = Site(None)
    assert (site.pue, site.wue_l_per_kwh, site.hydro_l_per_kwh) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("pue", [0.9, 0, -1, 3.01, 14, float("nan"), float("inf")])
def test_an_absurd_pue_is_refused(pue):
    with pytest.raises(InvalidValue, match="PUE of"):
        Site("FRA", pue=pue)


@pytest.mark.parametrize("wue", [-0.1, 20.1, float("nan"), float("inf")])
def test_an_absurd_wue_is_refused(wue):
    with pytest.raises(InvalidValue, match="WUE of"):
        Site("FRA", wue_l_per_kwh=wue)


@pytest.mark.parametrize("hydro", [5, -17, 245, float("nan")])
def test_hydropower_is_one_of_two_scenarios(hydro):
    with pytest.raises(InvalidValue, match="give 0, or 17"):
        Site("FRA", hydro_l_per_kwh=hydro)


def test_an_unknown_grid_is_refused_at_once():
    with pytest.raises(UnknownName, match="FRA"):
        Site("Farnce")
    with pytest.raises(InvalidValue, match="g/kWh"):
        Site(0)


@pytest.mark.parametrize("pue", [1, 1.0, 1.56, 3])
def test_the_bounds_themselves_are_allowed(pue):
    assert Site("FRA", pue=pue, wue_l_per_kwh=20, hydro_l_per_kwh=17).pue == pue


def test_what_a_site_says_is_what_is_reckoned_with_also_where_a_factor_gives_it():
    factors = (factor_from_text("site.pue=1.4:1.2:1.6", "test"), factor_from_text("site.wue=0.3", "test"))
    site = Site("FRA", pue=1.1, factors=factors)
    assert (site.pue, site.wue_l_per_kwh) == (1.4, 0.3)
    assert (pue_factor(site).value, pue_factor(site).high) == (1.4, 1.6)
    assert wue_factor(site).value == 0.3
    assert Site("FRA", pue=1.1).pue == 1.1
