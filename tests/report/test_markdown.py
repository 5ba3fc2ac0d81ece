"""summary.md, for a pull request."""

from __future__ import annotations

import re

from report.rendered import assessed

from energyprof.report.markdown import escaped, markdown


def rows(text: str) -> list[list[str]]:
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]


def test_verdict_table_coverage_and_warnings_are_there() -> None:
    text = markdown(assessed("ten_variants"))
    assert "✓ **Good enough.**" in text
    assert len(rows(text)) == 12
    assert "**Measured:** CPU package 0 (rapl); DRAM 0 (rapl)" in text
    assert "- Trials of one variant drift" in text
    assert "Grid: France" in text


def test_hostile_names_break_no_table_and_are_no_markup() -> None:
    text = markdown(assessed("hostile"))
    assert {len(row) for row in rows(text)} == {8}
    assert "<b>" not in text
    assert "</script>" not in text
    assert "alice" not in text


def test_markup_of_all_kinds_is_shown_literally() -> None:
    assert escaped("[x](https://evil) @team #1 `a` *b* a|b <i> $x$ ~y~") == (
        r"\[x\](https\://evil) \@team \#1 \`a\` \*b\* a\|b &lt;i&gt; \$x\$ \~y\~"
    )
    assert escaped("- item\nnext") == r"\- item next"


def test_estimates_keep_their_tilde_and_strike_nothing_through() -> None:
    text = markdown(assessed("all_estimated"))
    assert r"\~330 mJ" in text
    assert "estimated from CPU time, not metered" in text


def test_without_a_grid_it_says_so() -> None:
    assert "No grid is set" in markdown(assessed("all_estimated", None))


def test_a_failed_variant_has_its_reason_in_the_table() -> None:
    assert "| huge-fp32 | failed: The worker was ended by the system" in markdown(assessed("one_failed"))


def test_what_saves_nothing_is_not_praised() -> None:
    assert "✕ **Saves nothing.** padded is good enough, but saves nothing:" in markdown(assessed("nothing_saved"))
    assert "? **Good enough, saving not settled.**" in markdown(assessed("saving_not_settled"))
