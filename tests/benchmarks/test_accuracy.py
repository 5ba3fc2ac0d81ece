"""What README.md and docs/accuracy.md show is what was measured."""

from __future__ import annotations

import json
import re

import accuracy
import environments
import jobs
import pytest
import rows
import tools

EVIDENCE = json.loads(accuracy.EVIDENCE.read_text())


def test_the_page_is_derived_from_the_evidence() -> None:
    assert accuracy.PAGE.read_text() == accuracy.page(EVIDENCE)


def test_the_readme_shows_the_figures_of_the_page() -> None:
    _, _, rest = accuracy.README.read_text().partition(accuracy.BEGIN)
    table, _, _ = rest.partition(accuracy.END)
    assert table == accuracy.short_form(EVIDENCE)
    page = accuracy.PAGE.read_text()
    cells = [cell.strip() for line in table.splitlines()[2:] for cell in line.split("|")[2:-1]]
    assert len(cells) >= 15
    assert [cell for cell in cells if f"| {cell} |" not in page] == []


def test_the_page_says_that_it_is_simulated_and_how_it_was_made() -> None:
    page = accuracy.PAGE.read_text()
    assert "Everything here is simulated" in page
    assert "Written by `make bench`" in page
    assert re.search(r"Measured 20\d\d-\d\d-\d\d", page)
    assert all(f"{name} {text}" in page for name, text in EVIDENCE["versions"].items())


def test_every_row_was_measured() -> None:
    assert list(EVIDENCE["rows"]) == list(rows.rows(quick=False))


@pytest.mark.parametrize("peer", ["zeus", "codecarbon"])
def test_a_peer_is_pinned_with_all_that_it_needs(peer: str) -> None:
    lines = (environments.PEERS / f"{peer}.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+-]+", line)] == []
    assert EVIDENCE["versions"][{"zeus": "Zeus", "codecarbon": "CodeCarbon"}[peer]] == environments.version_of(peer)


def test_every_job_is_of_a_tool_that_is_known() -> None:
    every = [job for row in rows.rows(quick=True).values() for case in row.cases for job in case.jobs]
    assert {job.tool for job in every} <= tools.TOOLS.keys() & accuracy.COLUMNS.keys()
    assert {job.tool for job in every} - jobs.PEER_OF.keys() == {"energyprof"}


def test_intervals_have_a_column_a_duration() -> None:
    line = {"error": 0.0, "held": 0.95, "half_width": 0.02, "below": 0.0}
    cases = [
        {"what": what, "outcomes": [{"tool": "energyprof", "scene": "intervals", "outcome": {"lines": lines}}]}
        for what, lines in (
            ("bracket", [{**line, "duration_s": 0.01}, {**line, "duration_s": 5.0, "held": 1.0}]),
            ("regress", [{**line, "duration_s": 0.01}]),
        )
    ]
    row = {"title": "Intervals", "aim": "95 of 100", "date": "", "load": 0.0, "cases": cases}
    page = accuracy.page({**EVIDENCE, "rows": {"intervals": row}})
    assert "|  | 10 ms | 5 s |\n" in page
    assert "| bracket | 95% ± 2.00% | 100% ± 2.00% |\n| regress | 95% ± 2.00% | - |\n" in page
