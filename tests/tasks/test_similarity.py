from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from energyprof.tasks.similarity import TASK, cosine, pairs


def test_there_are_enough_pairs_of_every_relation() -> None:
    counts = Counter(pair.relation for pair in pairs())
    assert set(counts) == {"paraphrase", "related", "unrelated", "negation", "detail", "length"}
    assert sum(counts.values()) >= 120
    assert min(counts.values()) >= 10


def test_no_pair_comes_twice_in_either_order() -> None:
    assert len({frozenset((pair.first, pair.second)) for pair in pairs()}) == len(pairs())


def test_items_are_the_sentences_pair_by_pair() -> None:
    items = TASK.items()
    assert len(items) == 2 * len(pairs())
    assert (items[0], items[1]) == (pairs()[0].first, pairs()[0].second)
    assert all(item.strip() == item != "" for item in items)


def test_a_pair_scores_the_cosine_of_its_embeddings() -> None:
    assert TASK.score is not None
    alike = np.array([1.0, 2.0], dtype=np.float32)
    across = np.array([-2.0, 1.0], dtype=np.float32)
    values = [alike, 3 * alike, alike, across] + [alike, -alike] * (len(pairs()) - 2)
    scores = TASK.score(values)
    assert scores.values == pytest.approx([1.0, 0.0] + [-1.0] * (len(pairs()) - 2))
    assert scores.groups == [pair.relation for pair in pairs()]


def test_the_cosine_does_not_depend_on_length() -> None:
    assert cosine(np.array([3.0, 4.0]), np.array([4.0, 3.0])) == pytest.approx(24 / 25)


def test_the_description_counts_the_pairs() -> None:
    assert f"over {len(pairs())} pairs" in TASK.description
