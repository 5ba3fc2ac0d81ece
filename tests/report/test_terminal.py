"""The result in a terminal."""

from __future__ import annotations

import pytest
from report.rendered import assessed

from energyprof.report.terminal import terminal_text


def test_plain_text_holds_no_control_sequence() -> None:
    text = terminal_text(assessed("ten_variants"), colour=False, width=120)
    assert "\x1b" not in text
    assert "✓ Good enough." in text
    assert "149" in text


def test_colour_is_only_an_addition() -> None:
    assert "\x1b[" in terminal_text(assessed("ten_variants"), colour=True, width=120)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = terminal_text(assessed("gpu_and_cpu"), colour=False, width=width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width


def test_a_wide_terminal_has_one_line_a_variant() -> None:
    text = terminal_text(assessed("ten_variants"), colour=False, width=120)
    for variant in assessed("ten_variants").comparison.variants:
        assert any(line.startswith(f"{variant.record.name} ") for line in text.splitlines())


def test_markup_in_a_name_is_not_obeyed() -> None:
    text = terminal_text(assessed("hostile"), colour=True, width=400)
    assert "</script><b>" in text
    assert "alice" not in text


def test_a_failed_variant_is_listed() -> None:
    assert "failed" in terminal_text(assessed("one_failed"), colour=False, width=120)


def test_without_a_grid_it_says_how_to_set_one() -> None:
    text = terminal_text(assessed("all_estimated", None), colour=False, width=120)
    assert "set one with --grid" in text
    assert "CO₂e/1 M" not in text


def test_what_saves_nothing_is_neither_green_nor_praised() -> None:
    text = terminal_text(assessed("nothing_saved"), colour=True, width=120)
    assert "✕ Saves nothing." in text
    assert "\x1b[1;32m" not in text
    assert "\x1b[1;32m" in terminal_text(assessed("ten_variants"), colour=True, width=120)
