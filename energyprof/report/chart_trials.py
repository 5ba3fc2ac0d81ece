"""Every trial's joules in the order in which they ran: the drift that a mean hides."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.model.run import Trial
from energyprof.report import canvas, figures, look
from energyprof.report.canvas import Chart
from energyprof.report.look import Look
from energyprof.report.svg import INK, MUTED, PAPER, Meaning
from energyprof.report.text import shortened, shown, unit_noun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_PT, _GAP_PT, _HEAD_PT, _FOOT_PT = 62.0, 24.0, 20.0, 34.0
_SIDE_PT, _EDGE_PT = 46.0, 12.0
_NAME_LENGTH = 44
_DOT_PT = 4.6


def trials_chart(comparison: Comparison) -> Chart | None:
    """One small strip a variant; None where no trial has joules."""
    variants = [variant for variant in comparison.variants if _known(variant)]
    if not variants:
        return None
    return Chart(
        "trials",
        "Trial by trial",
        f"Joules per {unit_noun(comparison.run.profile.unit)} of each trial against its place in the whole run, each "
        "variant on a scale of its own that does not start at zero. The line is the median of the trials that count. "
        "Open: warm-up, not counted. Crossed: other processes used the machine; a cross on an open "
        "mark: a clean repetition replaced it.",
        _draw(comparison, variants),
    )


def _known(variant: VariantResult) -> list[tuple[Trial, float]]:
    return [
        (each.trial, each.energy_per_task_j) for each in variant.trial_energies if each.energy_per_task_j is not None
    ]


def _draw(comparison: Comparison, variants: Sequence[VariantResult]) -> str:
    columns = 1 if len(variants) == 1 else 2
    rows = math.ceil(len(variants) / columns)
    height_pt = _HEAD_PT + rows * _ROW_PT + (rows - 1) * _GAP_PT + _FOOT_PT
    width_pt = canvas.WIDTH_PT / columns
    figure = canvas.sheet(height_pt)
    looks = look.looks(comparison.variants)
    last = max(trial.index for trial in comparison.run.trials)
    tips = {}
    for place, variant in enumerate(variants):
        row, column = divmod(place, columns)
        top_pt = _HEAD_PT + row * (_ROW_PT + _GAP_PT)
        ax = canvas.axes(
            figure,
            canvas.Margins(
                column * width_pt + _SIDE_PT,
                (columns - 1 - column) * width_pt + _EDGE_PT,
                top_pt,
                height_pt - top_pt - _ROW_PT,
            ),
        )
        _draw_strip(ax, variant, looks[variant.record.name], f"strip{place}")
        ax.set_xlim(-1, last + 1)
        lowest = place + columns >= len(variants)
        ax.tick_params(axis="x", labelbottom=lowest, length=3 if lowest else 0)
        if lowest:
            ax.set_xlabel("Trial, in the order of execution")
        tips[f"strip{place}"] = _spoken(variant)
    description = f"One strip plot a variant. {'; '.join(tips.values())}."
    return canvas.element(figure, "trials", Meaning("Joules of each trial", description, tips))


def _draw_strip(ax: Axes, variant: VariantResult, appearance: Look, gid: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    known = _known(variant)
    counted = [each for each in known if not each[0].warm_up and not each[0].replaced]
    apart = [each for each in known if each[0].warm_up or each[0].replaced]
    disturbed = [each for each in known if each[0].contaminated]
    _dots(ax, counted, appearance.colour, _DOT_PT, gid)
    _dots(ax, apart, appearance.colour, _DOT_PT)
    _dots(ax, apart, PAPER, _DOT_PT - 2.2)
    if disturbed:
        ax.plot(*_places(disturbed), "x", color=INK, markersize=6.5)
    if counted:
        ax.axhline(statistics.median(value for _, value in counted), color=MUTED, linewidth=0.8)
    factor, unit = figures.fitting(max(value for _, value in known), figures.JOULES)
    low, high = min(value for _, value in known), max(value for _, value in known)
    room = 0.2 * (high - low) or 0.05 * high or 1.0
    ax.set_ylim(low - room, high + room)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:.4g}"))
    ax.set_title(f"{shortened(shown(variant.record.name), _NAME_LENGTH)} ({unit})", loc="left", fontsize=9, pad=4)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y")


def _dots(ax: Axes, known: Sequence[tuple[Trial, float]], colour: str, size_pt: float, gid: str | None = None) -> None:
    """All dots as one path of points with round caps: 12 bytes each, a tenth of a marker."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not known:
        return
    spots = [spot for spot in zip(*_places(known), strict=True) for _ in range(2)]
    path = Path(spots, [Path.MOVETO, Path.LINETO] * len(known))
    patch = PathPatch(path, facecolor="none", edgecolor=colour, linewidth=size_pt, capstyle="round", gid=gid)
    ax.add_patch(patch)


def _places(known: Sequence[tuple[Trial, float]]) -> tuple[list[int], list[float]]:
    return [trial.index for trial, _ in known], [value for _, value in known]


def _spoken(variant: VariantResult) -> str:
    values = [value for trial, value in _known(variant) if not trial.warm_up and not trial.replaced]
    name = shown(variant.record.name)
    if not values:
        return f"{name}: no trial counts"
    factor, unit = figures.fitting(max(values), figures.JOULES)
    spread = figures.span(f"{min(values) / factor:.3g}", f"{max(values) / factor:.3g}")
    return f"{name}: {len(values)} trials from {spread} {unit}"
