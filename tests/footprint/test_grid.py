"""A grid is found by name or is refused; what its intensity counts is always said."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from energyprof.footprint.cloud import cloud_regions
from energyprof.footprint.formula import central
from energyprof.footprint.grid import NAMED_GRIDS, find, names
from energyprof.footprint.water import hydro_factor, water_intensity
from energyprof.model.errors import EnergyprofError, InvalidValue, UnknownName

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


def test_a_cloud_region_has_the_intensity_of_its_grid_and_shares_its_draws():
    for name in cloud_regions():
        region, grid = find(name), find(cloud_regions()[name].grid)
        assert region.name == name
        assert region.intensity == replace(grid.intensity, note=region.intensity.note)
        assert (region.accounting, region.mix, region.mix_note) == (grid.accounting, grid.mix, grid.mix_note)
    assert len(cloud_regions()) == 123


@pytest.mark.parametrize(
    ("name", "grid"),
    [
        ("aws:us-east-1", "US-VA"),
        ("gcp:europe-west1", "BEL"),
        ("azure:westeurope", "NLD"),
        (" AWS : CA-Central-1 ", "CA-QC"),
    ],
)
def test_the_place_of_a_region_is_said(name, grid):
    assert find(name).intensity.id == f"grid.{grid}"
    assert "is taken to draw from the grid of" in find(name).intensity.note


def test_the_regions_of_google_are_those_in_codecarbons_file():
    """Its own numbers have no year and do not say what they count (Quebec: 2 g/kWh), so they are not used."""
    text = files("codecarbon").joinpath("data", "cloud", "impact.csv").read_text(encoding="utf-8-sig")
    rows = {row["region"]: row for row in csv.DictReader(io.StringIO(text)) if row["provider"] == "gcp"}
    ours = {name.removeprefix("gcp:"): region for name, region in cloud_regions().items() if name.startswith("gcp:")}
    assert {region.replace("cenrtal", "central") for region in rows} == ours.keys()
    of_country = {"US-": "USA", "CA-": "CAN"}
    for region, row in rows.items():
        grid = ours[region.replace("cenrtal", "central")].grid
        if region != "asia-east2":  # Hong Kong, which has a grid of its own
            assert of_country.get(grid[:3], grid) == row["countryIsoCode"]


def test_a_mix_is_its_sources_times_their_lifecycle_factors():
    grid = find("wind=60, coal = 40 %")
    assert grid.name == "coal=40,wind=60"
    assert grid.label == "a mix of 40 % coal, 60 % wind"
    assert grid.intensity.value == pytest.approx(0.4 * 820 + 0.6 * 11)
    assert grid.intensity.low < grid.intensity.value < grid.intensity.high
    assert grid.intensity.distribution == "composite"
    assert sum(share * factor.value for share, factor in grid.terms) == pytest.approx(grid.intensity.value)
    assert grid.accounting == "lifecycle"
    assert find("oil=100").accounting == "mixed"
    assert find("FRA").terms == ()


def test_the_range_of_one_source_is_that_of_its_studies():
    """2.5 % and 97.5 % quantiles of 10,000 draws come within a few percent of the ends they were drawn between."""
    hydro = find("hydro=100").intensity
    assert (hydro.low, hydro.high) == pytest.approx((6, 147), rel=0.1)
    assert hydro.value == 24


def test_a_mix_has_water_with_the_cooling_systems_that_it_names():
    world, france = find("nuclear=100"), find("nuclear=100@fra")
    assert world.mix.cooling_region == "World"
    assert france.name == "nuclear=100@FRA"
    assert france.mix.cooling_region == find("FRA").mix.cooling_region
    assert central(water_intensity(world.mix).formula(None)) > 0
    assert central(water_intensity(find("wind=60,hydro=40").mix).formula(hydro_factor())) == pytest.approx(0.4 * 17)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("coal=40,wind=50", "sums to 90 %"),
        ("coal=0", "sums to 0 %"),
        ("peat=100", "no source that is known. Use coal"),
        ("cola=40,wind=60", "Did you mean coal?"),
        ("coal=40,coal=60", "twice"),
        ("coal=-5,wind=105", "percentage of at least 0"),
        ("coal=nan", "percentage of at least 0"),
        ("coal=1e400", "percentage of at least 0"),
        ("=", "no SOURCE=PERCENT"),
        ("a=b=c", "no SOURCE=PERCENT"),
        ("coal=100@FRX", "cooling systems of 'FRX'"),
        ("X" * 100_000 + "=5", "no source that is known"),
        ("coal=\x1b[31m", "no SOURCE=PERCENT"),
        ("aws:us-east-9", "aws:us-east-1"),
        ("ibm:us-east", "one of aws, gcp, azure"),
        (":", "PROVIDER:REGION"),
        ("us-east-1", "Did you mean aws:us-east-1?"),
    ],
)
def test_a_wrong_mix_or_region_gets_a_short_printable_sentence(name, sentence):
    with pytest.raises(EnergyprofError, match=re.escape(sentence)) as raised:
        find(name)
    assert raised.value.exit_code == 2
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
