"""What a folder in Hugging Face layout says of its text: tokenizer, stop tokens, pooling."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from energyprof.model.errors import InvalidValue

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Pooling = Literal["mean", "cls"]


@dataclass(frozen=True, slots=True)
class TextConfig:
    """What generation needs to know.

    Attributes:
        stop_ids: tokens that end a text.
        context: most tokens that the model can hold; None = not stated.
        vocabulary: number of tokens.
    """

    stop_ids: tuple[int, ...]
    context: int | None
    vocabulary: int


@dataclass(frozen=True, slots=True)
class SentenceConfig:
    """How token vectors become one sentence vector, as sentence-transformers states it.

    Attributes:
        max_tokens: longer texts are cut; None = never.
    """

    pooling: Pooling
    normalise: bool
    max_tokens: int | None


def tokenizer(folder: Path) -> Tokenizer | None:
    """The folder's own tokenizer, without padding or truncation; None where it has none."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    # The library else encodes a batch on all cores, whatever number of threads the variant was given.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer

    loaded: Tokenizer = Tokenizer.from_file(str(path))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


def text_config(folder: Path) -> TextConfig:
    """Stop tokens, context and vocabulary.

    Raises:
        InvalidValue: config.json is missing or is not one of a language model.
    """
    config = _json(folder / "config.json")
    if not isinstance(config, dict) or "vocab_size" not in config:
        raise InvalidValue(
            f"{folder / 'config.json'} states no vocab_size, so this is not the folder of a language model. "
            "Name a folder in Hugging Face layout."
        )
    stop = (_json(folder / "generation_config.json") or {}).get("eos_token_id", config.get("eos_token_id"))
    stop_ids = () if stop is None else tuple(stop) if isinstance(stop, list) else (stop,)
    return TextConfig(stop_ids, config.get("max_position_embeddings"), config["vocab_size"])


def sentence_config(folder: Path) -> SentenceConfig:
    """Pooling, normalisation and length; mean pooling without normalisation where nothing is stated.

    Raises:
        InvalidValue: the model has a part that is not supported here.
    """
    modules = _json(folder / "modules.json") or []
    for module in modules:
        if _kind(module) not in ("Transformer", "Pooling", "Normalize"):
            raise InvalidValue(
                f"{folder} ends in a {_kind(module)} layer, which is not supported, so its embeddings would be wrong. "
                "Use a model made of Transformer, Pooling and Normalize alone."
            )
    pooling: Pooling = "mean"
    for module in modules:
        if _kind(module) == "Pooling":
            pooling = _pooling(_json(folder / module["path"] / "config.json") or {}, folder)
    limit = (_json(folder / "sentence_bert_config.json") or {}).get("max_seq_length")
    limit = limit or (_json(folder / "config.json") or {}).get("max_position_embeddings")
    return SentenceConfig(pooling, any(_kind(module) == "Normalize" for module in modules), limit)


def _kind(module: dict[str, Any]) -> str:
    return str(module.get("type", "")).rsplit(".", 1)[-1]


def _pooling(config: dict[str, Any], folder: Path) -> Pooling:
    modes = {key.removeprefix("pooling_mode_") for key, value in config.items() if value is True}
    modes |= {config["pooling_mode"]} if isinstance(config.get("pooling_mode"), str) else set()
    modes -= {"include_prompt"}
    if modes in ({"mean_tokens"}, {"mean"}):
        return "mean"
    if modes in ({"cls_token"}, {"cls"}):
        return "cls"
    raise InvalidValue(
        f"{folder} pools by {', '.join(sorted(modes)) or 'nothing'}, but only mean and cls are supported, so its "
        "embeddings would be wrong. Use a model with one of these."
    )


def _json(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidValue(f"{path} is not JSON ({error}), so the model cannot be loaded. Restore the file.") from error
