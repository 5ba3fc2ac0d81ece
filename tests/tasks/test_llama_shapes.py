from __future__ import annotations

from energyprof.tasks.llama_shapes import TASK


def test_prompts_are_64_ordinary_tokens_of_every_vocabulary() -> None:
    assert {len(item) for item in TASK.items()} == {64}
    assert all(1_000 <= token < 49_152 for item in TASK.items() for token in item)


def test_prompts_differ() -> None:
    assert len({tuple(item) for item in TASK.items()}) == len(TASK.items())


def test_the_length_is_fixed_and_there_is_no_quality() -> None:
    assert TASK.generation is not None
    assert TASK.generation.min_new_tokens == TASK.generation.max_new_tokens == 32
    assert TASK.metric is None
    assert TASK.score is None
