from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from energyprof.model.errors import InvalidValue
from energyprof.zoo.folder import is_hub_id, kind_of, licence_of, resolve_folder

ASK_THE_HUB = """
from pathlib import Path
from energyprof.model.errors import NotMeasurable
from energyprof.zoo.catalogue import resolve

source = resolve("maker/cached", base=Path())
print(source.kind, source.weights, source.licence)
try:
    resolve("maker/absent", base=Path())
except NotMeasurable as error:
    print(error)
"""


def model_folder(folder: Path, architecture: str | None, *, readme: str | None = None) -> Path:
    folder.mkdir(parents=True)
    config = {} if architecture is None else {"architectures": [architecture]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    if readme is not None:
        (folder / "README.md").write_text(readme)
    return folder


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        ("LlamaForCausalLM", "text-generation"),
        ("BertModel", "sentence-embedding"),
        ("RobertaForMaskedLM", "sentence-embedding"),
    ],
)
def test_the_architecture_says_what_a_model_does(tmp_path: Path, architecture: str, kind: str) -> None:
    source = resolve_folder("mine", model_folder(tmp_path / "mine", architecture))
    assert (source.kind, source.weights, source.licence) == (kind, "pretrained", None)


def test_a_sentence_transformers_folder_is_an_encoder_whatever_its_architecture(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", "UnheardOf")
    (folder / "modules.json").write_text("[]")
    assert kind_of("mine", folder) == "sentence-embedding"


@pytest.mark.parametrize("architecture", ["ViTForImageClassification", None])
def test_an_architecture_of_another_kind_is_refused_by_name(tmp_path: Path, architecture: str | None) -> None:
    with pytest.raises(InvalidValue, match=f"'mine' is of architecture {architecture or 'unknown'}"):
        resolve_folder("mine", model_folder(tmp_path / "mine", architecture))


@pytest.mark.parametrize("content", [None, "not json"])
def test_a_folder_without_a_readable_configuration_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(InvalidValue, match=r"no readable config\.json"):
        resolve_folder("mine", tmp_path)


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", "LlamaForCausalLM")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InvalidValue, match=r"no \*\.safetensors"):
        resolve_folder("mine", folder)


def test_the_digest_follows_the_weights_and_not_the_readme(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", "LlamaForCausalLM", readme="first")
    before = resolve_folder("mine", folder).digest
    (folder / "README.md").write_text("second")
    assert resolve_folder("mine", folder).digest == before
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert resolve_folder("mine", folder).digest != before


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\n", "apache-2.0"),
        ('---\nlicense: "mit"\n---\n', "mit"),
        ("---\nlanguage: en\n---\nlicense: mit\n", None),
        ("license: mit\n", None),
        ("", None),
    ],
)
def test_the_licence_is_what_the_front_matter_says(tmp_path: Path, readme: str, licence: str | None) -> None:
    assert licence_of(model_folder(tmp_path / "mine", None, readme=readme)) == licence


@pytest.mark.parametrize(
    ("name", "expected"),
    [("maker/model-1.5", True), ("model", False), ("./maker/model", False), ("a/b/c", False), ("maker/", False)],
)
def test_a_hub_id_is_an_organisation_and_a_model(name: str, expected: bool) -> None:
    assert is_hub_id(name) is expected


def test_the_hub_is_asked_in_its_cache_first_and_offline_says_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "hub" / "models--maker--cached"
    model_folder(home / "snapshots" / ("0" * 40), "LlamaForCausalLM", readme="---\nlicense: mit\n---\n")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0" * 40)
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ASK_THE_HUB], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    cached, absent = done.stdout.splitlines()
    assert cached == "text-generation pretrained mit"
    assert "'maker/absent' is neither in the local cache" in absent
    assert "nothing can be measured with it" in absent
    assert "hf download maker/absent" in absent
