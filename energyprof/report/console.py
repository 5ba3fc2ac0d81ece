"""What rich lays out, as text."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType

PIPED_WIDTH = 120
"""Columns that a result is laid out for where nobody's terminal says how many there are."""


def console_text(parts: Iterable[RenderableType], *, colour: bool, width: int) -> str:
    """The parts one below the other.

    Args:
        width: columns of the terminal. colour: False gives text without any control sequence.
    """
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(Group(*parts))
    return buffer.getvalue()
