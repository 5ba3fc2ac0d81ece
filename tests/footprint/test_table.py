"""A table of factors is refused at the first cell that cannot be traced or cannot be true."""

from __future__ import annotations

import pytest

from energyprof.footprint.catalogue import FACTOR_TABLES
from energyprof.footprint.factor import read_factors, shipped_factors
from energyprof.footprint.mix import SOURCES, country_mixes, shares_of
from energyprof.footprint.table import read_rows, shipped_text
from energyprof.footprint.water import COOLING, cooling_rows, cooling_shares
from energyprof.model.errors import InvalidValue

HEADER = "id,value,low,high,unit,distribution,source,year,url,licence,note\n"
GOOD = "x.y,2,1,4,L/kWh,triangular,Somebody 2020,2020,https://example.org,CC BY 4.0,a note\n"

FACTOR_FILES = tuple(file for _, file in FACTOR_TABLES)
ALL_FILES = (*FACTOR_FILES, "cooling_shares.csv", "country_mixes.csv", "cloud_regions.csv")


def test_a_good_row_is_read_as_written():
    factor = read_factors(HEADER + GOOD, "mine.csv")["x.y"]
    assert (factor.low, factor.value, factor.high, factor.unit) == (1.0, 2.0, 4.0, "L/kWh")
    assert (factor.source, factor.year, factor.licence) == ("Somebody 2020", 2020, "CC BY 4.0")
    assert factor.note == "a note"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x,2,1,4,L,triangular,,2020,,MIT,", "source"),
        ("x,2,1,4,L,triangular,   ,2020,,MIT,", "source"),
        ("x,2,1,4,L,triangular,s,,,MIT,", "year"),
        ("x,2,1,4,L,triangular,s,soon,,MIT,", "year"),
        ("x,2,1,4,L,triangular,s,20200,,MIT,", "year"),
        ("x,2,1,4,L,triangular,s,²020,,MIT,", "year"),
        ("x,2,1,4,L,triangular,s,2020,,,", "licence"),
        ("x,2,1,4,L,triangular,s,2020,javascript:alert(1),MIT,", "url"),
        ("x,,1,4,L,triangular,s,2020,,MIT,", "value"),
        ("x,=1+1,1,4,L,triangular,s,2020,,MIT,", "value"),
        ("x,nan,1,4,L,triangular,s,2020,,MIT,", "value"),
        ("x,2,1,inf,L,triangular,s,2020,,MIT,", "high"),
        ("x,2,-1,4,L,triangular,s,2020,,MIT,", "low"),
        ("x,5,1,4,L,triangular,s,2020,,MIT,", "value"),
        ("x,2,1,4,,triangular,s,2020,,MIT,", "unit"),
        ("x,2,1,4,L,gaussian,s,2020,,MIT,", "distribution"),
        ("x,2,1,4,L,composite,s,2020,,MIT,", "distribution"),
        ("x,2,1,4,L,exact,s,2020,,MIT,", "distribution"),
        ("x,2,0,4,L,lognormal,s,2020,,MIT,", "low"),
        (",2,1,4,L,triangular,s,2020,,MIT,", "id"),
        ("x,2,1,4,L,triangular,s\x1b[31m,2020,,MIT,", "source"),
        (f"x,2,1,4,L,triangular,s,2020,,MIT,{'n' * 2000}", "note"),
    ],
)
def test_a_bad_cell_is_refused_by_file_row_and_column(row, column):
    with pytest.raises(InvalidValue, match=rf"mine\.csv, row 3, column {column}:"):
        read_factors(HEADER + GOOD + row + "\n", "mine.csv")


def test_the_same_factor_twice_is_refused():
    with pytest.raises(InvalidValue, match=r"row 3, column id: 'x\.y' is already in row 2"):
        read_factors(HEADER + GOOD + GOOD, "mine.csv")


@pytest.mark.parametrize(
    "text", ["", "\n", "id,value\n", HEADER.replace("licence,", ""), "\x00\x01\x02", GOOD, "PK\x03\x04" + HEADER]
)
def test_a_table_without_its_header_is_refused(text):
    with pytest.raises(InvalidValue, match=r"mine\.csv, row 1"):
        read_factors(text, "mine.csv")


@pytest.mark.parametrize("row", ["x,2,1\n", GOOD.rstrip("\n") + ",more,cells\n", '"never closed,2,1,4\n'])
def test_a_row_that_does_not_fit_the_header_is_refused(row):
    with pytest.raises(InvalidValue, match=r"mine\.csv, row 2"):
        read_factors(HEADER + row, "mine.csv")


def test_blank_lines_are_no_rows():
    assert list(read_factors(HEADER + "\n" + GOOD + "\n", "mine.csv")) == ["x.y"]


@pytest.mark.parametrize("file", ALL_FILES)
def test_every_shipped_row_has_source_year_and_licence(file):
    text = shipped_text(file)
    header = text.splitlines()[0].split(",")
    rows = read_rows(text, file, header[:-5], key=header[:2])
    assert rows
    for row in rows:
        assert row.text("source")
        assert row.text("licence")
        assert row.text("unit")
        assert 2010 <= row.year() <= 2026


@pytest.mark.parametrize("file", ALL_FILES)
def test_nothing_unverified_or_under_a_foreign_licence_is_shipped(file):
    text = shipped_text(file).lower()
    assert not [word for word in ("memory", "unverified", "agpl", "mpl", "check)", "sphera") if word in text]


@pytest.mark.parametrize(
    ("file", "prefix", "unit"),
    [
        ("tech_water.csv", "water.", "L/kWh"),
        ("tech_withdrawal.csv", "withdrawal.", "L/kWh"),
        ("tech_ghg.csv", "ghg.", "g/kWh"),
        ("ranges.csv", "range.", "ratio"),
    ],
)
def test_shipped_factors_are_in_the_unit_of_their_table(file, prefix, unit):
    factors = shipped_factors(file).values()
    assert {factor.unit for factor in factors} == {unit}
    assert all(factor.id.startswith(prefix) for factor in factors)


def test_every_mix_sums_to_one_and_has_a_cooling_region():
    regions = {row.text("region") for row in cooling_rows()} | {"World"}
    assert len(country_mixes()) == 213
    for mix in country_mixes().values():
        assert sum(fraction for _, fraction in mix.shares) == pytest.approx(1, abs=1e-12)
        assert mix.cooling_region in regions


def test_world_cooling_is_the_mean_of_the_regions():
    shares = cooling_shares("World", "nuclear")
    rows = [row for row in cooling_rows() if row.text("plant") == "nuclear"]
    assert shares["tower"] == pytest.approx(sum(row.number("tower") for row in rows) / 14)
    assert list(shares) == list(COOLING)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)


def test_a_mix_is_scaled_to_one_from_percent_off_by_rounding():
    assert dict(shares_of({"coal": 40.2, "wind": 60.3}, "mine"))["wind"] == pytest.approx(0.6)
    assert [source for source, _ in shares_of({"coal": 100}, "mine")] == list(SOURCES)


@pytest.mark.parametrize(
    ("percents", "message"),
    [
        ({"coal": 40, "wind": 50}, "sums to 90 %"),
        ({}, "sums to 0 %"),
        ({"coal": 140, "wind": -40}, "-40 % of 'wind'"),
        ({"coal": float("nan")}, "nan % of 'coal'"),
        ({"peat": 100}, "100 % of 'peat'"),
    ],
)
def test_a_mix_that_cannot_be_is_refused(percents, message):
    with pytest.raises(InvalidValue, match=message):
        shares_of(percents, "mine")
