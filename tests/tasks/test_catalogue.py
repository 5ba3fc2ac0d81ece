from __future__ import annotations

import pytest

from energyprof.model.errors import UnknownName
from energyprof.tasks import catalogue


def test_every_task_is_found_by_its_own_name() -> None:
    assert catalogue.names() == ["dates", "digits", "llama-shapes", "similarity"]
    assert [catalogue.get(name).name for name in catalogue.names()] == catalogue.names()


def test_an_unknown_task_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match=r"no task named 'digit'\. Did you mean digits"):
        catalogue.get("digit")


def test_a_name_like_no_other_is_answered_with_all_of_them() -> None:
    with pytest.raises(UnknownName, match="Known are dates, digits, llama-shapes, similarity"):
        catalogue.get("xyzzy")


@pytest.mark.parametrize("name", catalogue.names())
def test_items_come_in_the_same_order_every_time(name: str) -> None:
    task = catalogue.get(name)
    first, second = task.items(), task.items()
    assert len(first) == len(second) > 0
    assert all(
        (left == right) if isinstance(left, str | list) else (left == right).all()
        for left, right in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("name", catalogue.names())
def test_a_metric_comes_with_a_score_or_not_at_all(name: str) -> None:
    task = catalogue.get(name)
    assert (task.metric is None) == (task.score is None) == (task.score_kind is None)
