"""The pages say what the tables and the code say."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from energyprof.footprint.document import factors_markdown
from energyprof.footprint.formula import central
from energyprof.footprint.grid import find
from energyprof.footprint.mix import shares_of
from energyprof.footprint.water import hydro_factor, water_intensity

DOCS = Path(str(files("energyprof"))).parent / "docs"
COUNTRIES = ("FRA", "USA", "DEU", "IND", "SWE")


def page_table():
    lines = (DOCS / "footprint.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows if row[0] in COUNTRIES}


def recomputed_g_per_kwh(country):
    """The mix in codecarbon's file, of the year of its intensity, times the shipped emission factors."""
    file = files("codecarbon").joinpath("data", "private_infra", "global_energy_mix.json")
    row = json.loads(file.read_text(encoding="utf-8"))[country]
    keys = {"hydro": "hydroelectricity", "bioenergy": "biofuel", "other_renewables": "other_renewable_exc_biofuel"}
    mix = find(country).mix
    generation_twh = {source: row[f"{keys.get(source, source)}_TWh"] for source, _ in mix.shares}
    percents = {source: 100 * twh / sum(generation_twh.values()) for source, twh in generation_twh.items()}
    return replace(mix, shares=shares_of(percents, country)).emissions_g_per_kwh()


def test_the_committed_page_of_factors_is_the_generated_one():
    assert (DOCS / "factors.md").read_text(encoding="utf-8") == factors_markdown(), (
        "write energyprof.footprint.document.factors_markdown() to docs/factors.md"
    )


def test_every_row_of_every_shipped_table_says_where_it_comes_from_and_is_on_the_page():
    tables = [path for path in files("energyprof.data").iterdir() if path.name.endswith(".csv")]
    page = factors_markdown()
    assert len(tables) >= 8
    for table in tables:
        assert f"`energyprof/data/{table.name}`" in page
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))):
            assert row["source"], (table.name, row)
            assert 2010 <= int(row["year"]) <= 2026, (table.name, row)
            assert row["licence"], (table.name, row)


@pytest.mark.parametrize("country", COUNTRIES)
def test_mix_times_factors_comes_within_a_fifth_of_the_published_intensity(country):
    """Both of the same year; the reasons for what is left stand beside the table."""
    assert recomputed_g_per_kwh(country) == pytest.approx(find(country).intensity.value, rel=0.2)


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_table_of_countries_is_what_the_code_computes(country):
    published, recomputed, difference, ewif, interval, with_hydro, _ = page_table()[country]
    intensity, water = find(country).intensity.value, water_intensity(find(country).mix)
    assert published == f"{intensity:.1f}"
    assert recomputed == f"{recomputed_g_per_kwh(country):.1f}"
    assert difference == f"{100 * (recomputed_g_per_kwh(country) / intensity - 1):+.0f} %"
    assert ewif == f"{central(water.formula(None)):.2f}"
    assert interval == f"{water.factor().low:.2f}-{water.factor().high:.2f}"
    assert with_hydro == f"{central(water.formula(hydro_factor())):.2f}"


def test_the_worked_examples_run_as_written(capsys):
    text = (DOCS / "footprint.md").read_text(encoding="utf-8")
    for code in (part.split("```")[0] for part in text.split("```python\n")[1:]):
        exec(compile(code, "footprint.md", "exec"), {})
    said = capsys.readouterr().out
    assert "grid.FRA 56.039 g/kWh" in said
    assert "device.h100-sxm" in said
    assert "g/token one GPU of the inference server; location-based" in said
