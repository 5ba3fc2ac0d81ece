from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch

from energyprof.tasks.dates import Problem, split
from energyprof.zoo import train_dates
from energyprof.zoo.decoder import EOS
from energyprof.zoo.train_dates import IGNORED, Recipe, scores, train, training_batch

RECIPE = Recipe(steps=2, learning_rate=1e-3, warm_up_steps=1, batch=8)

pytestmark = pytest.mark.usefixtures("one_thread")


def test_two_steps_from_one_seed_give_the_same_weights() -> None:
    first, second = train("nano", RECIPE).state_dict(), train("nano", RECIPE).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_run_that_was_cut_off_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    checkpoint = tmp_path / "nano.pt"
    longer = Recipe(steps=4, learning_rate=1e-3, warm_up_steps=1, batch=8, decay_share=0.25)
    whole = train("nano", longer).state_dict()
    train("nano", longer, checkpoint=checkpoint, log_every=3)
    assert torch.load(checkpoint, weights_only=True)["step"] == 3
    resumed = train("nano", longer, checkpoint=checkpoint).state_dict()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_every_trained_prompt_is_of_the_training_set() -> None:
    assert {split(problem.prompt) for step in range(50) for problem in training_batch(RECIPE, step)} == {"train"}


def test_steps_and_seeds_have_batches_of_their_own() -> None:
    other = Recipe(steps=2, learning_rate=1e-3, seed=1, batch=8)
    assert training_batch(RECIPE, 0) == training_batch(RECIPE, 0)
    assert training_batch(RECIPE, 0) != training_batch(RECIPE, 1)
    assert training_batch(RECIPE, 0) != training_batch(other, 0)


def test_only_the_answer_is_learned() -> None:
    tokens, labels = train_dates._tensors(
        [Problem("3 may 1990=", "1990-05-03", "easy"), Problem("1.1.1990=", "1990-01-01", "easy")]
    )
    learned = labels != IGNORED
    assert learned.sum(dim=1).tolist() == [11, 11]
    assert torch.equal(tokens[learned], labels[learned])
    assert labels[0, -1].item() == EOS


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    recipe = Recipe(steps=100, learning_rate=1.0, warm_up_steps=10, decay_share=0.2)
    assert recipe.rate(0) == pytest.approx(0.1)
    assert [recipe.rate(step) for step in (9, 50, 80)] == [1.0, 1.0, 1.0]
    assert recipe.rate(90) == pytest.approx(0.5)
    assert recipe.rate(99) == pytest.approx(0.05)


def test_progress_is_logged_by_difficulty() -> None:
    log = io.StringIO()
    train("nano", RECIPE, log=log, log_every=2)
    line = json.loads(log.getvalue())
    assert line["step"] == 2
    assert set(line["dev"]) == {"all", "easy", "words", "arithmetic"}


def test_a_model_that_was_never_trained_gives_no_right_answer() -> None:
    wanted = training_batch(RECIPE, 0)
    assert scores(train("nano", Recipe(steps=0, learning_rate=1.0)), wanted)["all"] == 0.0
