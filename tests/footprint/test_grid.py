"""A grid is found by name or is refused; what its intensity counts is always said."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from energyprof.footprint.grid import NAMED_GRIDS, find, names
from energyprof.model.errors import InvalidValue, UnknownName

JOULES = 864.0


def codecarbon_json(name):
    return json.loads(files("codecarbon").joinpath("data", "private_infra", name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "country", "region"),
    [
        ("FRA", "FRA", None),
        ("SWE", "SWE", None),
        ("USA", "USA", None),
        ("IND", "IND", None),
        ("US-CA", "USA", "california"),
        ("US-WY", "USA", "wyoming"),
        ("CN-BJ", "CHN", "beijing"),
    ],
)
def test_the_same_joules_and_place_give_codecarbons_own_grams(name, country, region):
    """On CodeCarbon's own basis: lifecycle for a country, direct for a US state, CO2 only for a Chinese province."""
    from codecarbon.core.emissions import Emissions
    from codecarbon.core.units import Energy
    from codecarbon.external.geography import GeoMetadata
    from codecarbon.input import DataSource

    place = GeoMetadata(country_iso_code=country, country_name=names()[country], region=region)
    theirs_kg = Emissions(DataSource()).get_private_infra_emissions(Energy(JOULES * Energy.JOULES_TO_KWH), place)
    ours_g = JOULES / 3.6e6 * find(name).intensity.value
    assert ours_g == pytest.approx(theirs_kg * 1000, rel=1e-3)


def test_a_canadian_province_is_its_mix_times_lifecycle_medians():
    """Saskatchewan 2023, by hand; codecarbon's own figure counts combustion alone and gas at 744 g/kWh."""
    expected = (50.7 * 490 + 27.9 * 820 + 16.6 * 24 + 3.0 * 11 + 1.2 * 230 + 0.6 * 48) / 100
    grid = find("CA-SK")
    assert grid.intensity.value == pytest.approx(expected, rel=1e-9)
    assert grid.accounting == "lifecycle"
    assert grid.mix.name == "CA-SK"


def test_what_an_intensity_counts_is_labelled():
    accounting = {name: find(name).accounting for name in ("FRA", "US-CA", "CN-BJ", "CA-ON", "CA-NU", "94")}
    assert accounting == {
        "FRA": "lifecycle",
        "US-CA": "direct",
        "CN-BJ": "CO2 only",
        "CA-ON": "lifecycle",
        "CA-NU": "mixed",
        "94": "as given",
    }
    assert {find(name).accounting for name in NAMED_GRIDS} == {"lifecycle"}


def test_every_grid_that_is_offered_can_be_found_and_names_its_source():
    assert len(names()) > 300
    for name in names():
        grid = find(name)
        factor = grid.intensity
        assert grid.name == name
        assert 0 < factor.low < factor.value < factor.high < 3000
        assert factor.unit == "g/kWh"
        assert factor.source
        assert factor.licence
        assert 2021 <= factor.year <= 2026 or name == "ESH"
        assert "codecarbon " in factor.source


def test_a_borrowed_mix_is_said_to_be_borrowed():
    assert find("US-CA").mix.name == "USA"
    assert find("US-CA").mix_note == "mix of the USA, not of the state"
    assert find("FRA").mix_note is None


def test_the_range_is_wider_for_a_clean_grid():
    france, india = find("FRA").intensity, find("IND").intensity
    assert (france.low / france.value, france.high / france.value) == pytest.approx((0.5, 1.3))
    assert (india.low / india.value, india.high / india.value) == pytest.approx((0.9, 1.2))


def test_the_world_is_the_mean_weighted_by_generation():
    countries = [c for c in codecarbon_json("global_energy_mix.json").values() if c["carbon_intensity"]]
    grams = sum(c["carbon_intensity"] * c["total_TWh"] for c in countries)
    assert find("WORLD").intensity.value == pytest.approx(grams / sum(c["total_TWh"] for c in countries))
    assert 450 < find("WORLD").intensity.value < 510


def test_a_country_with_an_impossible_zero_is_not_known():
    assert codecarbon_json("global_energy_mix.json")["CAF"]["carbon_intensity"] == 0
    with pytest.raises(UnknownName):
        find("CAF")


@pytest.mark.parametrize("name", ["fra", " FRA ", "us-ca", "World"])
def test_case_and_blanks_do_not_matter(name):
    assert find(name).name == name.strip().upper()


@pytest.mark.parametrize("given", [94, 94.0, "94", " 94.0 "])
def test_a_number_is_an_exact_intensity(given):
    grid = find(given)
    assert (grid.intensity.low, grid.intensity.value, grid.intensity.high) == (94, 94, 94)
    assert grid.intensity.distribution == "exact"
    assert grid.intensity.source == "given by the user"
    assert grid.mix is None


@pytest.mark.parametrize("given", [0, -5, 3000, 5e9, float("nan"), float("inf"), "0", "-1", "nan", True])
def test_an_intensity_that_no_grid_has_is_refused(given):
    with pytest.raises(InvalidValue, match="above 0 and below 3000 g/kWh"):
        find(given)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("France", "FRA (France)"),
        ("Frnace", "FRA (France)"),
        ("FR", "FRA (France)"),
        ("Germany", "DEU (Germany)"),
        ("UK", "GBR (United Kingdom)"),
        ("US", "USA (United States)"),
        ("California", "US-CA (California)"),
        ("Ontario", "CA-ON (Ontario)"),
        ("US-ZZ", "US-AZ (Arizona)"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, suggestion):
    with pytest.raises(UnknownName) as raised:
        find(name)
    assert repr(name) in str(raised.value)
    assert suggestion in str(raised.value)


@pytest.mark.parametrize("name", ["", "   ", "../../etc/passwd", "<script>", "\x00" * 50, "X" * 100_000, "🌍"])
def test_a_hostile_name_gets_a_short_printable_sentence(name):
    with pytest.raises(UnknownName) as raised:
        find(name)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
