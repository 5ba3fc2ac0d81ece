"""What is said of the site: the command line before the profile, before pyproject.toml, before what is shipped."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cli.recorded import recorded, write

from energyprof.cli.main import main
from energyprof.cli.options import SiteOptions, add_site
from energyprof.cli.pyproject import read_project, with_project
from energyprof.footprint.overrides import factor_from_text, given_records
from energyprof.model.errors import EnergyprofError, InvalidValue, UnknownName

PYPROJECT = """\
[tool.energyprof]
grid = "SWE"
pue = 1.3
hydro = 17

[tool.energyprof.factors]
water.coal.tower = 2
"range.grid" = "1:0.95:1.1"
"""


def said(*words: str) -> SiteOptions:
    parser = argparse.ArgumentParser()
    add_site(parser)
    return SiteOptions.of(parser.parse_args(words))


def project(folder: Path, text: str = PYPROJECT) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_nearest_pyproject_says_what_the_command_line_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    site = with_project(said("--pue", "1.1", "--factor", "water.coal.tower=2.2")).site()
    assert (site.grid, site.pue, site.wue_l_per_kwh, site.hydro_l_per_kwh) == ("SWE", 1.1, 0.0, 17.0)
    assert {factor.id: factor.value for factor in site.factors} == {"water.coal.tower": 2.2, "range.grid": 1.0}
    assert [factor.source for factor in site.factors] == [
        "given by the user (command line)",
        "given by the user (pyproject.toml)",
    ]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"energyprof: grid, hydro, range.grid from {path}\n"


def test_a_nearer_pyproject_that_says_nothing_ends_the_search(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "below").mkdir()
    project(tmp_path / "below", "[project]\nname = 'x'\n")
    assert read_project(tmp_path / "below") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tool.energyprof]\ngird = 'FRA'", "Did you mean grid"),
        ("[tool.energyprof]\nx = 1", "Use one of grid"),
        ("[tool.energyprof]\npue = 'high'", "no data centre named 'high'"),
        ("[tool.energyprof]\npue = true", "pue = True is no number"),
        ("[tool.energyprof]\npue = 0.5", "PUE of 0.5"),
        ("[tool.energyprof]\ngrid = ['FRA']", "neither a name nor a number"),
        ("[tool.energyprof]\ngrid = 'Frnace'", "FRA \\(France\\)"),
        ("[tool.energyprof]\nhydro = 5", "give 0, or 17"),
        ("[tool.energyprof]\nmarket = -5", "market-based intensity of -5"),
        ("[tool.energyprof]\nfactors = 3", "factors is neither"),
        ("[tool.energyprof]\nfactors = 'none.csv'", "is no file"),
        ("[tool.energyprof.factors]\nwater.coal.towr = 2", "Did you mean water.coal.tower"),
        ("[tool]\nenergyprof = 3", "is no table"),
        ("[tool.energyprof\n", "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_wrong_pyproject_is_named_with_its_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = project(tmp_path, text)
    with pytest.raises(EnergyprofError, match=sentence) as raised:
        read_project(tmp_path)
    assert str(path) in str(raised.value)
    assert raised.value.exit_code == 2


def test_the_later_of_two_options_wins_and_a_single_factor_before_a_table(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "id,value,low,high,unit,distribution,source,year,url,licence,note\n"
        "water.coal.tower,2,2,2,L/kWh,exact,me,2025,,own,\nwater.coal.pond,1,1,1,L/kWh,exact,me,2025,,own,\n"
    )
    given = said("--factors", str(table), "--factor", "water.coal.tower=3", "--factor", "water.coal.tower=4")
    assert {factor.id: factor.value for factor in given.factors} == {"water.coal.tower": 4, "water.coal.pond": 1}


def test_a_record_goes_before_pyproject_and_the_command_line_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    mine = given_records([factor_from_text("water.coal.tower=1.5", "p.toml")])
    profile = replace(recorded().profile, grid="POL", pue=1.0, factors=mine)
    site = with_project(said("--wue", "0.2").before(SiteOptions.recorded(profile))).site()
    assert (site.grid, site.pue, site.wue_l_per_kwh, site.hydro_l_per_kwh) == ("POL", 1.0, 0.2, 0.0)
    assert {factor.id: factor.value for factor in site.factors} == {"water.coal.tower": 1.5, "range.grid": 1.0}


def test_a_record_without_a_grid_leaves_the_site_to_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    site = with_project(SiteOptions.recorded(replace(recorded().profile, grid=None, pue=1.0, wue_l_per_kwh=0.0))).site()
    assert (site.grid, site.pue) == ("SWE", 1.3)


def test_a_grid_and_a_mix_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        said("--grid", "FRA", "--mix", "coal=100")
    assert ended.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--factor", "water.coal.tower=-1"], "neither a number"),
        (["--factor", "water.coal.towr=1"], "Did you mean water.coal.tower"),
        (["--factors", "none.csv"], "is no file"),
        (["--grid", "Frnace"], "FRA (France)"),
        (["--hydro", "5"], "give 0, or 17"),
        (["--market", "-1"], "market-based intensity"),
    ],
)
def test_bad_input_is_exit_code_2_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    folder = write(recorded(), tmp_path / "sim")
    assert main(["report", str(folder), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["run.json"]


def test_the_page_names_the_factors_that_make_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    assert main(["report", str(folder), "--grid", "POL", "--factor", "water.coal.tower=2.2:2:3"]) == 0
    capsys.readouterr()
    assert "--grid POL --factor water.coal.tower=2.2:2:3" in (folder / "index.html").read_text(encoding="utf-8")


def test_a_record_of_an_older_version_has_no_factors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(recorded(), tmp_path / "sim")
    document = json.loads((folder / "run.json").read_text())
    for name in ("factors", "hydro_l_per_kwh", "market_g_per_kwh"):
        del document["profile"][name]
    (folder / "run.json").write_text(json.dumps(document))
    assert main(["report", str(folder), "--json"]) == 0
    capsys.readouterr()


def test_errors_of_options_are_of_their_kind() -> None:
    with pytest.raises(UnknownName):
        said("--factor", "nothing=1")
    with pytest.raises(InvalidValue):
        said("--factor", "water.coal.tower=x")


def test_a_data_centre_has_the_pue_that_it_states_and_its_range() -> None:
    site = said("--pue", "AWS", "--wue", "unknown").site()
    assert (site.pue, site.wue_l_per_kwh) == (1.14, 0.36)
    pue, wue = site.factors
    assert (pue.id, pue.low, pue.value, pue.high) == ("site.pue", 1.14, 1.14, 1.14)
    assert (wue.id, wue.low, wue.value, wue.high) == ("site.wue", 0.02, 0.36, 1.9)
    assert pue.source == "given by the user (command line): pue.aws, Amazon, AWS Cloud"


def test_a_number_takes_a_lower_levels_range_away() -> None:
    named = said("--pue", "unknown")
    assert said("--pue", "1.2").before(named).site().factors == ()
    assert said().before(named).site().factors == named.factors


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--wue", "aws"], "is what it withdraws"),
        (["--wue", "aws.us-east-1"], "is what it withdraws"),
        (["--wue", "microsoft"], "it is not stated"),
        (["--pue", "amazon"], "Use one of aws"),
        (["--pue", "gogle"], "Did you mean google?"),
        (["--pue", "0.5"], "PUE of 0.5"),
        (["--pue", "nan"], "PUE of nan"),
    ],
)
def test_no_water_that_is_withdrawn_counts_as_consumed_and_no_name_is_guessed(words: list[str], sentence: str) -> None:
    with pytest.raises(EnergyprofError, match=sentence):
        said(*words).site()


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "footprint.md"
    inside, whole = re.findall(r"```ini\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    table = "id,value,low,high,unit,distribution,source,year,url,licence,note\n"
    (tmp_path / "mine.csv").write_text(table + "water.coal.pond,1,1,1,L/kWh,exact,me,2025,,own,\n")
    project(tmp_path, whole)
    found = read_project(tmp_path)
    assert found is not None
    assert (found.options.grid, found.options.pue, found.options.market_g_per_kwh) == ("FRA", 1.14, 20.0)
    project(tmp_path, inside.replace("[factors]", "[tool.energyprof.factors]"))
    found = read_project(tmp_path)
    assert found is not None
    assert {factor.id for factor in found.options.factors} == {"water.nuclear.tower", "range.grid", "water.coal.pond"}
