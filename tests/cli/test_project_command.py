"""`energyprof project`: a run as a fleet, on stdout for people and for programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cli.recorded import recorded, write

from energyprof.cli.main import main

CaptureFixture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tmp_path: Path) -> str:
    return str(write(recorded(), tmp_path / "sim"))


def said(capsys: CaptureFixture, *arguments: str) -> str:
    assert main(["project", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def answered(capsys: CaptureFixture, *arguments: str) -> dict:
    return json.loads(said(capsys, *arguments, "--json"))


def test_the_text_shows_each_variant_with_its_verdict(run: str, capsys: CaptureFixture) -> None:
    text = said(capsys, run, "--requests-per-day", "1e6", "--grid", "FRA", "--price", "0.25EUR", "--device", "h100-sxm")
    for part in (
        "1,000,000 images a day over one year",
        "large: baseline, 98.0 %",
        "small: good enough, 97.5 %",
        "× less",
        "EUR",
        "Limit: One device is the machine of the run",
        "The range of small is made by",
        "embodied water is not modelled",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 120


def test_years_have_columns_of_their_own(run: str, capsys: CaptureFixture) -> None:
    text = said(capsys, run, "--requests-per-day", "1e6", "--years", "3", "--growth", "0.5")
    assert "over 3 years, +50 % a year" in text
    assert all(f"year {year}" in text for year in (1, 2, 3))
    [first, *_, last, of_all, _] = re.findall(r"[\d.]+ %|\S+–\S+", next(x for x in text.splitlines() if "busy, " in x))
    assert first != last == of_all  # the busiest year, not the mean of all
    long = said(capsys, run, "--requests-per-day", "1e6", "--years", "30")
    assert "year 30" in long
    assert "year 2 " not in long


def test_the_json_holds_every_year_and_every_factor(run: str, capsys: CaptureFixture) -> None:
    found = answered(capsys, run, "--requests-per-day", "864000", "--grid", "FRA", "--pue", "1.2", "--years", "2")
    assert found["schema"] == 1
    assert found["assumed"]["utilisation"] == 0.5
    assert found["assumed"]["peak_to_mean"] == 2
    large, small = found["variants"]
    assert (large["name"], large["vs_baseline"], small["verdict"]) == ("large", None, "good_enough")
    assert [year["year"] for year in large["years"]] == [1, 2]
    assert large["years"][0]["energy_kwh"]["value"] == pytest.approx(470 * 8.76, rel=0.01)
    assert large["total"]["embodied_kg"]["value"] is None
    assert "no device was named" in large["total"]["embodied_kg"]["reason"]
    assert small["vs_baseline"]["energy_kwh"]["value"] < 1
    assert {"grid.FRA", "site.pue", "run.idle", "energy.small"} <= {factor["id"] for factor in found["factors"]}


def test_a_gpu_whose_name_is_known_has_embodied_carbon(tmp_path: Path, capsys: CaptureFixture) -> None:
    run = recorded()
    for gpu, kilograms in (("GPU 0 (NVIDIA H100 80GB HBM3)", 2 * 273 / 4.5), ("GPU 0 (NVIDIA H100 PCIe)", None)):
        folder = write(replace(run, host=replace(run.host, gpus=[gpu])), tmp_path / gpu)
        large = answered(capsys, str(folder), "--requests-per-day", "864000")["variants"][0]
        embodied = large["total"]["embodied_kg"]
        assert embodied["value"] == (None if kilograms is None else pytest.approx(kilograms))
        assert kilograms is not None or "none that was measured has a published figure" in embodied["reason"]


def test_hardware_is_named_with_shares_or_given_in_kilograms(run: str, capsys: CaptureFixture) -> None:
    two = ["--device", "h100-sxm", "--device", "server=0.125"]
    large = answered(capsys, run, "--requests-per-day", "864000", *two)["variants"][0]
    assert large["total"]["embodied_kg"]["value"] == pytest.approx(2 * (273 + 1278 / 8) / 4.5)
    mine = answered(capsys, run, "--requests-per-day", "864000", "--device", "450kg=2")["variants"][0]
    assert mine["total"]["embodied_kg"]["value"] == pytest.approx(2 * 2 * 450 / 4.5)


def test_a_state_has_a_price_and_a_country_has_none(run: str, capsys: CaptureFixture) -> None:
    costs = {
        grid: answered(capsys, run, "--requests-per-day", "864000", "--grid", grid)["variants"][0]["total"]["cost"]
        for grid in ("US-CA", "FRA")
    }
    assert costs["US-CA"]["unit"] == "USD"
    assert costs["US-CA"]["value"] == pytest.approx(470 * 8.76 * 0.2487, rel=0.01)
    assert costs["FRA"]["value"] is None
    assert "no price of electricity" in costs["FRA"]["reason"]


def test_a_factor_of_ones_own_counts(run: str, capsys: CaptureFixture) -> None:
    mine = ["--device", "h100-sxm", "--factor", "lifetime.datacentre=9", "--hydro", "17", "--grid", "SWE"]
    found = answered(capsys, run, "--requests-per-day", "864000", *mine)
    assert found["variants"][0]["total"]["embodied_kg"]["value"] == pytest.approx(2 * 273 / 9)
    assert "with evaporation" in found["boundary"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--requests-per-day", "0"], "requests a day cannot be projected"),
        (["--requests-per-day", "-5"], "requests a day cannot be projected"),
        (["--requests-per-day", "nan"], "requests a day cannot be projected"),
        (["--requests-per-day", "1e20"], "requests a day cannot be projected"),
        (["--requests-per-day", "1", "--utilisation", "0"], "A utilisation of 0"),
        (["--requests-per-day", "1", "--utilisation", "50"], "A utilisation of 50"),
        (["--requests-per-day", "1", "--years", "0"], "0 years cannot be projected"),
        (["--requests-per-day", "1", "--years", "100"], "100 years cannot be projected"),
        (["--requests-per-day", "1", "--growth", "-2"], "A growth of -2"),
        (["--requests-per-day", "1", "--peak-to-mean", "0.5"], "A peak of 0.5"),
        (["--requests-per-day", "1", "--device", "labtop"], "Did you mean laptop"),
        (["--requests-per-day", "1", "--device", "laptop=much"], "holds no share"),
        (["--requests-per-day", "1", "--device", "laptop=-1"], "cannot be held"),
        (["--requests-per-day", "1", "--device", "0kg"], "cannot be"),
        (["--requests-per-day", "1", "--price", "cheap"], "is not a price"),
        (["--requests-per-day", "1", "--price", "1EUR", "--device-price", "1USD"], "are not added"),
        (["--requests-per-day", "1", "--grid", "Atlantis"], "Atlantis"),
        (["--requests-per-day", "1", "--pue", "0.3"], "PUE of 0.3"),
        (["--requests-per-day", "1", "--factor", "no.such=1"], "no.such"),
    ],
)
def test_a_bad_number_is_a_sentence_and_exit_2(
    run: str, capsys: CaptureFixture, arguments: list[str], sentence: str
) -> None:
    assert main(["project", run, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("energyprof: ")
    assert sentence in captured.err


@pytest.mark.parametrize("text", [["--requests-per-day", "many"], [], ["--requests-per-day", "1", "--years", "1.5"]])
def test_what_is_no_number_is_wrong_usage(run: str, text: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["project", run, *text])
    assert ended.value.code == 2


def test_a_run_without_joules_is_exit_3(tmp_path: Path, capsys: CaptureFixture) -> None:
    folder = write(replace(recorded(), timelines=[]), tmp_path / "bare")
    assert main(["project", str(folder), "--requests-per-day", "1e6"]) == 3
    assert "cannot be projected" in capsys.readouterr().err


def test_a_run_without_trials_is_exit_3(tmp_path: Path, capsys: CaptureFixture) -> None:
    folder = write(replace(recorded(), trials=[]), tmp_path / "bare")
    assert main(["project", str(folder), "--requests-per-day", "1e6"]) == 3
    assert "no trial was finished" in capsys.readouterr().err


def test_a_run_without_quiet_times_is_exit_3(tmp_path: Path, capsys: CaptureFixture) -> None:
    folder = write(replace(recorded(), idle=[]), tmp_path / "bare")
    assert main(["project", str(folder), "--requests-per-day", "1e6"]) == 3
    assert "idle" in capsys.readouterr().err


def test_a_missing_run_is_exit_2(tmp_path: Path) -> None:
    assert main(["project", str(tmp_path), "--requests-per-day", "1"]) == 2
