"""A user's factor stands in place of the shipped one of the same id and unit, or is refused with a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from energyprof.footprint.factor import shipped_factors
from energyprof.footprint.formula import central, with_overrides
from energyprof.footprint.overrides import (
    LARGEST_TABLE_BYTES,
    factor_from_text,
    factor_text,
    factors_from_mapping,
    factors_from_records,
    factors_from_table,
    first_of,
    given_records,
)
from energyprof.footprint.rate import rates
from energyprof.footprint.site import Site
from energyprof.footprint.site_record import recorded_site, session_site
from energyprof.model.errors import EnergyprofError, InvalidRun, InvalidValue, UnknownName

HEADER = "id,value,low,high,unit,distribution,source,year,url,licence,note\n"
ROW = "water.coal.tower,2.2,1.8,3,L/kWh,triangular,Our plant,2025,,own measurement,\n"
TOWER = shipped_factors("tech_water.csv")["water.coal.tower"]


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_one_number_is_exact_and_in_the_shipped_unit():
    factor = factor_from_text("water.coal.tower=2.2", "command line")
    assert (factor.low, factor.value, factor.high) == (2.2, 2.2, 2.2)
    assert (factor.unit, factor.distribution) == ("L/kWh", "exact")
    assert factor.source == "given by the user (command line)"
    assert factor.note == "in place of 2.6"
    assert factor.by_user
    assert not TOWER.by_user


@pytest.mark.parametrize(
    ("text", "distribution"),
    [
        ("water.coal.tower=2.2:1:3", "triangular"),
        ("range.grid=1:0.9:1.1", "lognormal"),
        ("grid.FRA=40:30:60", "lognormal"),
        ("range.grid=1:0:2", "triangular"),
        ("site.pue=1.2:1.1:1.4", "triangular"),
        ("water.gas_cc.once_through=0.4:0.3:0.5", "triangular"),
    ],
)
def test_a_range_is_read_as_the_shipped_ones_is(text, distribution):
    factor = factor_from_text(text, "command line")
    assert factor.distribution == distribution
    assert factor_text(factor) == text


def test_it_takes_the_place_of_the_shipped_one_in_a_formula():
    def formula(pick):
        return 3 * pick(TOWER)

    mine = factor_from_text("water.coal.tower=2.2", "command line")
    assert central(formula) == pytest.approx(3 * 2.6)
    assert central(with_overrides(formula, [mine])) == pytest.approx(3 * 2.2)


@pytest.mark.parametrize(
    "text",
    [
        "water.coal.tower",
        "water.coal.tower=",
        "water.coal.tower=two",
        "water.coal.tower=-1",
        "water.coal.tower=nan",
        "water.coal.tower=inf",
        "water.coal.tower=1e999",
        "water.coal.tower=1:2",
        "water.coal.tower=1:2:3:4",
        "water.coal.tower=1:2:3",
        "water.coal.tower==2",
        "site.pue=0.9",
        "site.pue=1.2:0.9:1.3",
        "site.pue=4",
        "site.wue=21",
        "grid.FRA=0",
        "grid.FRA=3001",
        "range.grid=0",
        "",
        "=1",
        "water.coal.towr=2",
        "pue.aws=1.2",
        "wue_withdrawal.aws=1.2",
        "x\x1b[31m=1",
        "X" * 100_000 + "=1",
        "grid.Frnace=50",
        "grid.=50",
    ],
)
def test_what_cannot_be_is_refused_with_a_printable_sentence(text):
    with pytest.raises(EnergyprofError) as raised:
        factor_from_text(text, "command line")
    assert raised.value.exit_code == 2
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600


def test_an_unknown_id_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"Did you mean water\.coal\.tower"):
        factor_from_text("water.coal.towr=2", "command line")
    with pytest.raises(UnknownName, match=r"FRA \(France\)"):
        factor_from_text("grid.France=50", "command line")


def test_a_table_of_ones_own_is_read_with_its_rows(tmp_path):
    (factor,) = factors_from_table(table(tmp_path, "\ufeff" + HEADER + ROW))
    assert (factor.low, factor.value, factor.high) == (1.8, 2.2, 3)
    assert factor.source == "given by the user (mine.csv row 2): Our plant"
    assert (factor.year, factor.licence) == (2025, "own measurement")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "row 1: the columns must be"),
        ("id,value\nwater.coal.tower,2\n", "row 1: the columns must be"),
        (HEADER.replace(",", ";") + ROW, "row 1: the columns must be"),
        (HEADER + ROW.replace("2.2", "nan"), "row 2, column value: 'nan'"),
        (HEADER + ROW.replace("2.2", "=1+1"), "row 2, column value: '=1\\+1'"),
        (HEADER + ROW.replace("2.2", "-2.2"), "row 2, column value: '-2.2'"),
        (HEADER + ROW.replace("Our plant", "=HYPERLINK(1)\x07"), "row 2, column source: holds control characters"),
        (HEADER + ROW + ROW, "row 3, column id: 'water.coal.tower' is already in row 2"),
        (
            HEADER + ROW.replace("L/kWh", "gal/MWh"),
            "row 2: water.coal.tower is in 'gal/MWh', but is reckoned in 'L/kWh'",
        ),
        (HEADER + ROW.replace("water.coal.tower", "water.coal.towr"), "row 2: There is no factor named"),
        (HEADER + ROW.replace("own measurement", ""), "row 2, column licence: is empty"),
        (HEADER + '"never closed', "not CSV"),
        (HEADER + "a" * 200_000, "row 2"),
        (b"\xff\xfe\x00i\x00d", "not text in UTF-8"),
        (b"x" * (LARGEST_TABLE_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_a_hostile_table_is_refused_with_a_sentence(tmp_path, text, sentence):
    with pytest.raises(EnergyprofError, match=sentence) as raised:
        factors_from_table(table(tmp_path, text))
    assert raised.value.exit_code == 2
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("path", ["none.csv", ".", "/dev/zero"])
def test_what_is_no_file_is_no_table(tmp_path, path):
    with pytest.raises(InvalidValue, match="is no file"):
        factors_from_table(tmp_path / path)


def test_a_toml_table_may_nest_quote_and_name_a_csv_table(tmp_path):
    table(tmp_path, HEADER + ROW + ROW.replace("tower", "pond"))
    shape = {"water": {"coal": {"tower": 2}}, "range.grid": "1:0.9:1.1", "file": "mine.csv"}
    factors = factors_from_mapping(shape, "pyproject.toml", tmp_path)
    assert {factor.id: factor.value for factor in factors} == {
        "water.coal.tower": 2,
        "range.grid": 1,
        "water.coal.pond": 2.2,
    }
    assert factors[0].source == "given by the user (pyproject.toml)"
    assert [factor.value for factor in factors_from_mapping("mine.csv", "p.toml", tmp_path)] == [2.2, 2.2]


@pytest.mark.parametrize(
    "shape", [{"water.coal.tower": True}, {"water.coal.tower": [1, 2, 3]}, {"water.coal.tower": None}, {"file": 3}]
)
def test_a_toml_value_that_is_no_number_is_refused(tmp_path, shape):
    with pytest.raises(InvalidValue):
        factors_from_mapping(shape, "pyproject.toml", tmp_path)


def test_deep_nesting_is_an_unknown_name(tmp_path):
    shape: dict[str, object] = {"a": 1}
    for _ in range(500):
        shape = {"a": shape}
    with pytest.raises(UnknownName):
        factors_from_mapping(shape, "pyproject.toml", tmp_path)


def test_what_a_grid_withdraws_may_be_given_as_a_whole_and_moves_nothing_else():
    mine = factor_from_text("withdrawal.grid.FRA=2", "command line")
    before, after = (rates(Site("FRA", pue=1.5, factors=factors)) for factors in ((), (mine,)))
    assert after.water_withdrawn.value == pytest.approx(1.5 * 2 / 3.6e6)
    assert after.water_withdrawn.draws is None
    assert after.water.value == before.water.value
    assert [factor.value for factor in after.factors if factor.id == "withdrawal.grid.FRA"] == [2.0]


def test_the_earlier_set_goes_before_the_later():
    here = factor_from_text("water.coal.tower=1", "command line")
    there = factor_from_text("water.coal.tower=2", "p.toml")
    other = factor_from_text("water.coal.pond=3", "p.toml")
    assert first_of([here], [there, other]) == (here, other)


def test_a_record_gives_the_same_site_again():
    mine = (factor_from_text("water.coal.tower=2.2:1:3", "command line"),)
    site = Site("FRA", 1.2, 0.3, 17.0, mine, 12.0)
    assert recorded_site(session_site(site)) == site


def test_a_damaged_factor_in_a_record_is_refused():
    record = given_records([factor_from_text("site.pue=1.2", "command line")])[0]
    for broken in (replace(record, value=0.1), replace(record, distribution="x"), replace(record, high=float("nan"))):
        with pytest.raises(InvalidRun):
            factors_from_records([broken])
