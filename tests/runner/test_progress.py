"""Progress in a log and on a terminal: drawn only when told to, whatever a variant is called."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from energyprof.model.run import Trial
from energyprof.runner.progress import Board, Lines

HOSTILE = "[bold]x[/] :smile:"


def _trial(*, warm_up: bool = False, contaminated: bool = False) -> Trial:
    return Trial(HOSTILE, 0, 0, 10.0, 10.5, 250, None, None, [], None, None, warm_up, contaminated)


def test_a_log_gets_one_line_a_trial() -> None:
    file = io.StringIO()
    lines = Lines(Console(file=file))
    lines.stage("measuring")
    lines.trial(_trial(warm_up=True), 0)
    lines.trial(_trial(contaminated=True), 1)
    lines.state(HOSTILE, "3 trials done")
    assert file.getvalue().splitlines() == [
        "measuring",
        f"{HOSTILE}: warm-up, 250 requests in 0.50 s, 2 ms each",
        f"{HOSTILE}: trial 1, 250 requests in 0.50 s, 2 ms each, other processes were busy",
        f"{HOSTILE}: 3 trials done",
    ]


def test_a_board_shows_every_variant_and_draws_without_a_thread_of_its_own() -> None:
    file, threads = io.StringIO(), threading.active_count()
    board = Board(Console(file=file, force_terminal=True, width=80), [HOSTILE, "other"])
    board.stage("measuring")
    board.trial(_trial(), 4)
    assert threading.active_count() == threads
    drawn = file.getvalue()
    board.close()
    for text in (HOSTILE, "other", "waiting", "measuring", "4", "2 ms"):
        assert text in drawn
