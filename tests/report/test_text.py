"""Text from outside."""

from __future__ import annotations

import pytest

from energyprof.report.text import listed, plural, shortened, shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/alice/models/x.bin is missing", "~/models/x.bin is missing"),
        ("open('/Users/bob/x')", "open('~/x')"),
        (r"C:\Users\carol\x", r"~\x"),
        ("/root/.cache, and /rooted stays", "~/.cache, and /rooted stays"),
        ("a\x00b\x1b[31mc\nd", "a b [31mc d"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("lone \ud800 surrogate", "lone   surrogate"),
        ("été 模型 🦙 <b>", "été 模型 🦙 <b>"),
    ],
)
def test_nothing_hidden_or_private_is_shown(text: str, clean: str) -> None:
    assert shown(text) == clean


def test_a_long_name_keeps_both_ends() -> None:
    assert shortened("resnet-wide-torch-fp32", 12) == "resnet…-fp32"
    assert len(shortened("x" * 80, 30)) == 30
    assert shortened("short", 5) == "short"


@pytest.mark.parametrize(
    ("noun", "many"),
    [("image", "images"), ("query", "queries"), ("day", "days"), ("batch", "batches"), ("box", "boxes")],
)
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many


def test_lists_in_words() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
