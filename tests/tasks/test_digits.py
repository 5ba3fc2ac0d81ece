from __future__ import annotations

import numpy as np

from energyprof.tasks.digits import TASK, test_set, training_set

test_set.__test__ = False  # type: ignore[attr-defined]


def test_no_test_image_is_a_training_image_or_comes_twice() -> None:
    trained = {image.tobytes() for image in training_set()[0]}
    tested = [image.tobytes() for image in test_set()[0]]
    assert len(set(tested)) == len(tested)
    assert not trained & set(tested)


def test_images_are_grey_values_from_0_to_1() -> None:
    items = TASK.items()
    assert {item.shape for item in items} == {(1, 8, 8)}
    assert {item.dtype for item in items} == {np.dtype(np.float32)}
    assert min(item.min() for item in items) == 0.0
    assert max(item.max() for item in items) == 1.0


def test_nothing_of_the_data_set_is_lost_but_duplicates() -> None:
    assert 1790 <= len(training_set()[0]) + len(test_set()[0]) <= 1797
    assert sorted(set(test_set()[1].tolist())) == list(range(10))


def test_a_right_answer_scores_1_and_a_wrong_one_0() -> None:
    truth = test_set()[1].tolist()
    answers = [*truth[:-1], (truth[-1] + 1) % 10]
    assert TASK.score is not None
    assert TASK.score(answers).values == [1.0] * (len(truth) - 1) + [0.0]
