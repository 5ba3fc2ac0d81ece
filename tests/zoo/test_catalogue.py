from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest

from energyprof.model.errors import InvalidValue, NotMeasurable, UnknownName
from energyprof.zoo.catalogue import MINILM_PACKAGE, names, resolve
from energyprof.zoo.decoder import WEIGHTS

HAS_MINILM = importlib.util.find_spec(MINILM_PACKAGE.replace("-", "_")) is not None


def test_the_zoo_has_every_model_that_the_profiles_name() -> None:
    profiles = Path(__file__).parents[2] / "profiles"
    wanted = {
        variant["model"] for file in profiles.glob("*.toml") for variant in tomllib.loads(file.read_text())["variants"]
    }
    assert wanted == set(names())


def test_an_unknown_model_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match=r"no model named 'dates-tiny'\. Did you mean .*dates-nano"):
        resolve("dates-tiny", base=Path())


def test_a_folder_is_found_relative_to_the_profile() -> None:
    source = resolve("nano", base=WEIGHTS)
    assert source.folder == WEIGHTS / "nano"
    assert source.kind == "text-generation"
    assert source.weights == "pretrained"
    assert source.digest == resolve("dates-nano", base=Path()).digest


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValue, match=r"'empty' has no readable config\.json"):
        resolve("empty", base=tmp_path)


@pytest.mark.skipif(not HAS_MINILM, reason=f"needs {MINILM_PACKAGE}")
def test_minilm_is_the_pretrained_encoder_of_its_package() -> None:
    source = resolve("minilm", base=Path())
    assert (source.kind, source.weights, source.licence) == ("sentence-embedding", "pretrained", "Apache-2.0")
    assert (source.folder / "model.safetensors").is_file()


def test_without_its_package_minilm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MINILM_PACKAGE.replace("-", "_"), None)
    with pytest.raises(NotMeasurable, match=f"pip install {MINILM_PACKAGE}"):
        resolve("minilm", base=Path())
