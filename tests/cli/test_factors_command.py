"""`energyprof factors`: every factor can be listed and explained, and the user's own are marked."""

from __future__ import annotations

import json

import pytest

from energyprof.cli.main import main
from energyprof.footprint.catalogue import factor_named, named_factors, use_of


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["factors", *words]) == 0
    return capsys.readouterr().out


def documented(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, object]]:
    document = json.loads(shown(capsys, *words, "--json"))
    return {factor["id"]: factor for section in document["sections"] for factor in section["factors"]}


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    for id in named_factors():
        assert f"  {id} " in text
    assert " * " not in text


def test_one_is_explained_with_its_whole_origin(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "water.coal.tower")
    for word in ("2.6 (1.8-4.2) L/kWh", "triangular", "Macknick", "2012", "https://doi.org", "facts cited", "off site"):
        assert word in text


def test_a_beginning_lists_all_that_begin_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert documented(capsys, "water.coal").keys() == {f"water.coal.{c}" for c in ("once_through", "tower", "pond")}
    assert all(id.startswith("pue.") for id in documented(capsys, "pue"))
    assert len(documented(capsys, "grid")) > 300


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "FRA",
            ["FRA: France", "grid.FRA", "lifecycle", "nuclear 6", "water.grid.FRA", "withdrawal.grid.FRA", "cooled as"],
        ),
        ("us-ca", ["counts: direct", "mix of the USA, not of the state"]),
        ("aws:eu-west-3", ["AWS eu-west-3 (Paris), grid of France", "grid.FRA"]),
        ("coal=40,wind=60", ["ghg.coal", "ghg.wind", "given by the user"]),
        ("94", ["mix not known, and so no water"]),
        ("grid.FRA", ["56.04"]),
    ],
)
def test_a_grid_is_explained_with_its_mix_and_water(
    capsys: pytest.CaptureFixture[str], name: str, words: list[str]
) -> None:
    text = shown(capsys, name)
    for word in words:
        assert word in text


def test_what_is_in_force_at_a_site_marks_the_users_own(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--grid", "FRA", "--pue", "aws", "--factor", "water.nuclear.tower=2.3", "--factor", "grid.FRA=50:40:60")
    text = shown(capsys, *words)
    assert "In force at this site" in text
    assert "water.nuclear.tower *" in text
    assert "grid.FRA *" in text
    assert text.rstrip().endswith("* given by you")
    found = documented(capsys, *words)
    assert (found["grid.FRA"]["value"], found["grid.FRA"]["given"]) == (50.0, True)
    assert found["site.pue"]["source"] == "given by the user (command line): pue.aws, Amazon, AWS Cloud"
    assert found["water.hydro"]["given"] is False
    assert found["water.coal.tower"]["given"] is False
    assert documented(capsys, "water.nuclear.tower", *words)["water.nuclear.tower"]["value"] == 2.3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("water.coal.towr", "Did you mean water.coal.tower"),
        ("Frnace", "FRA (France)"),
        ("", "There is no grid named"),
        ("coal=40", "sums to 40 %"),
        ("grid.XXX", "There is no grid named"),
        ("X" * 10_000, "There is no grid named"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    assert main(["factors", name]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""


def test_every_factor_says_what_it_is_used_for() -> None:
    for id in [*named_factors(), "grid.FRA", "water.grid.FRA", "withdrawal.grid.FRA"]:
        assert use_of(id), id
    assert use_of("nothing") is None
    assert factor_named("grid.fra").id == "grid.FRA"
