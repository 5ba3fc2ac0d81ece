"""PyTorch: the answers are those of the libraries' own functions, and the description is true."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import numpy as np
import pytest
from backends.tiny_models import CHARACTERS, convolutional, images, placed

from energyprof.backends.backend import ModelSource
from energyprof.backends.torch_backend import TorchBackend
from energyprof.model.errors import InvalidValue, NotMeasurable
from energyprof.model.workload import Generation

BACKEND = TorchBackend()
PROMPTS = ["3 days after 27 feb=", "hello", "a b c d e f g"]
TWELVE = Generation(12, 12)


def test_greedy_text_is_that_of_generate(decoder: ModelSource) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(decoder.folder, dtype=torch.float32)
    loaded = BACKEND.load(decoder, placed(), TWELVE)
    for prompt in PROMPTS:
        ids = torch.tensor([[CHARACTERS.index(character) for character in prompt]])
        mask = torch.ones_like(ids)
        made = reference.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=12, min_new_tokens=12)
        (answer,) = loaded.run([ids[0].tolist()])
        assert answer.value == made[0, ids.shape[1] :].tolist()
        assert (answer.tokens_in, answer.tokens_out) == (len(prompt), 12)


def test_text_is_answered_with_text_and_ids_with_ids(decoder: ModelSource) -> None:
    loaded = BACKEND.load(decoder, placed(), TWELVE)
    ids = [CHARACTERS.index(character) for character in "hello"]
    text, tokens = (loaded.run([item])[0].value for item in ("hello", ids))
    named = [CHARACTERS[token] for token in tokens if token < len(CHARACTERS)]
    assert text == "".join(character for character in named if not character.startswith("<"))


def test_the_first_token_comes_before_the_last(decoder: ModelSource) -> None:
    loaded = BACKEND.load(decoder, placed(), Generation(40, 40))
    (answer,) = loaded.run(["hello"])
    assert answer.first_token_s is not None
    assert answer.first_token_s > 0


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_padded_batch_answers_as_single_prompts_do(decoder: ModelSource, precision: str) -> None:
    loaded = BACKEND.load(decoder, placed(precision), TWELVE)
    batch = loaded.run(PROMPTS)
    if precision == "fp32":
        assert [answer.value for answer in batch] == [loaded.run([prompt])[0].value for prompt in PROMPTS]
    assert [answer.tokens_in for answer in batch] == [len(prompt) for prompt in PROMPTS]
    assert [answer.tokens_out for answer in batch] == [12, 12, 12]


def test_the_description_counts_weights_and_bytes(decoder: ModelSource) -> None:
    full = BACKEND.load(decoder, placed(), TWELVE).description
    layer = 64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 112 + 2 * 64
    weights = 2 * 99 * 64 + 2 * layer + 64
    assert full.parameters == weights
    assert full.size_bytes == pytest.approx(4 * weights, rel=0.001)
    assert (full.device, full.threads, full.weights, full.licence) == ("cpu", 1, "random", "Apache-2.0")
    assert full.runtime is not None
    assert full.runtime.startswith("torch ")


def test_smaller_precisions_store_fewer_bytes_for_the_same_weights(decoder: ModelSource) -> None:
    full, half, quarter = (
        BACKEND.load(decoder, placed(precision), TWELVE).description for precision in ("fp32", "bf16", "int8")
    )
    assert full.size_bytes > half.size_bytes > quarter.size_bytes
    assert full.parameters == half.parameters == quarter.parameters
    assert any("of 72,256 weights" in note or "linear layers" in note for note in quarter.notes)


def test_embeddings_are_those_of_sentence_transformers(minilm: ModelSource) -> None:
    library = importlib.import_module("sentence_transformers")
    sentences = ["A cat sleeps.", "Shares fell on Tuesday, to the surprise of nobody. " * 60, "Yes"]
    loaded = BACKEND.load(minilm, placed(), None)
    answers = loaded.run(sentences)
    expected = library.SentenceTransformer(str(minilm.folder), device="cpu").encode(sentences)
    assert np.abs(np.stack([answer.value for answer in answers]) - expected).max() < 1e-5
    assert answers[1].tokens_in == 256
    assert answers[0].value.dtype == np.float32
    assert np.linalg.norm(answers[0].value) == pytest.approx(1, abs=1e-5)


def test_images_get_the_likeliest_class(network: ModelSource) -> None:
    import torch

    assert network.build is not None
    with torch.inference_mode():
        expected = network.build()(torch.from_numpy(images())).argmax(-1).tolist()
    for precision in ("fp32", "bf16"):
        answers = BACKEND.load(network, placed(precision), None).run(list(images()))
        agreement = np.mean([answer.value == index for answer, index in zip(answers, expected, strict=True)])
        assert agreement > 0.9 if precision == "bf16" else agreement == 1


def test_vanished_activations_are_remarked_on(tmp_path: Path) -> None:
    def vanishing():
        import torch

        layer = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10, bias=False))
        torch.nn.init.constant_(layer[1].weight, 1e-42)
        return layer

    source = dataclasses.replace(convolutional(tmp_path), build=vanishing)
    notes = BACKEND.load(source, placed(), None).description.notes
    assert any("denormal" in note for note in notes)


def test_a_device_that_is_not_there_says_what_to_do(network: ModelSource) -> None:
    with pytest.raises(NotMeasurable, match=r"use device = 'cpu'|PyTorch sees"):
        BACKEND.prepare(network, placed(device="cuda:99"))


def test_auto_is_a_gpu_where_there_is_one(network: ModelSource) -> None:
    import torch

    expected = "cuda:0" if torch.cuda.is_available() else "cpu"
    assert BACKEND.load(network, placed(device="auto"), None).description.device == expected


def test_a_device_of_no_kind_is_refused(network: ModelSource) -> None:
    with pytest.raises(InvalidValue, match="auto, cpu, cuda or cuda:N"):
        BACKEND.prepare(network, placed(device="tpu"))


@pytest.mark.parametrize("precision", ["int4", "fp16", "fp8", ""])
def test_a_precision_that_is_not_supported_names_those_that_are(network: ModelSource, precision: str) -> None:
    with pytest.raises(InvalidValue, match="Use one of: fp32, bf16, int8"):
        BACKEND.load(network, placed(precision), None)


def test_int8_without_linear_layers_is_refused(tmp_path: Path) -> None:
    def convolution():
        import torch

        return torch.nn.Sequential(torch.nn.Conv2d(1, 10, 8), torch.nn.Flatten())

    source = dataclasses.replace(convolutional(tmp_path), build=convolution)
    with pytest.raises(InvalidValue, match="covers linear layers only"):
        BACKEND.load(source, placed("int8"), None)


def test_a_folder_without_a_model_is_a_sentence(tmp_path: Path) -> None:
    source = ModelSource("empty", "text-generation", tmp_path, "0", "random", None)
    with pytest.raises(InvalidValue, match="cannot be loaded"):
        BACKEND.load(source, placed(), TWELVE)


def test_text_generation_needs_a_length(decoder: ModelSource) -> None:
    with pytest.raises(InvalidValue, match="how much"):
        BACKEND.load(decoder, placed(), None)


def test_a_prompt_that_cannot_be_read_is_refused(decoder: ModelSource) -> None:
    loaded = BACKEND.load(decoder, placed(), TWELVE)
    with pytest.raises(InvalidValue, match="no tokens"):
        loaded.run([""])
    with pytest.raises(InvalidValue, match="context of 128"):
        loaded.run(["x" * 120])


def test_a_closed_model_can_be_closed_again(network: ModelSource) -> None:
    loaded = BACKEND.load(network, placed(), None)
    loaded.close()
    loaded.close()
