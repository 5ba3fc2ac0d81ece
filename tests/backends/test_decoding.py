"""The greedy loop, on a decoder that plays back a script."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.backends.decoding import greedy
from energyprof.model.workload import Generation

STOP = 1


class Script:
    """Chooses the scripted tokens of each row in turn; 9 in place of a banned one."""

    def __init__(self, *rows: list[int]) -> None:
        self._rows = rows
        self.steps = 0

    def read(self, prompts: Sequence[Sequence[int]], banned: Sequence[int]) -> list[int]:
        self.steps = 0
        return self._chosen(banned)

    def step(self, tokens: Sequence[int], banned: Sequence[int]) -> list[int]:
        self.steps += 1
        return self._chosen(banned)

    def _chosen(self, banned: Sequence[int]) -> list[int]:
        wanted = [row[self.steps] for row in self._rows]
        return [9 if token in banned else token for token in wanted]


def test_a_row_ends_with_its_stop_token_and_the_loop_with_the_last_row() -> None:
    decoder = Script([5, STOP, 7, 7, 7], [5, 6, 7, STOP, 7])
    assert greedy(decoder, [[3], [4]], Generation(5), [STOP]).rows == [[5, STOP], [5, 6, 7, STOP]]
    assert decoder.steps == 3


def test_stop_tokens_are_banned_until_the_minimum_is_made() -> None:
    decoder = Script([STOP, STOP, STOP, STOP])
    assert greedy(decoder, [[3]], Generation(4, min_new_tokens=2), [STOP]).rows == [[9, 9, STOP]]


def test_a_fixed_length_is_kept() -> None:
    decoder = Script([STOP] * 6)
    assert greedy(decoder, [[3]], Generation(6, 6), [STOP]).rows == [[9] * 6]


def test_without_a_stop_token_the_limit_ends_it() -> None:
    decoder = Script([5, STOP, 6])
    assert greedy(decoder, [[3]], Generation(3), ()).rows == [[5, STOP, 6]]


def test_nothing_asked_is_nothing_made() -> None:
    decoded = greedy(Script([5]), [[3]], Generation(0), [STOP])
    assert (decoded.rows, decoded.first_token_at_s) == ([[]], None)
