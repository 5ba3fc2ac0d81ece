"""The cache folder: where it is, and that no half-made entry is ever seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from energyprof.backends.cache import atomic_folder, cache_folder
from energyprof.model.errors import UnwritableOutput


def test_the_own_variable_wins_over_the_xdg_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGYPROF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder("a", "b") == tmp_path / "xdg" / "energyprof" / "a" / "b"
    monkeypatch.setenv("ENERGYPROF_CACHE", str(tmp_path / "own"))
    assert cache_folder("a") == tmp_path / "own" / "a"
    assert (tmp_path / "own" / "a").is_dir()


def test_without_variables_it_lies_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGYPROF_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "energyprof"


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ENERGYPROF_CACHE", str(tmp_path / "file"))
    with pytest.raises(UnwritableOutput, match="Set ENERGYPROF_CACHE"):
        cache_folder("exports")


def test_a_folder_that_nobody_may_make_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGYPROF_CACHE", "/proc/energyprof")
    with pytest.raises(UnwritableOutput, match="cannot be written"):
        cache_folder()


def test_a_finished_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "entry"
    with atomic_folder(target) as draft:
        (draft / "model").write_text("weights")
        assert not target.exists()
    assert (target / "model").read_text() == "weights"
    assert [path.name for path in target.parent.iterdir()] == ["entry"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "entry") as draft:
        (draft / "model").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_concurrent_winner_stays(tmp_path: Path) -> None:
    target = tmp_path / "entry"
    with atomic_folder(target) as slower:
        (slower / "model").write_text("second")
        with atomic_folder(target) as faster:
            (faster / "model").write_text("first")
    assert (target / "model").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]


def test_a_file_where_the_entry_belongs_is_a_sentence(tmp_path: Path) -> None:
    target = tmp_path / "entry"
    target.write_text("")
    with pytest.raises(UnwritableOutput, match="cannot be written"), atomic_folder(target):
        pass
