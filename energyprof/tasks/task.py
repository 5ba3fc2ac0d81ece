"""What a task is: items to ask, and a score for each answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from energyprof.model.workload import Generation, Kind


@dataclass(frozen=True, slots=True)
class ItemScores:
    """One number for each scored item; `groups` names the class of each, such as its difficulty."""

    values: list[float]
    groups: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task, its held-out test items and its score.

    Attributes:
        unit: the functional unit in the singular, such as "image"; one item is one unit.
        metric: name of the quality metric; None where the task has no quality.
        score_kind: "mean" of the item scores, or "spearman": rank correlation of the item scores with those
            of the baseline variant.
        items: loads the test items, always in the same order, the first ones a fair sample of all: float32 arrays
            of shape (channels, height, width) for images, str or list of token ids for generation, str for
            embeddings.
        score: from the answers' values, one for each of the first items and in their order, to item scores.
        generation: how to generate; None for other kinds.
        description: a sentence or two for the page.
        source: where the items come from, with licence.
    """

    name: str
    kind: Kind
    unit: str
    metric: str | None
    score_kind: Literal["mean", "spearman"] | None
    items: Callable[[], list[Any]]
    score: Callable[[Sequence[Any]], ItemScores] | None
    generation: Generation | None
    description: str
    source: str
