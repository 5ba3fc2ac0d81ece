"""reports/index.html."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from cli.recorded import recorded, write
from report.rendered import Document, summarised

from energyprof.cli.main import main
from energyprof.report.overview import overview_html, publish_overview


def parsed(reports: Path) -> Document:
    document = Document()
    document.feed(overview_html(reports))
    assert document.unbalanced is None
    return document


def put(reports: Path, folder: str, text: str) -> None:
    (reports / folder).mkdir(parents=True)
    (reports / folder / "summary.json").write_text(text, encoding="utf-8")


def test_each_profile_has_its_verdict_and_a_link(tmp_path: Path) -> None:
    for case in ("ten_variants", "all_estimated"):
        put(tmp_path, case, json.dumps(summarised(case)))
    document = parsed(tmp_path)
    assert [link["href"] for link in document.named("a")] == ["all_estimated/index.html", "ten_variants/index.html"]
    assert "Good enough" in document.text
    assert "Not good enough" in document.text
    assert "2026-03-14 09:26 UTC · 10 variants" in document.text


def test_names_are_only_text_and_links_are_quoted(tmp_path: Path) -> None:
    put(tmp_path, 'a "b" <i>&?#', json.dumps(summarised("hostile")))
    document = parsed(tmp_path)
    assert document.named("a")[0]["href"] == "a%20%22b%22%20%3Ci%3E%26%3F%23/index.html"
    assert not document.named("b")
    assert not document.named("i")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "it is not JSON"),
        ("[]", "cannot be read"),
        ("null", "cannot be read"),
        ('{"schema": 7}', "schema 7, not 1"),
        ('{"schema": 1}', "it has no 'verdict'"),
        ('{"schema": 1, "verdict": {"status": "<b>"}, "warnings": [], "variants": []}', "none that is known"),
    ],
)
def test_a_damaged_summary_is_named_and_hides_no_other(tmp_path: Path, text: str, cause: str) -> None:
    put(tmp_path, "broken", text)
    put(tmp_path, "whole", json.dumps(summarised("gpu_and_cpu")))
    document = parsed(tmp_path)
    assert "broken/summary.json cannot be read" in document.text
    assert cause in document.text
    assert [link["href"] for link in document.named("a")] == ["whole/index.html"]


@pytest.mark.parametrize("given", ["reports", "out/my reports", "."])
def test_the_command_that_makes_a_damaged_summary_again_works_from_where_it_was_called(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(recorded(), Path(given) / "sim").joinpath("summary.json").write_text("{")
    [command] = re.findall(
        r"Make it again with (energyprof report .*)\.$", parsed(Path(given)).text.split(" Made by")[0]
    )
    assert main(shlex.split(command)[1:]) == 0
    assert "sim/index.html" in [link["href"] for link in parsed(Path(given)).named("a")]


def test_of_an_absolute_folder_only_the_last_names_are_told(tmp_path: Path) -> None:
    put(tmp_path / "reports", "sim", "{")
    text = parsed(tmp_path / "reports").text
    assert "energyprof report reports/sim." in text
    assert str(tmp_path) not in text


def test_no_profile_yet_says_how_to_get_one(tmp_path: Path) -> None:
    assert "No profile has been measured yet" in parsed(tmp_path).text


def test_it_is_written_beside_the_profiles(tmp_path: Path) -> None:
    put(tmp_path, "digits", json.dumps(summarised("gpu_and_cpu")))
    publish_overview(tmp_path)
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == overview_html(tmp_path)


def test_what_saves_nothing_is_not_praised(tmp_path: Path) -> None:
    put(tmp_path, "nothing_saved", json.dumps(summarised("nothing_saved")))
    text = overview_html(tmp_path)
    assert '<div class="verdict saves_nothing">' in text
    assert "✓" not in text
    assert "Saves nothing" in parsed(tmp_path).text
