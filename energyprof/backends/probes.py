"""Inputs on which every model is tried once before it is measured, and what its outputs give away."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from energyprof.backends.backend import ModelSource
from energyprof.backends.text import TextConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROMPT_LENGTHS = (3, 8, 21)
CONTINUATION = 3
"""Tokens fed one by one after each prompt, so that the KV cache is tried too."""

SENTENCES = (
    "A cat sleeps on the warm stones.",
    "The board approved the merger after a long and heated debate about its price, its timing and its risks.",
    "Yes.",
)
IMAGES = 16


def prompts(config: TextConfig) -> list[list[int]]:
    """Seeded random token ids, in several lengths that the model can hold with their continuation."""
    chance = random.Random(0)
    most = max(1, (config.context or 2048) - CONTINUATION)
    return [[chance.randrange(config.vocabulary) for _ in range(min(length, most))] for length in PROMPT_LENGTHS]


def images(source: ModelSource) -> NDArray[Any] | None:
    """Some training images, else seeded noise of the right shape, float32; None where no shape is known."""
    import numpy as np

    if source.calibration is not None:
        return np.asarray(source.calibration()[:IMAGES], np.float32)
    if source.image_shape is not None:
        return np.random.default_rng(0).random((IMAGES, *source.image_shape), np.float32)
    return None


def remarks(outputs: NDArray[Any]) -> list[str]:
    """What is suspicious about a model's outputs, as sentences."""
    import numpy as np

    if not np.isfinite(outputs).all():
        return ["The outputs hold NaN or infinity, so that the answers mean nothing: use a wider precision."]
    smallest_normal = np.finfo(np.float32).tiny
    if outputs.size and np.abs(outputs).max() < smallest_normal:
        return [
            "The outputs are denormal or zero: activations have vanished, as in a network whose batch "
            "normalisation was never calibrated. Denormal arithmetic costs up to five times the energy of a "
            "real model; train or calibrate it before comparing."
        ]
    return []
