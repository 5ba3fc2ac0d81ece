from __future__ import annotations

import itertools
import json
import random
import string

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from energyprof.tasks.dates import GROUPS, TEST_ITEMS_PER_GROUP, TEST_SEED, distinct, problems
from energyprof.zoo.decoder import (
    BOS,
    CHARACTERS,
    SHAPES,
    UNKNOWN,
    VOCABULARY_SIZE,
    WEIGHTS,
    DecoderShape,
    build_decoder,
    build_tokenizer,
    resolve_dates,
)
from energyprof.zoo.train_dates import RESULT_FILE, scores

TOKENIZER = build_tokenizer()


@given(st.text(alphabet=CHARACTERS, max_size=80))
def test_text_survives_the_tokenizer(text: str) -> None:
    tokens = TOKENIZER(text).input_ids
    assert tokens[0] == BOS
    assert len(tokens) == len(text) + 1
    assert TOKENIZER.decode(tokens, skip_special_tokens=True) == text


def test_the_tokenizer_knows_every_character_of_the_task() -> None:
    made = itertools.islice(problems("train", GROUPS, random.Random(1)), 2_000)
    assert all(UNKNOWN not in TOKENIZER(problem.prompt + problem.answer).input_ids for problem in made)
    assert UNKNOWN in TOKENIZER(string.ascii_uppercase).input_ids


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_layer_is_as_wide_as_the_vocabulary(shape: DecoderShape) -> None:
    queries, keys = shape.heads * shape.head_width, shape.key_value_heads * shape.head_width
    widths = {shape.hidden, shape.intermediate, 2 * shape.intermediate, queries, keys, queries + 2 * keys}
    assert VOCABULARY_SIZE not in widths
    assert shape.head_width % 16 == 0
    assert len(TOKENIZER) <= VOCABULARY_SIZE


@pytest.mark.parametrize(("size", "parameters"), [("nano", 13_984), ("small", 89_408), ("large", 646_272)])
def test_the_sizes_are_what_the_names_promise(size: str, parameters: int) -> None:
    assert build_decoder(SHAPES[size]).num_parameters() == parameters


@pytest.mark.parametrize("size", SHAPES)
def test_the_committed_folder_loads_by_the_library_alone(size: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve_dates(size).folder
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.num_parameters() == build_decoder(SHAPES[size]).num_parameters()
    assert model.generation_config.eos_token_id == 2
    assert AutoTokenizer.from_pretrained(folder)("3 may 1990=").input_ids == TOKENIZER("3 may 1990=").input_ids


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("size", SHAPES)
def test_the_committed_weights_give_the_scores_that_are_stated(size: str) -> None:
    from transformers import AutoModelForCausalLM

    stated = json.loads((WEIGHTS / size / RESULT_FILE).read_text())["test"]
    wanted = distinct("test", TEST_ITEMS_PER_GROUP, TEST_SEED)[::6]
    found = scores(AutoModelForCausalLM.from_pretrained(WEIGHTS / size), wanted)
    assert len(wanted) == 100
    assert found["all"] == pytest.approx(stated["all"], abs=0.08)


def test_a_digest_stays_while_the_files_stay() -> None:
    digests = [resolve_dates(size).digest for size in SHAPES]
    assert digests == [resolve_dates(size).digest for size in SHAPES]
    assert len(set(digests)) == len(digests)


def test_weights_are_small_enough_to_be_committed() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.rglob("*") if file.is_file()) < 12e6


def test_the_initial_weights_are_as_wide_as_the_layers_want() -> None:
    torch.manual_seed(0)
    matrices = [parameter for parameter in build_decoder(SHAPES["small"]).parameters() if parameter.ndim == 2]
    assert all(matrix.std().item() == pytest.approx(0.1, rel=0.1) for matrix in matrices)
