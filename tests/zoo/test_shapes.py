from __future__ import annotations

from pathlib import Path

import pytest
import torch

from energyprof.zoo.digest import files_sha256
from energyprof.zoo.shapes import SHAPES, PublishedShape, build_byte_tokenizer, build_empty, recipe_sha256, write_random

TINY = PublishedShape(64, 96, 2, 4, 2, 300, 10_000.0, head_width=16)


@pytest.mark.parametrize(
    ("name", "parameters"), [("llama-3.2-1b-shape", 1_235_814_400), ("smollm2-135m-shape", 134_515_008)]
)
def test_a_shape_has_as_many_weights_as_the_published_model(name: str, parameters: int) -> None:
    model = build_empty(SHAPES[name])
    assert model.num_parameters() == parameters
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


def test_random_weights_load_by_the_library_alone(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    write_random(TINY, tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert model.model.embed_tokens.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert torch.equal(model.model.norm.weight, torch.ones(64))
    tokens = torch.arange(100, 164)[None]
    made = model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=5, min_new_tokens=5)
    assert made.shape == (1, 69)
    assert AutoTokenizer.from_pretrained(tmp_path)("a").input_ids == build_byte_tokenizer()("a").input_ids


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        write_random(TINY, folder)
    assert len({files_sha256(folder, folder.glob("*.safetensors")) for folder in folders}) == 1


def test_text_survives_the_byte_tokenizer() -> None:
    tokenizer = build_byte_tokenizer()
    text = "Zoë says: 1 + 1 = 2 \N{SNOWMAN}"
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert len(tokenizer(text).input_ids) == len(text.encode())


def test_the_shapes_have_digests_of_their_own() -> None:
    assert len({recipe_sha256(name) for name in SHAPES}) == len(SHAPES)
