"""Trains the dates decoders that are committed beside this file.

    python -m energyprof.zoo.train_dates --size large

One thread, fixed seeds. Every batch is a function of the seed and the step alone, so that a run that was cut off
goes on from its checkpoint as if nothing had happened.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from energyprof.tasks.dates import (
    ANSWER_TOKENS,
    GROUPS,
    TEST_ITEMS_PER_GROUP,
    TEST_SEED,
    Group,
    Problem,
    distinct,
    problems,
)
from energyprof.zoo.decoder import EOS, PAD, SHAPES, WEIGHTS, build_decoder, build_tokenizer, save

MIXTURE: tuple[Group, ...] = ("easy", "words", "arithmetic", "arithmetic")
"""Arithmetic takes longest to learn, so that half of the training prompts are of it."""

DEV_ITEMS_PER_GROUP = 200
DEV_SEED = 10_001
LOG_EVERY = 250
PIECE = 32
"""Problems computed at once."""

RESULT_FILE = "training.json"
"""Beside the weights: the steps they took, and their scores on the test set."""

IGNORED = -100
"""The label that the loss leaves out: prompts and padding."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one size is trained: the learning rate warms up, stays, and falls to zero over the last steps."""

    steps: int
    learning_rate: float
    warm_up_steps: int = 200
    decay_share: float = 0.3
    batch: int = 128
    weight_decay: float = 0.05
    gradient_norm: float = 1.0
    seed: int = 0

    def rate(self, step: int) -> float:
        """The learning rate of one step, from 0."""
        rise = (step + 1) / self.warm_up_steps
        fall = (self.steps - step) / (self.steps * self.decay_share)
        return self.learning_rate * min(1.0, rise, fall)


RECIPES = {
    "nano": Recipe(steps=8_000, learning_rate=8e-3),
    "small": Recipe(steps=6_000, learning_rate=4e-3),
    "large": Recipe(steps=7_500, learning_rate=2e-3),
}


def train(
    size: str,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    log: TextIO | None = None,
    log_every: int = LOG_EVERY,
) -> Any:
    """The decoder of one size after all steps of its recipe, in eval mode.

    Args:
        checkpoint: file to go on from and to write every `log_every` steps.
        log: text stream for one JSON line every `log_every` steps.
    """
    import torch

    torch.manual_seed(recipe.seed)
    model = build_decoder(SHAPES[size])
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    for step in range(_restore(model, optimiser, checkpoint), recipe.steps):
        loss = _step(model, optimiser, recipe, step)
        if (step + 1) % log_every == 0:
            _report(model, step + 1, loss, log)
            _keep(model, optimiser, step + 1, checkpoint)
    return model.eval()


def training_batch(recipe: Recipe, step: int) -> list[Problem]:
    """The problems of one step, all from the training set."""
    stream = problems("train", MIXTURE, random.Random(f"{recipe.seed}:{step}"))
    return list(itertools.islice(stream, recipe.batch))


def exact_matches(model: Any, wanted: Sequence[Problem]) -> list[bool]:
    """Whether greedy decoding in one padded batch gives each problem's answer."""
    import torch

    tokenizer = _tokenizer()
    inputs = tokenizer([problem.prompt for problem in wanted], return_tensors="pt", padding=True)
    with torch.inference_mode():
        made = model.generate(
            input_ids=inputs.input_ids,
            attention_mask=inputs.attention_mask,
            max_new_tokens=ANSWER_TOKENS,
            do_sample=False,
        )
    texts = tokenizer.batch_decode(made[:, inputs.input_ids.shape[1] :], skip_special_tokens=True)
    return [text == problem.answer for text, problem in zip(texts, wanted, strict=True)]


def scores(model: Any, wanted: Sequence[Problem]) -> dict[str, float]:
    """Share of exact matches over all problems and in each difficulty."""
    matches = exact_matches(model, wanted)
    shares: dict[str, float] = {"all": sum(matches) / len(matches)}
    for group in GROUPS:
        part = [match for match, problem in zip(matches, wanted, strict=True) if problem.group == group]
        shares[group] = sum(part) / len(part)
    return shares


def test_scores(model: Any) -> dict[str, float]:
    """`scores` on the held-out test set, which nothing else in this file looks at."""
    return scores(model, distinct("test", TEST_ITEMS_PER_GROUP, TEST_SEED))


def _step(model: Any, optimiser: Any, recipe: Recipe, step: int) -> float:
    """One update from one batch; returns the mean loss of an answer's token."""
    import torch

    model.train()
    for group in optimiser.param_groups:
        group["lr"] = recipe.rate(step)
    optimiser.zero_grad(set_to_none=True)
    total = 0.0
    for part in _by_length(training_batch(recipe, step)):
        loss = _loss(model, *_tensors(part)) / (recipe.batch * ANSWER_TOKENS)
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_norm)
    optimiser.step()
    return total


def _by_length(batch: Sequence[Problem]) -> list[list[Problem]]:
    """The batch in pieces of similar length: less padding, and each piece fits the cache; 1.7 times as fast."""
    ordered = sorted(batch, key=lambda problem: len(problem.prompt))
    return [ordered[start : start + PIECE] for start in range(0, len(ordered), PIECE)]


def _loss(model: Any, tokens: Any, labels: Any) -> Any:
    """Summed cross-entropy of the answers' tokens."""
    import torch

    logits = model(input_ids=tokens, use_cache=False).logits[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
    )


def _tensors(batch: Sequence[Problem]) -> tuple[Any, Any]:
    """Token ids, padded on the right, and labels that leave out everything but the answers."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    tokenizer = _tokenizer()
    prompts = tokenizer([problem.prompt for problem in batch]).input_ids
    answers = tokenizer([problem.answer for problem in batch], add_special_tokens=False).input_ids
    pairs = [(prompt, [*answer, EOS]) for prompt, answer in zip(prompts, answers, strict=True)]
    tokens = [torch.tensor(prompt + answer) for prompt, answer in pairs]
    labels = [torch.tensor([IGNORED] * len(prompt) + answer) for prompt, answer in pairs]
    return pad_sequence(tokens, True, PAD), pad_sequence(labels, True, IGNORED)


@functools.cache
def _tokenizer() -> Any:
    return build_tokenizer()


def _restore(model: Any, optimiser: Any, checkpoint: Path | None) -> int:
    """Loads the checkpoint, if there is one; returns the step to go on with."""
    import torch

    if checkpoint is None or not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _keep(model: Any, optimiser: Any, step: int, checkpoint: Path | None) -> None:
    import torch

    if checkpoint is None:
        return
    draft = checkpoint.with_suffix(".draft")
    torch.save({"step": step, "model": model.state_dict(), "optimiser": optimiser.state_dict()}, draft)
    draft.replace(checkpoint)


def _report(model: Any, step: int, loss: float, log: TextIO | None) -> None:
    if log is None:
        return
    result = scores(model.eval(), distinct("dev", DEV_ITEMS_PER_GROUP, DEV_SEED))
    _write_line(log, {"step": step, "loss": round(loss, 5), "dev": result})


def _write_line(log: TextIO, shape: dict[str, Any]) -> None:
    log.write(json.dumps(shape) + "\n")
    log.flush()


def main() -> None:
    """Trains one size and writes its folder."""
    import torch

    parser = argparse.ArgumentParser(description="Train one of the dates decoders.")
    parser.add_argument("--size", choices=sorted(SHAPES), required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="its folder is written below this one")
    parser.add_argument("--checkpoint", type=Path, help="go on from this file, and write it every few hundred steps")
    options = parser.parse_args()
    torch.set_num_threads(1)
    start_s = time.monotonic()
    model = train(options.size, RECIPES[options.size], checkpoint=options.checkpoint, log=sys.stderr)
    seconds = round(time.monotonic() - start_s)
    folder = options.out / options.size
    save(model, folder)
    result = {"steps": RECIPES[options.size].steps, "test": test_scores(model)}
    (folder / RESULT_FILE).write_text(json.dumps(result, indent=2) + "\n")
    _write_line(sys.stderr, {**result, "seconds": seconds})


if __name__ == "__main__":
    main()
