"""The factors that a run keeps, and how a later version is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from energyprof.footprint.grid import NAMED_GRIDS, find
from energyprof.footprint.inventory import changed, distinct, factors_at, records
from energyprof.footprint.site import Site

US_VT = Site("US-VT", pue=1.2, wue_l_per_kwh=0.3)


def test_the_inventory_holds_the_sites_factors_first_and_those_of_every_named_grid() -> None:
    ids = [factor.id for factor in factors_at(US_VT)]
    assert ids[:4] == ["grid.US-VT", "site.pue", "site.wue", "water.grid.USA"]
    assert {f"grid.{name}" for name in NAMED_GRIDS} < set(ids)
    assert len(ids) == len(set(ids))


def test_without_a_grid_it_holds_the_named_ones() -> None:
    ids = {factor.id for factor in factors_at(Site(None))}
    assert {id for id in ids if id.startswith("grid.")} == {f"grid.{name}" for name in NAMED_GRIDS}


def test_of_nothing_there_are_no_factors() -> None:
    assert distinct([]) == []
    assert changed([], factors_at(US_VT)) == []


def test_a_record_has_the_factors_value_range_and_source() -> None:
    [vermont, *_] = records(factors_at(US_VT))
    factor = find("US-VT").intensity
    assert (vermont.value, vermont.low, vermont.high) == (factor.value, factor.low, factor.high)
    assert "codecarbon" in vermont.source
    assert vermont.year == 2023


def test_what_is_the_same_has_not_changed_and_neither_has_what_the_user_gave() -> None:
    then = records(factors_at(US_VT))
    assert changed(then, factors_at(US_VT)) == []
    assert changed(then, factors_at(Site("US-VT", pue=1.5, wue_l_per_kwh=0.0))) == []
    assert changed(records(factors_at(Site(94))), factors_at(Site(200))) == []


@pytest.mark.parametrize("change", [{"value": 21.0}, {"high": 60.0}, {"unit": "g/MWh"}])
def test_another_value_range_or_unit_is_a_change(change: dict[str, float | str]) -> None:
    [vermont, *others] = records(factors_at(US_VT))
    [(then, now)] = changed([replace(vermont, **change), *others], factors_at(US_VT))
    assert then.id == now.id == "grid.US-VT"


def test_a_grid_that_the_record_does_not_have_is_not_a_change() -> None:
    assert changed(records(factors_at(Site(None))), factors_at(US_VT)) == []
