"""A loaded model of each kind, around what a runtime brings: a decoder or a function from arrays to arrays."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energyprof.backends.backend import ModelSource
from energyprof.backends.decoding import Decoder, greedy
from energyprof.backends.text import SentenceConfig, TextConfig, sentence_config, text_config, tokenizer
from energyprof.model.errors import InvalidValue
from energyprof.model.run import ModelDescription
from energyprof.model.workload import Answer, Generation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

Classify = Callable[["NDArray[Any]"], "NDArray[Any]"]
"""Images (batch, channels, height, width), float32 -> class indices (batch,)."""

Embed = Callable[["NDArray[Any]", "NDArray[Any]"], "NDArray[Any]"]
"""Token ids and mask (batch, tokens), int64 -> embeddings (batch, dimensions), float32."""


@dataclass(slots=True)
class Classifier:
    """Images to class indices."""

    description: ModelDescription
    classify: Classify
    release: Callable[[], object]

    def run(self, batch: Sequence[Any]) -> list[Answer]:
        """The likeliest class of each image."""
        import numpy as np

        images = np.stack([np.asarray(image, np.float32) for image in batch])
        return [Answer(int(index)) for index in self.classify(images)]

    def close(self) -> None:
        """Gives back what it holds."""
        _shut(self, "classify")


@dataclass(slots=True)
class Embedder:
    """Sentences to vectors."""

    description: ModelDescription
    embed: Embed
    sentences: Sentences
    release: Callable[[], object]

    def run(self, batch: Sequence[Any]) -> list[Answer]:
        """The embedding of each sentence."""
        ids, mask = self.sentences.encoded(batch)
        vectors = self.embed(ids, mask)
        return [Answer(vector, int(length)) for vector, length in zip(vectors, mask.sum(1), strict=True)]

    def close(self) -> None:
        """Gives back what it holds."""
        _shut(self, "embed")


@dataclass(slots=True)
class Generator:
    """Prompts to texts; an item of token ids is answered with token ids."""

    description: ModelDescription
    decoder: Decoder
    prompts: Prompts
    generation: Generation
    release: Callable[[], object]

    def run(self, batch: Sequence[Any]) -> list[Answer]:
        """The greedy continuation of each prompt."""
        start_s = time.perf_counter()
        prompts = [self.prompts.encoded(item, self.generation.max_new_tokens) for item in batch]
        decoded = greedy(self.decoder, prompts, self.generation, self.prompts.config.stop_ids)
        first_s = None if decoded.first_token_at_s is None else decoded.first_token_at_s - start_s
        return [
            Answer(self.prompts.decoded(item, row), len(prompt), len(row), first_s)
            for item, prompt, row in zip(batch, prompts, decoded.rows, strict=True)
        ]

    def close(self) -> None:
        """Gives back what it holds."""
        _shut(self, "decoder")


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences to padded token ids."""

    tokenizer: Tokenizer
    pad_id: int

    def encoded(self, batch: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Token ids and mask, (batch, longest), int64, padded on the right."""
        import numpy as np

        encodings = [self.tokenizer.encode(text) for text in batch]
        shape = (len(batch), max(len(encoding) for encoding in encodings))
        ids, mask = np.full(shape, self.pad_id, np.int64), np.zeros(shape, np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        return ids, mask


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts to token ids, and back."""

    config: TextConfig
    tokenizer: Tokenizer | None

    def encoded(self, item: Any, max_new_tokens: int) -> list[int]:
        """Token ids of a prompt.

        Raises:
            InvalidValue: the prompt is empty, too long, or a text where there is no tokenizer.
        """
        if isinstance(item, str) and self.tokenizer is None:
            raise InvalidValue(
                "The task asks in text, but the model's folder has no tokenizer.json. "
                "Add one, or use a task that asks in token ids."
            )
        ids: list[int] = self.tokenizer.encode(item).ids if self.tokenizer and isinstance(item, str) else list(item)
        if not ids:
            raise InvalidValue("A prompt has no tokens, so there is nothing to continue. Remove the empty item.")
        if self.config.context is not None and len(ids) + max_new_tokens > self.config.context:
            raise InvalidValue(
                f"A prompt of {len(ids)} tokens with {max_new_tokens} new ones exceeds the model's context of "
                f"{self.config.context}. Shorten the prompt or lower max_new_tokens."
            )
        return ids

    def decoded(self, item: Any, tokens: list[int]) -> str | list[int]:
        """The new tokens in the form in which was asked."""
        if self.tokenizer is None or not isinstance(item, str):
            return tokens
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text


def generation_of(source: ModelSource, generation: Generation | None) -> Generation:
    """The length of what is generated.

    Raises:
        InvalidValue: the task states none.
    """
    if generation is None:
        raise InvalidValue(
            f"The model {source.name!r} generates text, but the task does not say how much. Use a task of its kind."
        )
    return generation


def prompts_of(folder: Path) -> Prompts:
    """The prompts' codec of a model in Hugging Face layout."""
    return Prompts(text_config(folder), tokenizer(folder))


def sentences_of(folder: Path) -> tuple[SentenceConfig, Sentences]:
    """The sentences' codec of a model in Hugging Face layout, and how it pools.

    Raises:
        InvalidValue: the folder has no tokenizer.
    """
    config, loaded = sentence_config(folder), tokenizer(folder)
    if loaded is None:
        raise InvalidValue(f"{folder} has no tokenizer.json, so no sentence can be embedded. Add the file.")
    if config.max_tokens is not None:
        loaded.enable_truncation(config.max_tokens)
    return config, Sentences(loaded, loaded.token_to_id("[PAD]") or 0)


def _shut(model: Classifier | Embedder | Generator, held: str) -> None:
    """Drops the last reference to the runtime's model; a second call does nothing."""
    if hasattr(model, held):
        delattr(model, held)
        model.release()
