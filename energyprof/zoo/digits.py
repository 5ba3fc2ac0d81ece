"""The digits classifiers, from a tiny perceptron to a large residual network, and how they are trained."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energyprof.backends.backend import ModelSource
from energyprof.backends.cache import atomic_folder, cache_folder
from energyprof.tasks import digits
from energyprof.zoo.digest import file_sha256, text_sha256

WEIGHTS_FILE = "model.safetensors"
CALIBRATION_IMAGES = 256
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one classifier is made: its architecture, and AdamW on a one-cycle schedule."""

    architecture: Callable[[], Any]
    epochs: int
    learning_rate: float
    batch: int = 64
    weight_decay: float = 0.05
    seed: int = 0


def perceptron() -> Any:
    """Fully connected, 64-32-10: 2,410 parameters."""
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, digits.CLASSES))


def small_cnn() -> Any:
    """Two convolutions and two linear layers: 5,083 parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 51),
        nn.ReLU(),
        nn.Linear(51, digits.CLASSES),
    )


def large_resnet() -> Any:
    """Six residual blocks, 64 to 256 channels wide, with BatchNorm: 2.8 million parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        _residual_block(64, 64, stride=1),
        _residual_block(64, 64, stride=1),
        _residual_block(64, 128, stride=2),
        _residual_block(128, 128, stride=1),
        _residual_block(128, 256, stride=2),
        _residual_block(256, 256, stride=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(256, digits.CLASSES),
    )


RECIPES = {
    "digits-mlp": Recipe(perceptron, epochs=40, learning_rate=1e-2),
    "digits-cnn": Recipe(small_cnn, epochs=80, learning_rate=1e-2),
    "digits-resnet": Recipe(large_resnet, epochs=10, learning_rate=3e-3),
}


def resolve_digits(name: str) -> ModelSource:
    """A trained classifier; trained now, in under a minute, where the cache does not have it.

    Raises:
        UnwritableOutput: the cache folder cannot be written.
    """
    folder = cache_folder("trained") / f"{name}-{recipe_sha256(name)[:16]}"
    if not folder.is_dir():
        _train_into(folder, name)
    return ModelSource(
        name=name,
        kind="image-classification",
        folder=folder,
        digest=text_sha256(f"{recipe_sha256(name)} {file_sha256(folder / WEIGHTS_FILE)}"),
        weights="trained",
        licence="Apache-2.0",
        build=functools.partial(load_trained, name, folder),
        calibration=calibration_images,
    )


def calibration_images() -> Any:
    """The first training images, from which static quantisation takes its ranges: (256, 1, 8, 8), float32."""
    return digits.training_set()[0][:CALIBRATION_IMAGES]


def recipe_sha256(name: str) -> str:
    """A digest over all that decides the training's result, but for the machine's arithmetic."""
    sources = [Path(file).read_text(encoding="utf-8") for file in (__file__, digits.__file__)]
    return text_sha256("\0".join([name, *sources]))


def load_trained(name: str, folder: Path) -> Any:
    """The fp32 module in eval mode: (batch, 1, 8, 8) to logits of shape (batch, 10)."""
    from safetensors.torch import load_file

    module = RECIPES[name].architecture()
    module.load_state_dict(load_file(folder / WEIGHTS_FILE))
    return module.eval()


def train(recipe: Recipe, *, steps: int | None = None) -> Any:
    """A trained module in eval mode; the caller's random state and threads are left as they were.

    One thread: the weights do not depend on how many cores there are, and another busy process cannot stall the
    threads on each other (measured: 15-fold).

    Args:
        steps: stop after so many updates; None = all epochs.
    """
    import torch

    with torch.random.fork_rng(devices=[]), _one_thread():
        torch.manual_seed(recipe.seed)
        images, labels = (torch.from_numpy(part) for part in digits.training_set())
        module = recipe.architecture().train()
        batches = [batch for _ in range(recipe.epochs) for batch in torch.randperm(len(images)).split(recipe.batch)]
        optimiser = torch.optim.AdamW(module.parameters(), weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, len(batches))
        for batch in batches[:steps]:
            loss = torch.nn.functional.cross_entropy(module(images[batch]), labels[batch])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    return module.eval()


def _residual_block(channels_in: int, channels_out: int, *, stride: int) -> Any:
    from torch import nn

    class ResidualBlock(nn.Module):
        """Two 3 x 3 convolutions beside a shortcut."""

        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(channels_out),
                nn.ReLU(),
                nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
                nn.BatchNorm2d(channels_out),
            )
            same = stride == 1 and channels_in == channels_out
            self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1, stride=stride)

        def forward(self, images: Any) -> Any:
            return nn.functional.relu(self.body(images) + self.shortcut(images))

    return ResidualBlock()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train_into(folder: Path, name: str) -> None:
    from safetensors.torch import save_file

    _log.info("training %s once; it is kept in %s", name, folder)
    with atomic_folder(folder) as draft:
        save_file(train(RECIPES[name]).state_dict(), draft / WEIGHTS_FILE)
