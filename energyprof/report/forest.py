"""Rows of dots with two whiskers each, a label on the left and figures in columns on the right.

The columns keep labels from ever lying over each other or over a whisker, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.model.quantity import Quantity
from energyprof.report import canvas
from energyprof.report.figures import Scale
from energyprof.report.svg import INK, MUTED, PAPER, Meaning
from energyprof.report.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_PT, LANES_PT = 21.0, 26.0
"""Height of a row with one lane, and with more."""

LABEL_LENGTH = 30
LANE_STEP = 0.36
_NARROW_PT = 4.9
"""A character in a page's usual font."""
_HEAD_PT, _FOOT_PT = 22.0, 36.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One value in a row.

    Attributes:
        hollow: drawn without filling, such as a p95 beside its p50.
        tip: hover text.
    """

    quantity: Quantity
    colour: str
    marker: str
    tip: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A label, its lanes from top to bottom, and the text of each column; the dots of a lane are joined by a line."""

    label: str
    lanes: tuple[tuple[Dot, ...], ...]
    cells: tuple[str, ...]


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Forest:
    """What the whole chart says.

    Attributes:
        headings: of the columns, as many as each row has cells.
        keys: colour and marker of each column's dots, where columns stand for variants.
        reference: a value marked by a vertical line, such as the baseline's.
    """

    name: str
    title: str
    description: str
    x_label: str
    scales: Sequence[Scale]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    reference: float | None = None
    keys: tuple[Key, ...] = ()


def draw(forest: Forest) -> str:
    """The chart as an inline `<svg>`. At least one dot must have a value."""
    row_pt = LANES_PT if any(len(row.lanes) > 1 for row in forest.rows) else ROW_PT
    height_pt = _HEAD_PT + row_pt * len(forest.rows) + _FOOT_PT
    figure = canvas.sheet(height_pt)
    labels = [shortened(row.label, LABEL_LENGTH) for row in forest.rows]
    widths = _column_widths(forest)
    margins = canvas.Margins(_width(labels), sum(widths) + 8, _HEAD_PT, _FOOT_PT)
    ax = canvas.axes(figure, margins)
    canvas.value_axis(ax, list(_extent(forest.rows)), forest.scales, forest.x_label)
    label_rows(ax, labels)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    if forest.reference is not None:
        ax.axvline(forest.reference, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    tips = {tip_id: tip for place, row in enumerate(forest.rows) for tip_id, tip in _draw_row(ax, place, row)}
    _draw_cells(ax, forest, widths)
    return canvas.element(figure, forest.name, Meaning(forest.title, forest.description, tips))


def _draw_row(ax: Axes, place: int, row: Row) -> list[tuple[str, str]]:
    step = LANE_STEP if len(row.lanes) > 1 else 0.0
    tips = []
    for number, lane in enumerate(row.lanes):
        y = place + step * (number - (len(row.lanes) - 1) / 2)
        known = [(dot, dot.quantity.value) for dot in lane if dot.quantity.value is not None]
        if len(known) > 1:
            joint = [value for _, value in known]
            ax.plot(joint, [y] * len(known), color=known[0][0].colour, linewidth=0.9, linestyle=(0, (1, 2)))
        for order, (dot, value) in enumerate(known):
            tip_id = f"dot{place}-{number}-{order}"
            _draw_dot(ax, (value, y), dot, tip_id)
            tips.append((tip_id, dot.tip))
    return tips


def _draw_dot(ax: Axes, at: tuple[float, float], dot: Dot, tip_id: str) -> None:
    """Thin whisker: total interval. Thick whisker: repeatability."""
    (x, y), quantity = at, dot.quantity
    for low, high, width in (
        (quantity.total_low, quantity.total_high, 0.9),
        (quantity.low, quantity.high, 2.4),
    ):
        if low is not None and high is not None:
            ax.plot([low, high], [y, y], color=dot.colour, linewidth=width, solid_capstyle="butt")
    face = PAPER if dot.hollow else dot.colour
    ax.plot([x], [y], dot.marker, color=dot.colour, markersize=6.5, markerfacecolor=face, gid=tip_id)


def _draw_cells(ax: Axes, forest: Forest, widths: Sequence[float]) -> None:
    """Columns right of the axes, right-aligned, under their headings."""
    offset = 8.0
    for column, width in enumerate(widths):
        offset += width
        write_cell(ax, -0.5, offset, forest.headings[column], rise_pt=7.0, colour=MUTED)
        if forest.keys:
            _key(ax, offset - _NARROW_PT * len(forest.headings[column]) - 9, forest.keys[column])
        for place, row in enumerate(forest.rows):
            write_cell(ax, place, offset, row.cells[column])


def label_rows(ax: Axes, labels: Sequence[str]) -> None:
    """One row of the y axis for each label, from the top."""
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)


def write_cell(ax: Axes, y: float, offset_pt: float, text: str, *, rise_pt: float = -3.0, colour: str = INK) -> None:
    """Text that ends `offset_pt` right of the axes, at the height of a row."""
    ax.annotate(
        text,
        (1.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(offset_pt, rise_pt),
        textcoords="offset points",
        ha="right",
        va="baseline",
        color=colour,
        annotation_clip=False,
    )


def _key(ax: Axes, offset_pt: float, key: Key) -> None:
    """The marker before a column's heading."""
    from matplotlib.transforms import ScaledTranslation

    right, up = offset_pt / canvas.POINTS_PER_INCH, 10 / canvas.POINTS_PER_INCH
    right_end = ax.transAxes + ScaledTranslation(right, up, ax.figure.dpi_scale_trans)
    colour, marker = key
    ax.plot([1.0], [1.0], marker, color=colour, markersize=5.5, transform=right_end, clip_on=False)


def _column_widths(forest: Forest) -> list[float]:
    key = "  " if forest.keys else ""
    return [
        _width([heading + key, *(row.cells[column] for row in forest.rows)])
        for column, heading in enumerate(forest.headings)
    ]


def _width(texts: Iterable[str]) -> float:
    return canvas.CHARACTER_PT * max((len(text) for text in texts), default=0) + 12


def _extent(rows: Iterable[Row]) -> Iterable[float]:
    for row in rows:
        for quantity in (dot.quantity for lane in row.lanes for dot in lane):
            bounds = (quantity.value, quantity.low, quantity.high, quantity.total_low, quantity.total_high)
            yield from (bound for bound in bounds if bound is not None and quantity.value is not None)
