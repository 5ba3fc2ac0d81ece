"""Sentence embeddings: does a cheaper variant order pairs of sentences by likeness as the baseline does?"""

from __future__ import annotations

import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from energyprof.tasks.task import ItemScores, Task

PAIRS_FILE = "sentence_pairs.csv"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences, and how they relate: paraphrase, related, unrelated, negation, detail or length."""

    relation: str
    first: str
    second: str


@functools.cache
def pairs() -> tuple[Pair, ...]:
    """All pairs, in the order of the file."""
    text = resources.files("energyprof.tasks").joinpath(PAIRS_FILE).read_text(encoding="utf-8")
    return tuple(Pair(**row) for row in csv.DictReader(text.splitlines()))


def cosine(first: Any, second: Any) -> float:
    """Cosine of the angle between two vectors, neither of which is zero."""
    import numpy as np

    return float(np.dot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second)))


def _items() -> list[Any]:
    return [sentence for pair in pairs() for sentence in (pair.first, pair.second)]


def _score(values: Sequence[Any]) -> ItemScores:
    both = list(zip(values[::2], values[1::2], strict=True))
    cosines = [cosine(first, second) for first, second in both]
    return ItemScores(cosines, [pair.relation for pair in pairs()[: len(both)]])


TASK = Task(
    name="similarity",
    kind="sentence-embedding",
    unit="sentence",
    metric="spearman",
    score_kind="spearman",
    items=_items,
    score=_score,
    generation=None,
    description=(
        "Embed sentences, whose likeness is the cosine of their embeddings. Quality is the rank correlation of these "
        "cosines with the baseline's over 136 pairs: paraphrases, related and unrelated sentences, negations, changed "
        "details and different lengths. It says how faithful a variant is to the baseline, not how good that is."
    ),
    source="Sentences written for energyprof; Apache-2.0.",
)
