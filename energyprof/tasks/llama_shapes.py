"""Text generation of a fixed length, for models whose answers mean nothing: what a token costs by size alone."""

from __future__ import annotations

import random
from typing import Any

from energyprof.model.workload import Generation
from energyprof.tasks.task import Task

PROMPTS = 16
PROMPT_TOKENS = 64
NEW_TOKENS = 32
TOKEN_IDS = range(1_000, 49_000)
"""Ordinary tokens in the vocabularies of all shapes, the smallest of which has 49,152."""
SEED = 64_032


def _items() -> list[Any]:
    rng = random.Random(SEED)
    return [rng.choices(TOKEN_IDS, k=PROMPT_TOKENS) for _ in range(PROMPTS)]


TASK = Task(
    name="llama-shapes",
    kind="text-generation",
    unit="request",
    metric=None,
    score_kind=None,
    items=_items,
    score=None,
    generation=Generation(max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS),
    description=(
        f"Read {PROMPT_TOKENS} tokens and generate exactly {NEW_TOKENS}. The models have the published shapes of real "
        "ones but random weights, so that the cost is real and the text is not: there is no quality."
    ),
    source="Token ids drawn at random by energyprof with a fixed seed; Apache-2.0.",
)
