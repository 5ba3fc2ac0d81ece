"""The terminal that a result is printed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    """Attributes:
    colour: whether it takes control sequences, and the user wants them.
    width: columns; where the output is piped, as many as a result is laid out for.
    """

    colour: bool
    width: int


def terminal() -> Terminal:
    """What stdout is right now."""
    from rich.console import Console

    from energyprof.report.console import PIPED_WIDTH

    console = Console()
    colour = console.is_terminal and not console.no_color and not console.is_dumb_terminal
    return Terminal(colour, console.width if console.is_terminal else PIPED_WIDTH)
