"""The factor table: what a reader looks for stands first, the parts of power plants are folded away."""

from __future__ import annotations

from energyprof.footprint.assess import assess
from energyprof.footprint.factor import given
from energyprof.footprint.site import Site
from energyprof.model.quantity import unknown
from energyprof.report.factor_table import factor_tables

NOTHING = unknown("J", "only the factors are asked for")


def test_grid_building_and_scenario_stand_first_and_power_plants_below() -> None:
    tables = factor_tables(assess(NOTHING, Site("FRA", pue=1.2)).factors)
    assert [line.name for line in tables.first] == ["grid.FRA", "site.pue", "site.wue", "water.grid.FRA", "water.hydro"]
    names = {line.name for line in tables.parts}
    assert {"range.cooling", "water.nuclear.tower", "water.gas_cc.tower"} <= names
    assert not names & {line.name for line in tables.first}


def test_what_the_user_gave_is_never_folded_away() -> None:
    mine = given("water.nuclear.tower", 1.9, "L/kWh")
    tables = factor_tables(assess(NOTHING, Site("FRA", factors=(mine,))).factors)
    [line] = [line for line in tables.first if line.name == "water.nuclear.tower"]
    assert (line.value, line.range, line.source) == ("1.90", "exact", "given by the user")
