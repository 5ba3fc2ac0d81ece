"""What happens inside a worker: whole batches, tokens, thinned latencies, and what it says when it ends."""

from __future__ import annotations

import subprocess
import sys
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from energyprof.model.workload import Answer
from energyprof.runner.worker import KEPT_LATENCIES, TokenCount, thinned, whole_batches


@given(st.integers(1, 40), st.integers(1, 70))
def test_batches_are_full_and_ask_every_item_equally_often(count: int, batch_size: int) -> None:
    batches = whole_batches(list(range(count)), batch_size)
    assert {len(batch) for batch in batches} == {batch_size}
    asked = [item for batch in batches for item in batch]
    assert {asked.count(item) for item in range(count)} == {len(asked) // count}


def test_batches_follow_the_order_of_the_items_round_and_round() -> None:
    assert whole_batches(["a", "b", "c"], 2) == [["a", "b"], ["c", "a"], ["b", "c"]]


def test_a_few_latencies_are_kept_as_they_came() -> None:
    assert thinned([3.0, 1.0, 2.0]) == [3.0, 1.0, 2.0]
    assert thinned([]) == []


def test_many_latencies_are_thinned_without_moving_their_percentiles() -> None:
    generator = Random(5)
    latencies = [generator.lognormvariate(0, 1) for _ in range(20_001)]
    kept, ordered = thinned(latencies), sorted(latencies)
    assert len(kept) == KEPT_LATENCIES
    assert (kept[0], kept[-1]) == (ordered[0], ordered[-1])
    for share in (0.5, 0.95):
        rank = round(share * (KEPT_LATENCIES - 1))
        exact = ordered[round(rank / (KEPT_LATENCIES - 1) * 20_000)]
        assert kept[rank] == exact


def test_tokens_stay_unknown_where_none_are_counted() -> None:
    tokens = TokenCount()
    tokens.add([Answer(3), Answer(4)])
    assert (tokens.read, tokens.made) == (None, None)


def test_tokens_add_up_over_batches() -> None:
    tokens = TokenCount()
    tokens.add([Answer("a", 5, 2), Answer("b", 6, 0)])
    tokens.add([Answer("c", 7, 3)])
    assert (tokens.read, tokens.made) == (18, 5)


def test_a_worker_ends_when_its_parent_closes_the_pipe() -> None:
    command = [sys.executable, "-m", "energyprof.runner.worker"]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
