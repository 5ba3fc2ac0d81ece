"""`energyprof footprint`: the same figures for people and for programs, and a sentence for what cannot be."""

from __future__ import annotations

import json

import pytest

from energyprof.cli.main import main


def test_programs_get_each_figure_with_its_factors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "1kWh", "--grid", "FRA", "--pue", "1.2", "--wue", "0.3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["co2e_g"]["value"] == pytest.approx(1.2 * 56.039)
    assert found["water_onsite_l"]["value"] == pytest.approx(0.3)
    assert {"grid.FRA", "site.pue", "site.wue", "water.nuclear.tower"} <= {each["id"] for each in found["factors"]}


def test_people_get_ranges_what_to_find_out_next_and_every_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "864J", "--grid", "USA"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("864 J (240 mWh)\n")
    assert "To narrow CO2e, operational find out: grid.USA 100 % of its variance" in shown
    assert "worst case" in shown
    assert "Macknick" in shown


def test_without_a_grid_the_named_ones_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "864J"]) == 0
    shown = capsys.readouterr().out
    assert "never guessed; set one with --grid" in shown
    assert all(f"\n{grid} " in shown for grid in ("SWE", "IND", "WORLD"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["12 parsecs"], "is not an energy"),
        (["1J", "--grid", "ATLANTIS"], "no grid named"),
        (["1J", "--pue", "-1"], "PUE of -1.0 cannot be"),
        (["1J", "--pue", "nan"], "PUE of nan cannot be"),
        (["1J", "--grid", "-5"], "cannot be"),
        (["1J", "--hydro", "5"], "not one of the two scenarios"),
        (["1J", "--wue", "1e9"], "WUE"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_exit_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["footprint", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_sci_for_ai_is_shown_per_token_with_its_standard(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--grid", "USA", "--device", "h100-sxm", "--seconds", "3600", "--requests", "1e6", "--system", "LLM"]
    assert main(["footprint", "1kWh", *words]) == 0
    shown = capsys.readouterr().out
    assert "SCI for AI per token" in shown
    assert "consumer boundary" in shown
    assert main(["footprint", "1kWh", "--system", "toaster"]) == 2
    assert "no functional unit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--grid", "USA", "--device", "h100-sxm", "--seconds", "3600"],
            "how many requests the energy served was not given",
        ),
        (["--grid", "USA", "--requests", "1e6"], "no device was named"),
        (["--device", "h100-sxm", "--seconds", "3600", "--requests", "1e6"], "no grid was given"),
    ],
)
def test_sci_for_ai_that_was_asked_for_says_why_it_is_not_known(
    capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main(["footprint", "1kWh", *words, "--system", "LLM"]) == 0
    shown = " ".join(capsys.readouterr().out.split())  # cells wrap
    assert f"SCI for AI per token not known {why}" in shown


def test_hardware_that_was_named_without_a_time_is_not_silently_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "1kWh", "--grid", "FRA", "--device", "laptop", "--device-price", "2USD"]) == 0
    shown = " ".join(capsys.readouterr().out.split())  # cells wrap
    for heading in ("CO2e, embodied", "cost of the devices"):
        assert f"{heading} not known how long the hardware was held is not known; give" in shown
    assert "--seconds" in shown


def test_hardware_that_was_not_named_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "1kWh", "--grid", "FRA"]) == 0
    assert "CO2e, embodied" not in capsys.readouterr().out
