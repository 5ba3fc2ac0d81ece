"""What a person sees while measuring goes on. Drawn only when told to, so that no trial pays for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

from energyprof.model.run import Trial


@dataclass(slots=True)
class VariantState:
    """How far one variant has come.

    Attributes:
        state: "waiting", "preparing", "measuring", why it has stopped, or why it failed.
        trials: that count so far.
        request_s: seconds a request in the last trial; None before the first one.
    """

    state: str = "waiting"
    trials: int = 0
    request_s: float | None = None


class Progress(Protocol):
    """Told between trials what goes on."""

    def stage(self, sentence: str) -> None:
        """Something new begins that may take a while."""

    def state(self, variant: str, state: str) -> None:
        """A variant's state has changed."""

    def trial(self, trial: Trial, counted: int) -> None:
        """A trial has ended; `counted` trials of its variant count so far."""

    def close(self) -> None:
        """Nothing more will come."""


class Silent:
    """Shows nothing."""

    def stage(self, sentence: str) -> None: ...

    def state(self, variant: str, state: str) -> None: ...

    def trial(self, trial: Trial, counted: int) -> None: ...

    def close(self) -> None: ...


class Lines:
    """One line a stage, a change of state and a trial: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def stage(self, sentence: str) -> None:
        self._say(sentence)

    def state(self, variant: str, state: str) -> None:
        self._say(f"{variant}: {state}")

    def trial(self, trial: Trial, counted: int) -> None:
        kind = "warm-up" if trial.warm_up else f"trial {counted}"
        others = ", other processes were busy" if trial.contaminated else ""
        duration_s = trial.end_s - trial.start_s
        self._say(
            f"{trial.variant}: {kind}, {trial.requests} requests in {duration_s:.2f} s, "
            f"{_duration(duration_s / trial.requests)} each{others}"
        )

    def close(self) -> None: ...

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)


class Board:
    """A table with one row a variant, drawn anew in place: for terminals."""

    def __init__(self, console: Console, variants: list[str]) -> None:
        from rich.live import Live

        self._rows = {name: VariantState() for name in variants}
        self._stage = ""
        self._live: Live = Live(self._table(), console=console, auto_refresh=False, redirect_stdout=False)
        self._live.start()

    def stage(self, sentence: str) -> None:
        self._stage = sentence
        self._draw()

    def state(self, variant: str, state: str) -> None:
        self._rows[variant].state = state
        self._draw()

    def trial(self, trial: Trial, counted: int) -> None:
        row = self._rows[trial.variant]
        row.trials = counted
        row.request_s = (trial.end_s - trial.start_s) / trial.requests
        row.state = "warming up" if trial.warm_up else "measuring"
        self._draw()

    def close(self) -> None:
        self._live.stop()

    def _draw(self) -> None:
        self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(caption=Text(self._stage), caption_justify="left", box=None, pad_edge=False)
        for heading, justify in (("variant", "left"), ("trials", "right"), ("a request", "right"), ("", "left")):
            table.add_column(heading, justify="right" if justify == "right" else "left")
        for name, row in self._rows.items():
            request = "" if row.request_s is None else _duration(row.request_s)
            table.add_row(Text(name), str(row.trials), request, Text(row.state))
        return table


def on_stderr(variants: list[str]) -> Progress:
    """A board where stderr is a terminal, else lines."""
    from rich.console import Console

    console = Console(stderr=True)
    return Board(console, variants) if console.is_terminal else Lines(console)


def _duration(seconds: float) -> str:
    """Seconds in the unit that leaves one to three digits before the point."""
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
