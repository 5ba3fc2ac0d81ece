"""CUDA_VISIBLE_DEVICES, entry by entry, as CUDA reads it."""

from __future__ import annotations

import pytest

from energyprof.sensors.cuda_visible import visible_gpus

UUIDS = ["GPU-aaaa1111-0000", "GPU-aaaa2222-0000", "GPU-bbbb3333-0000"]
MIGS = {"MIG-11111111": 1, "MIG-22222222": 1, "MIG-33333333": 2}


@pytest.mark.parametrize(
    ("value", "indices"),
    [
        pytest.param(None, [0, 1, 2], id="unset: all"),
        pytest.param("", [], id="empty: none"),
        pytest.param("-1", [], id="-1: none"),
        pytest.param("NoDevFiles", [], id="a word: none"),
        pytest.param("2", [2], id="an index"),
        pytest.param("2,0", [2, 0], id="indices, in their order"),
        pytest.param(" 1 , 2 ", [1, 2], id="spaces"),
        pytest.param("0,-1,1", [0], id="-1 ends the list"),
        pytest.param("0,7,1", [0], id="an index that does not exist ends the list"),
        pytest.param("1,,2", [1], id="an empty entry ends the list"),
        pytest.param("1gpu,2x", [1, 2], id="digits, then letters, as strtoul reads them"),
        pytest.param("1,1", [], id="named twice: none"),
        pytest.param("GPU-bbbb3333-0000", [2], id="a UUID"),
        pytest.param("GPU-bbbb,GPU-aaaa1", [2, 0], id="unique beginnings of UUIDs"),
        pytest.param("GPU-bbbb,GPU-aaaa", [2], id="an ambiguous beginning ends the list"),
        pytest.param("GPU-cccc", [], id="an unknown UUID: none"),
        pytest.param("GPU-bbbb,0", [2], id="an index among UUIDs ends the list"),
        pytest.param("0,GPU-bbbb", [0], id="a UUID among indices ends the list"),
        pytest.param("GPU-bbbb,GPU-bbbb3", [], id="the same GPU by two beginnings: none"),
        pytest.param("MIG-33333333", [2], id="a MIG instance stands for its GPU"),
        pytest.param("MIG-11111111,MIG-22222222", [1], id="two instances of one GPU: that GPU once"),
        pytest.param("MIG-99999999", [], id="an unknown MIG instance: none"),
        pytest.param("MIG-GPU-bbbb3333-0000/1/0", [2], id="the older form of a MIG id"),
    ],
)
def test_the_gpus_that_cuda_would_show(value: str | None, indices: list[int]) -> None:
    assert visible_gpus(value, UUIDS, MIGS.get) == indices


def test_a_gpu_without_a_known_uuid_keeps_its_number_and_matches_no_uuid() -> None:
    assert visible_gpus("1", ["GPU-a", ""], MIGS.get) == [1]
    assert visible_gpus("GPU-", ["GPU-a", ""], MIGS.get) == [0]
