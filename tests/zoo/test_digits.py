from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from energyprof.tasks.catalogue import get
from energyprof.zoo.digits import RECIPES, recipe_sha256, resolve_digits, train


def parameters(name: str) -> int:
    return sum(parameter.numel() for parameter in RECIPES[name].architecture().parameters())


def test_the_sizes_lie_far_apart() -> None:
    assert parameters("digits-mlp") == 64 * 32 + 32 + 32 * 10 + 10
    assert 4_000 < parameters("digits-cnn") < 8_000
    assert 2_000_000 < parameters("digits-resnet") < 4_000_000


def test_what_the_sources_say_of_their_size_is_so() -> None:
    for name in ("digits-mlp", "digits-cnn"):
        assert f": {parameters(name):,} parameters." in (RECIPES[name].architecture.__doc__ or "")
    assert f"{parameters('digits-resnet') / 1e6:.1f} million" in (RECIPES["digits-resnet"].architecture.__doc__ or "")


@pytest.mark.usefixtures("one_thread")
def test_the_perceptron_trains_on_first_use_and_reads_most_digits(cache: Path) -> None:
    source = resolve_digits("digits-mlp")
    assert source.folder.parent.parent == cache
    assert source.build is not None
    task = get("digits")
    with torch.inference_mode():
        answers = source.build()(torch.from_numpy(np.stack(task.items()))).argmax(1).tolist()
    assert task.score is not None
    values = task.score(answers).values
    assert 0.93 < sum(values) / len(values) < 1.0


@pytest.mark.usefixtures("cache", "one_thread")
def test_a_trained_model_is_taken_from_the_cache() -> None:
    first = resolve_digits("digits-mlp")
    written = (first.folder / "model.safetensors").stat().st_mtime_ns
    second = resolve_digits("digits-mlp")
    assert second.digest == first.digest
    assert (second.folder / "model.safetensors").stat().st_mtime_ns == written


@pytest.mark.usefixtures("cache", "one_thread")
def test_a_source_travels_to_a_worker_process() -> None:
    source = pickle.loads(pickle.dumps(resolve_digits("digits-mlp")))
    assert source.build()(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    assert source.calibration().shape == (256, 1, 8, 8)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["digits-mlp", "digits-cnn", "digits-resnet"])
def test_two_steps_from_one_seed_give_the_same_weights(name: str) -> None:
    first, second, other = (train(replace(RECIPES[name], seed=seed), steps=2).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.usefixtures("one_thread")
def test_training_leaves_the_random_state_of_the_caller_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(RECIPES["digits-mlp"], steps=1)
    assert torch.equal(torch.rand(3), expected)


def test_each_model_has_a_recipe_digest_of_its_own_that_stays() -> None:
    digests = [recipe_sha256(name) for name in RECIPES]
    assert len(set(digests)) == len(digests)
    assert digests == [recipe_sha256(name) for name in RECIPES]
