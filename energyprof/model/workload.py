"""What passes between a task and a backend: how to generate, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["image-classification", "text-generation", "sentence-embedding"]


@dataclass(frozen=True, slots=True)
class Generation:
    """How text is generated; always greedy, always with a KV cache.

    Attributes:
        max_new_tokens: upper bound of tokens made for one request.
        min_new_tokens: end-of-sequence is suppressed until then; equal to `max_new_tokens` for a fixed length.
    """

    max_new_tokens: int
    min_new_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gave for one item.

    Attributes:
        value: class index (int), generated text (str) or token ids (list of int) where there is no
            tokenizer, or an embedding (numpy array of shape (dimensions,), float32).
        tokens_in, tokens_out: tokens read and made for this item; None where the kind has none.
        first_token_s: seconds from the start of the call to the first new token; None if not known.
    """

    value: Any
    tokens_in: int | None = None
    tokens_out: int | None = None
    first_token_s: float | None = None
