"""Quality against energy: which variants are worth their joules."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.comparison import Comparison, Quality, VariantResult
from energyprof.report import canvas, chart_energy, figures, labels, look
from energyprof.report.canvas import Chart
from energyprof.report.look import Look
from energyprof.report.svg import INK, MUTED, Meaning
from energyprof.report.text import shortened, shown, unit_noun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND_FROM = 5
_HEIGHT_PT = 320.0
_LABEL_PT = 8.0
_NEAR_PT = 10.0
_LINE_PT = 2.5
_NAME_ROOM = 1.7
"""The outermost points of a log axis have names on their outer side as well."""
_LEGEND_LENGTH = 22
_LEGEND_LINE_PT = 18.0
_LEFT_PT = 58.0

Band = tuple[float, float]

Entry = tuple[str, str, str]
"""Marker, colour and what they stand for."""


@dataclass(frozen=True, slots=True)
class Point:
    """A variant whose joules and quality are both known."""

    variant: VariantResult
    energy_j: float
    quality: Quality
    look: Look


def quality_chart(comparison: Comparison) -> Chart | None:
    """The scatter; None where fewer than two variants have both joules and quality."""
    looks = look.looks(comparison.variants)
    points = [
        Point(variant, variant.energy_per_task.value, variant.quality, looks[variant.record.name])
        for variant in comparison.variants
        if variant.quality is not None and variant.energy_per_task.value is not None
    ]
    if len(points) < 2:
        return None
    band = _band(comparison)
    drawn = _draw(points, band, unit_noun(comparison.run.profile.unit))
    return Chart("quality", "Quality against energy", _caption(comparison, points, band), drawn)


def _caption(comparison: Comparison, points: Sequence[Point], band: Band | None) -> str:
    margin = figures.margin(comparison.run.profile.metric, comparison.run.profile.margin)
    sentences = [
        "Up and to the left is better; whiskers are 95 % intervals.",
        f"Shaded: within the margin of {margin} below the baseline." if band else "",
        "The dashed line joins the variants that no other one beats in both.",
        "Colour stands for the model, shape for how it runs." if _is_keyed(points) else "",
        "Whether a variant is good enough is judged on the same items, pairwise, and so more sharply than these "
        "whiskers suggest.",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Points that no other point beats in energy and quality at once, cheapest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.energy_j, -point.quality.value)):
        if not front or point.quality.value > front[-1].quality.value:
            front.append(point)
    return front


def _band(comparison: Comparison) -> Band | None:
    """Quality between the baseline and the margin below it."""
    baseline = comparison.variant(comparison.baseline)
    margin = comparison.run.profile.margin
    if baseline is None or baseline.quality is None or margin is None:
        return None
    return baseline.quality.value - margin, baseline.quality.value


def _draw(points: Sequence[Point], band: Band | None, noun: str) -> str:
    legend = _legend_lines(points)
    head_pt = 10 + _LEGEND_LINE_PT * len(legend)
    figure = canvas.sheet(_HEIGHT_PT + head_pt)
    ax = canvas.axes(figure, canvas.Margins(_LEFT_PT, 12, head_pt, 36))
    _set_axes(ax, points, band, noun)
    if band:
        ax.axhspan(*band, color=look.GREEN, alpha=0.16, linewidth=0)
    front = pareto_front(points)
    ax.plot(
        [point.energy_j for point in front],
        [point.quality.value for point in front],
        color=MUTED,
        linewidth=0.9,
        linestyle=(0, (4, 3)),
        zorder=1,
    )
    tips = {f"point{place}": _draw_point(ax, place, point) for place, point in enumerate(points)}
    _label(figure, ax, points)
    _draw_legend(figure, legend)
    description = f"Scatter with 95 % intervals on both axes. {'; '.join(tips.values())}."
    return canvas.element(figure, "quality", Meaning("Quality against energy", description, tips))


def _set_axes(ax: Axes, points: Sequence[Point], band: Band | None, noun: str) -> None:
    from matplotlib.ticker import FuncFormatter

    canvas.value_axis(ax, [bound for point in points for bound in _reach(point)], figures.JOULES, f"Energy per {noun}")
    if ax.get_xscale() == "log":
        left, right = ax.get_xlim()
        ax.set_xlim(left / _NAME_ROOM, right * _NAME_ROOM)
    bounds = [bound for point in points for bound in (point.quality.low, point.quality.high)] + list(band or ())
    room = 0.08 * (max(bounds) - min(bounds) or 0.1)
    ax.set_ylim(min(bounds) - room, max(bounds) + room)
    metric = points[0].quality.metric
    percent = figures.is_fraction(metric)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}" if percent else f"{value:g}"))
    ax.set_ylabel(f"{figures.metric_name(metric)} (%)" if percent else figures.metric_name(metric))
    ax.grid()


def _reach(point: Point) -> list[float]:
    low, high = point.variant.energy_per_task.outer()
    return [bound for bound in (low, point.energy_j, high) if bound is not None]


def _draw_point(ax: Axes, place: int, point: Point) -> str:
    """Draws it and returns its hover text."""
    reach, quality, colour = _reach(point), point.quality, point.look.colour
    ax.plot([min(reach), max(reach)], [quality.value] * 2, color=colour, linewidth=1.2)
    ax.plot([point.energy_j] * 2, [quality.low, quality.high], color=colour, linewidth=1.2)
    ax.plot([point.energy_j], [quality.value], point.look.marker, color=colour, markersize=7, gid=f"point{place}")
    energy = chart_energy.described(figures.figure(point.variant.energy_per_task, figures.JOULES))
    value = figures.score(quality.metric, quality.value)
    interval = figures.score_interval(quality.metric, quality.low, quality.high)
    return f"{shown(point.variant.record.name)}: {value} ({interval}) for {energy}"


def _label(figure: Figure, ax: Axes, points: Sequence[Point]) -> None:
    """Names beside the points, each clear of every point, whisker and other name."""
    names = [shortened(shown(point.variant.record.name), 26) for point in points]
    spots = [_spot(ax, point.energy_j, point.quality.value) for point in points]
    sizes = [(canvas.CHARACTER_PT * _LABEL_PT / 9 * len(name) + 2, _LABEL_PT + 1) for name in names]
    (left, bottom), (right, top) = ax.transAxes.transform([(0, 0), (1, 1)])
    frame = labels.Box(left + 2, bottom + 2, right - 2, top - 2)
    boxes = labels.place(spots, sizes, frame=frame, obstacles=_obstacles(ax, points, spots))
    for name, spot, box in zip(names, spots, boxes, strict=True):
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        if math.dist(spot, box.nearest(spot)) > _NEAR_PT:
            _leader(ax, spot, box)
        ax.annotate(name, middle, xycoords="figure points", ha="center", va="center", fontsize=_LABEL_PT, color=INK)


def _obstacles(ax: Axes, points: Sequence[Point], spots: Sequence[labels.Spot]) -> list[labels.Box]:
    """Whiskers, and the front as a row of small boxes."""
    boxes = []
    for point, (x, y) in zip(points, spots, strict=True):
        reach = _reach(point)
        ends = _spot(ax, min(reach), point.quality.low), _spot(ax, max(reach), point.quality.high)
        boxes.append(labels.Box(ends[0][0], y - _LINE_PT, ends[1][0], y + _LINE_PT))
        boxes.append(labels.Box(x - _LINE_PT, ends[0][1], x + _LINE_PT, ends[1][1]))
    front = [_spot(ax, point.energy_j, point.quality.value) for point in pareto_front(points)]
    for (x0, y0), (x1, y1) in itertools.pairwise(front):
        steps = max(1, round(math.dist((x0, y0), (x1, y1)) / 4))
        for step in range(steps):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            boxes.append(labels.Box(x - 2, y - 1, x + 2, y + 1))
    return boxes


def _leader(ax: Axes, spot: labels.Spot, box: labels.Box) -> None:
    """A hairline from a point to the nearest edge of its name."""
    ax.annotate(
        "",
        box.nearest(spot),
        xytext=spot,
        xycoords="figure points",
        textcoords="figure points",
        arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 5, "shrinkB": 0},
    )


def _spot(ax: Axes, energy_j: float, quality: float) -> labels.Spot:
    """Figure points; the sheet has one dot a point."""
    x, y = ax.transData.transform((energy_j, quality))
    return float(x), float(y)


def _is_keyed(points: Sequence[Point]) -> bool:
    """Whether each colour stands for one model and each build for one marker, so that a legend tells the truth."""
    looks = [point.look for point in points]
    colours = {(each.colour, each.model) for each in looks}
    markers = {(each.marker, each.build) for each in looks}
    return all(len({pair[side] for pair in pairs}) == len(pairs) for pairs in (colours, markers) for side in (0, 1))


def _legend_lines(points: Sequence[Point]) -> list[list[Entry]]:
    """First what the colours stand for, then the shapes, in lines that fit the width."""
    if len(points) <= LEGEND_FROM or not _is_keyed(points):
        return []
    models = {point.look.model: ("o", point.look.colour) for point in points}
    builds = {point.look.build: (point.look.marker, MUTED) for point in points}
    return [*_wrapped(models), *_wrapped(builds)]


def _wrapped(meanings: dict[str, tuple[str, str]]) -> Iterator[list[Entry]]:
    line: list[Entry] = []
    used_pt = 0.0
    for name, (marker, colour) in meanings.items():
        text = shortened(name, _LEGEND_LENGTH)
        width_pt = canvas.CHARACTER_PT * len(text) + 26
        if line and used_pt + width_pt > canvas.WIDTH_PT - _LEFT_PT:
            yield line
            line, used_pt = [], 0.0
        line.append((marker, colour, text))
        used_pt += width_pt
    yield line


def _draw_legend(figure: Figure, lines: Sequence[list[Entry]]) -> None:
    from matplotlib.lines import Line2D

    height_pt = figure.get_figheight() * canvas.POINTS_PER_INCH
    for place, entries in enumerate(lines):
        figure.legend(
            [Line2D([], [], linestyle="", marker=marker, color=colour) for marker, colour, _ in entries],
            [text for _, _, text in entries],
            loc="upper left",
            bbox_to_anchor=(_LEFT_PT / canvas.WIDTH_PT - 0.02, 1 - (6 + _LEGEND_LINE_PT * place) / height_pt),
            ncols=len(entries),
            frameon=False,
            borderpad=0,
            handletextpad=0.2,
            columnspacing=1.4,
            fontsize=_LABEL_PT,
        )
