"""Greedy decoding with a KV cache: one loop for every runtime, so that all of them do the same work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from energyprof.model.workload import Generation


class Decoder(Protocol):
    """A causal language model that remembers, in its KV cache, what it has read."""

    def read(self, prompts: Sequence[Sequence[int]], banned: Sequence[int]) -> list[int]:
        """Forgets everything, reads one prompt a row, and returns the likeliest next token of each row.

        Args:
            banned: tokens that may not be chosen.
        """

    def step(self, tokens: Sequence[int], banned: Sequence[int]) -> list[int]:
        """Reads one more token a row, and returns the likeliest next token of each row."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was made.

    Attributes:
        rows: the new tokens of each row, up to and including its first stop token.
        first_token_at_s: when the first token of all rows was known, on `time.perf_counter`; None where none was made.
    """

    rows: list[list[int]]
    first_token_at_s: float | None


def greedy(
    decoder: Decoder, prompts: Sequence[Sequence[int]], generation: Generation, stop_ids: Sequence[int]
) -> Decoded:
    """Continues the prompts with the likeliest tokens until every row has stopped or the limit is reached.

    A row that has stopped is carried along until the last one has, and what it makes is dropped.
    """
    rows: list[list[int]] = [[] for _ in prompts]
    chosen: list[int] = []
    first_token_at_s = None
    for made in range(generation.max_new_tokens):
        banned = stop_ids if made < generation.min_new_tokens else ()
        chosen = decoder.step(chosen, banned) if made else decoder.read(prompts, banned)
        if first_token_at_s is None:
            first_token_at_s = time.perf_counter()
        for row, token in zip(rows, chosen, strict=True):
            if not _stopped(row, stop_ids):
                row.append(token)
        if all(_stopped(row, stop_ids) for row in rows):
            break
    return Decoded(rows, first_token_at_s)


def _stopped(row: list[int], stop_ids: Sequence[int]) -> bool:
    return bool(row) and row[-1] in stop_ids
