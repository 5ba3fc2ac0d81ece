"""The file of a run: whole or not there at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from simulated.full_disk import full_disk

from energyprof.model.errors import UnwritableOutput
from energyprof.model.record import loads
from energyprof.model.run import Host, ProfileRecord, Run
from energyprof.runner.evidence import save

PROFILE = ProfileRecord("p", "P", "digits", None, "image", "b", None, None, None, 1.0, 0.0, "0" * 64, "p.toml")
RUN = Run(1, "0", "2026-01-01T00:00:00Z", 0.0, False, None, PROFILE, Host("L", "C", 2, None, "3"), [], None, *[[]] * 5)
LONG = replace(RUN, warnings=["as long as a record of many trials" * 100])


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    assert loads(save(LONG, tmp_path).read_text()) == LONG


def test_a_full_disk_is_a_sentence_that_leaves_the_former_record_and_nothing_else(tmp_path: Path) -> None:
    save(RUN, tmp_path)
    with full_disk(), pytest.raises(UnwritableOutput, match=r"run\.json could not be written \(File too large\)"):
        save(LONG, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
    assert loads((tmp_path / "run.json").read_text()) == RUN


def test_a_folder_that_has_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="No such file or directory"):
        save(RUN, tmp_path / "gone")
