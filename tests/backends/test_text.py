"""What the files of a text model say, in each form in which they say it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from energyprof.backends.text import SentenceConfig, TextConfig, sentence_config, text_config, tokenizer
from energyprof.model.errors import InvalidValue

LIBRARY = "sentence_transformers.models."


def write(folder: Path, **files: Any) -> Path:
    for name, shape in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(shape))
    return folder


@pytest.mark.parametrize(
    ("config", "generation", "stop_ids"),
    [
        ({"eos_token_id": 2}, {}, (2,)),
        ({"eos_token_id": 2}, {"eos_token_id": [3, 4]}, (3, 4)),
        ({"eos_token_id": 2}, {"eos_token_id": None}, ()),
        ({}, {}, ()),
    ],
)
def test_stop_tokens_come_from_the_generation_config_first(
    tmp_path: Path, config: dict[str, Any], generation: dict[str, Any], stop_ids: tuple[int, ...]
) -> None:
    write(tmp_path, config={"vocab_size": 9, **config}, generation_config=generation)
    assert text_config(tmp_path) == TextConfig(stop_ids, None, 9)


def test_a_folder_that_holds_no_language_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="states no vocab_size"):
        text_config(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InvalidValue, match="is not JSON"):
        text_config(tmp_path)


def test_a_plain_encoder_is_pooled_by_its_mean(tmp_path: Path) -> None:
    write(tmp_path, config={"max_position_embeddings": 512})
    assert sentence_config(tmp_path) == SentenceConfig("mean", False, 512)
    assert tokenizer(tmp_path) is None


@pytest.mark.parametrize(
    ("stated", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_mean_tokens": True, "include_prompt": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
    ],
)
def test_pooling_is_as_stated(tmp_path: Path, stated: dict[str, Any], pooling: str) -> None:
    modules = [{"type": f"{LIBRARY}{name}", "path": name} for name in ("Transformer", "Pooling", "Normalize")]
    write(tmp_path, modules=modules, sentence_bert_config={"max_seq_length": 64})
    write(tmp_path, **{"Pooling/config": stated})
    assert sentence_config(tmp_path) == SentenceConfig(pooling, True, 64)


def test_parts_that_would_change_the_embedding_are_refused(tmp_path: Path) -> None:
    write(tmp_path, modules=[{"type": f"{LIBRARY}Dense", "path": "2_Dense"}])
    with pytest.raises(InvalidValue, match="ends in a Dense layer"):
        sentence_config(tmp_path)
    write(tmp_path, modules=[{"type": f"{LIBRARY}Pooling", "path": "1"}])
    with pytest.raises(InvalidValue, match="only mean and cls"):
        sentence_config(write(tmp_path, **{"1/config": {"pooling_mode_max_tokens": True}}))
