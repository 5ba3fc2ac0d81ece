"""What all charts share: their style, blank figures and axes, and the way into a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energyprof.report import svg
from energyprof.report.figures import Scale, fitting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PT = 660.0
"""Shown at up to 62 rem, so that 9 pt of a figure come out as about 13 px."""

POINTS_PER_INCH = 72.0
CHARACTER_PT = 5.5
"""Mean advance of DejaVu Sans at 9 pt; the fonts of most pages are narrower."""

LOG_FROM = 20.0
"""A range wider than this is drawn on a log axis."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "energyprof",
    # Names may hold dollar signs.
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": svg.INK,
    "axes.labelcolor": svg.MUTED,
    "axes.edgecolor": svg.MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": svg.MUTED,
    "ytick.color": svg.MUTED,
    "xtick.labelcolor": svg.INK,
    "ytick.labelcolor": svg.INK,
    "grid.color": svg.GRID,
    "grid.linewidth": 0.6,
    "path.simplify": False,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart: its heading and caption for the page, and the `<svg>` element."""

    name: str
    title: str
    caption: str
    svg: str


@dataclass(frozen=True, slots=True)
class Margins:
    """Points left free around an axes."""

    left: float
    right: float
    top: float
    bottom: float


@contextmanager
def style() -> Iterator[None]:
    """Everything drawn inside looks like one page. The interpreter's own matplotlib settings come back after it."""
    import matplotlib

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # The browser draws the text, with fonts of its own: a glyph that DejaVu lacks is no loss.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def sheet(height_pt: float, width_pt: float = WIDTH_PT) -> Figure:
    """An empty figure."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_pt / POINTS_PER_INCH, height_pt / POINTS_PER_INCH), dpi=POINTS_PER_INCH)


def axes(figure: Figure, margins: Margins) -> Axes:
    """Axes that fill the figure but for the margins."""
    width, height = (side * POINTS_PER_INCH for side in figure.get_size_inches())
    return figure.add_axes(
        (
            margins.left / width,
            margins.bottom / height,
            (width - margins.left - margins.right) / width,
            (height - margins.top - margins.bottom) / height,
        )
    )


def element(figure: Figure, name: str, meaning: svg.Meaning) -> str:
    """The figure as an inline `<svg>`; the same figure always gives the same bytes."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return svg.inline(buffer.getvalue(), name, meaning)


def value_axis(ax: Axes, values: Sequence[float], scales: Sequence[Scale], label: str) -> None:
    """Sets up x for values: linear from near them, or log where their range is wider than `LOG_FROM`."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    low, high = min(values), max(values)
    if low > 0 and high / low > LOG_FROM:
        _log_axis(ax, low, high, scales)
        ax.set_xlabel(f"{label}, log scale")
        return
    factor, unit = fitting(high, scales)
    room = 0.06 * (high - low or abs(high) or 1.0)
    start = 0.0 if 0 <= low < 0.5 * high else low - room
    ax.set_xlim(start, high + room)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:g}"))
    ax.set_xlabel(f"{label} ({unit})" if unit else label)


def _log_axis(ax: Axes, low: float, high: float, scales: Sequence[Scale]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    def tick(value: float, _: object) -> str:
        factor, unit = fitting(value * (1 + 1e-9), scales)
        return f"{value / factor:.3g} {unit}".strip()

    ax.set_xscale("log")
    ax.set_xlim(low / 1.25, high * 1.25)
    steps = (1.0, 2.0, 5.0) if high / low < 300 else (1.0, 3.0) if high / low < 3000 else (1.0,)
    ax.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(tick))
