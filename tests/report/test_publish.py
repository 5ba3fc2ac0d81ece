"""Files on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from report.rendered import assessed, page, summarised
from report.synthetic import nothing_measurable

from energyprof.footprint.site import Site
from energyprof.model.errors import UnwritableOutput
from energyprof.report.assessment import assess_run
from energyprof.report.publish import publish_assessment, write


def test_the_four_files_are_written_and_agree(tmp_path: Path) -> None:
    publish_assessment(assessed("gpu_and_cpu"), tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == [
        "index.html",
        "summary.csv",
        "summary.json",
        "summary.md",
    ]
    assert json.loads((folder / "summary.json").read_text()) == summarised("gpu_and_cpu")
    assert (folder / "index.html").read_text() == page("gpu_and_cpu")


def test_what_others_may_read_before_they_may_read_after(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "new")
    assert os.stat(tmp_path / "a.txt").st_mode & 0o777 == 0o644


def test_the_whole_chain_from_a_run(tmp_path: Path) -> None:
    publish_assessment(assess_run(nothing_measurable().run, Site("DEU")), tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text())["grid"]["name"] == "DEU"


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableOutput, match=r"summary\.json could not be written .*--out"):
        publish_assessment(assessed("gpu_and_cpu"), tmp_path / "file")


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(UnwritableOutput):
        write(tmp_path / "index.html", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
