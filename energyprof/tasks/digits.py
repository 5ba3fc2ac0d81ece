"""Handwritten digits, 8 x 8 grey pixels, from scikit-learn: which of ten is it?"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from energyprof.tasks.task import ItemScores, Task

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

TEST_SHARE = 0.3
SPLIT_SEED = 0
BRIGHTEST = 16.0
CLASSES = 10


def training_set() -> tuple[NDArray[numpy.float32], NDArray[numpy.int64]]:
    """Images of shape (n, 1, 8, 8) with values from 0 to 1, and their digits."""
    return _sets()[0]


def test_set() -> tuple[NDArray[numpy.float32], NDArray[numpy.int64]]:
    """Like `training_set`, held out: no image is in the training set or twice in this one."""
    return _sets()[1]


@functools.cache
def _sets() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = (digits.images / BRIGHTEST).astype(np.float32)[:, np.newaxis]
    train_x, test_x, train_y, test_y = train_test_split(
        images, digits.target, test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=digits.target
    )
    fresh = _first_of_each(test_x, {image.tobytes() for image in train_x})
    return (train_x, train_y), (test_x[fresh], test_y[fresh])


def _first_of_each(images: Any, seen: set[bytes]) -> list[int]:
    """Indices of the images that are not in `seen`, each image once."""
    kept: list[int] = []
    for index, image in enumerate(images):
        if (key := image.tobytes()) not in seen:
            seen.add(key)
            kept.append(index)
    return kept


def _items() -> list[Any]:
    return list(test_set()[0])


def _score(values: Sequence[Any]) -> ItemScores:
    truth = test_set()[1][: len(values)]
    return ItemScores([float(value == digit) for value, digit in zip(values, truth, strict=True)])


TASK = Task(
    name="digits",
    kind="image-classification",
    unit="image",
    metric="accuracy",
    score_kind="mean",
    items=_items,
    score=_score,
    generation=None,
    description=(
        "Recognise a handwritten digit in 8 x 8 grey pixels. The test images are held out from training, and none "
        "equals a training image."
    ),
    source="Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI, CC BY 4.0, via scikit-learn.",
)
