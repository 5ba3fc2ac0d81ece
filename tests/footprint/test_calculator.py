"""The calculator: published figures rebuilt, and what is unknown or cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest

import energyprof
from energyprof.footprint.calculator import calculate, footprint, joules
from energyprof.footprint.factor import given
from energyprof.footprint.grid import NAMED_GRIDS, find
from energyprof.footprint.site import Site
from energyprof.model.errors import InvalidValue, UnknownName
from energyprof.model.quantity import Quantity


@pytest.mark.parametrize(
    ("text", "expected_j"),
    [
        ("864J", 864),
        ("0.24Wh", 864),
        ("1.2kWh", 4.32e6),
        ("1.2 kWh", 4.32e6),
        ("5e-3J", 0.005),
        ("2MJ", 2e6),
        ("0J", 0),
    ],
)
def test_an_energy_is_a_number_and_a_unit(text, expected_j):
    assert joules(text) == pytest.approx(expected_j)


@pytest.mark.parametrize("text", ["", "864", "J", "864 j", "-3J", "nanJ", "infWh", "1e400J", "1..2J", "3 kW", "١J"])
def test_what_is_no_energy_is_refused_with_what_would_be(text):
    with pytest.raises(InvalidValue, match=r"such as 864J, 0\.24Wh or 1\.2kWh"):
        joules(text)


@pytest.mark.parametrize("energy_j", [-1.0, float("nan"), float("inf"), True])
def test_joules_that_cannot_be_are_refused(energy_j):
    with pytest.raises(InvalidValue, match="at least 0"):
        footprint(energy_j, grid="FRA")


def test_the_package_is_the_function_before_and_after_its_modules_are_imported():
    script = (
        "import energyprof; first = energyprof.footprint(864, grid=94).co2e_g.value\n"
        "from energyprof.footprint.site import Site\n"
        "from energyprof import footprint\n"
        "assert footprint(864, grid=94).co2e_g.value == energyprof.footprint(864, grid=94).co2e_g.value == first\n"
        "print(first)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert float(done.stdout) == pytest.approx(864 / 3.6e6 * 94)


def test_googles_median_prompt_from_its_published_parts():
    """Elsworth et al. 2025: (0.14 + 0.06 + 0.02) Wh, PUE 1.09, 94 g/kWh, WUE 1.15: 0.24 Wh, 0.03 g, 0.26 mL."""
    it_j = (0.14 + 0.06 + 0.02) * 3600
    found = energyprof.footprint(it_j, grid=94, pue=1.09, wue_l_per_kwh=1.15)
    assert it_j / 3600 * 1.09 == pytest.approx(0.24, abs=0.005)
    assert found.co2e_g.value + 0.010 == pytest.approx(0.03, abs=0.005)  # published with 0.010 g embodied
    assert found.water_onsite_l.value * 1000 == pytest.approx(0.26, abs=0.01)


def test_an_interval_of_the_energy_takes_part_as_one_more_factor():
    energy = Quantity(3.6e6, 2.4e6, 4.8e6, "J", "estimated")
    shares = calculate(energy, Site("USA")).uncertainties["co2e"].shares
    assert [share.factor.id for share in shares] == ["energy.used", "grid.USA"]
    assert shares[0].fraction > 0.7


def test_an_exact_energy_on_a_given_grid_has_no_uncertainty():
    found = footprint(864, grid=94)
    assert "co2e" not in found.uncertainties
    assert found.co2e_g.low == found.co2e_g.value == found.co2e_g.high


def test_without_a_grid_there_is_a_named_set_and_no_headline():
    found = footprint(3.6e6)
    assert found.co2e_g.value is None
    assert "--grid" in found.co2e_g.reason
    assert [name for name, _ in found.over_grids] == list(NAMED_GRIDS)
    assert dict(found.over_grids)["FRA"].co2e.value == pytest.approx(56.039)


def test_a_users_factor_shows_up_in_the_figure_and_in_the_list():
    mine = given("grid.SWE", 8.0, "g/kWh")
    found = footprint(3.6e6, grid="SWE", factors=[mine])
    assert found.co2e_g.value == pytest.approx(8)
    assert mine in found.factors


def test_hydropowers_reservoirs_move_into_the_headline_where_asked():
    without, counted = (footprint(3.6e6, grid="SWE", hydro_l_per_kwh=hydro) for hydro in (0, 17))
    assert counted.water_l.value == pytest.approx(without.footprint.water_with_hydro.value)
    assert without.water_l.value < 1 < counted.water_l.value


def test_an_unknown_grid_names_the_nearest():
    with pytest.raises(UnknownName, match="FRA"):
        footprint(1.0, grid="FRANCE")


def test_the_json_has_each_figure_with_its_unit_and_each_factor_with_its_source():
    shape = footprint(864, grid="USA", pue=1.2).to_json()
    for name, unit in (("co2e_g", "g"), ("water_l", "L"), ("water_onsite_l", "L"), ("water_offsite_l", "L")):
        assert shape[name]["unit"] == unit
    assert shape["energy_j"]["value"] == 864
    assert shape["factors"][0]["id"] == "grid.USA"
    assert all(factor["source"] for factor in shape["factors"])
    assert sum(share["fraction"] for share in shape["uncertainty"]["water"]["shares"]) == pytest.approx(1, abs=0.1)


def test_sci_for_ai_is_per_the_unit_of_the_system_and_names_its_boundary():
    asked = {"grid": "USA", "devices": ["h100-sxm"], "seconds": 3600.0, "requests": 1000.0}
    plain, for_ai = (footprint(3.6e6, **asked, system=system) for system in (None, "LLM"))
    grams = find("USA").intensity.value + 273_000 / (4.5 * 365 * 24)  # 1 kWh, and an hour of 4.5 years
    assert plain.sci_g_per_request.value == pytest.approx(grams / 1000)
    assert plain.sci_for_ai is None
    assert for_ai.sci_for_ai.unit == "g/token"
    assert for_ai.sci_for_ai.value == pytest.approx(grams / 1000)
    shape = for_ai.to_json()["sci_for_ai"]
    assert (shape["system"], shape["unit"], shape["g_per_unit"]["unit"]) == ("LLM", "token", "g/token")
    assert shape["standard"].startswith("SCI for AI")
    assert "training" in shape["boundary"]
    with pytest.raises(InvalidValue, match="Say LLM"):
        footprint(1.0, system="toaster")
