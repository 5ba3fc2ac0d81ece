"""The digest of a task's items tells what was asked, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from energyprof.tasks import catalogue
from energyprof.tasks.digest import items_sha256

IMAGE = np.arange(4, dtype=np.float32).reshape(1, 2, 2)


@pytest.mark.parametrize(
    ("items", "others"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a", "b"], ["b", "a"]),
        ([[1, 23]], [[12, 3]]),
        ([[1], [2]], [[1, 2]]),
        (["1 2"], [[1, 2]]),
        ([IMAGE], [IMAGE.reshape(2, 1, 2)]),
        ([IMAGE], [IMAGE.astype(np.float64)]),
        ([IMAGE], [IMAGE + 1]),
        ([], [""]),
    ],
)
def test_other_items_have_another_digest(items: list[object], others: list[object]) -> None:
    assert items_sha256(items) != items_sha256(others)


def test_the_same_items_have_the_same_digest_however_they_are_stored() -> None:
    assert items_sha256([IMAGE]) == items_sha256([np.asfortranarray(IMAGE)])
    assert items_sha256([[1, 2]]) == items_sha256([tuple(np.array([1, 2]))])


@pytest.mark.parametrize("name", catalogue.names())
def test_every_task_has_a_digest_that_does_not_change(name: str) -> None:
    task = catalogue.get(name)
    assert items_sha256(task.items()) == items_sha256(task.items())
