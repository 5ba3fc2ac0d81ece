"""Power over time, above the trials that ran in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from energyprof.analysis.comparison import Comparison
from energyprof.model.run import IdleWindow, Trial
from energyprof.model.timeline import Timeline
from energyprof.report import canvas, look, power
from energyprof.report.canvas import Chart
from energyprof.report.look import Look
from energyprof.report.power import Column
from energyprof.report.svg import GRID, Meaning
from energyprof.report.text import listed, shortened, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 1800
"""Of all curves together: about 22 KB."""

_POWER_PT, _LANE_PT, _HEAD_PT, _BETWEEN_PT, _FOOT_PT = 170.0, 13.0, 24.0, 10.0, 36.0
_LABEL_LENGTH = 26

_COLOURS = {"gpu": look.VERMILLION, "module": look.VERMILLION, "cpu": look.BLUE, "dram": look.GREEN}
_DASHES = ("-", (0, (5, 2)), (0, (1, 1)), (0, (6, 2, 1, 2)))


def power_chart(comparison: Comparison) -> Chart | None:
    """The curves; None where no counter moved twice."""
    run = comparison.run
    shown_timelines = [timeline for timeline in run.timelines if len(timeline.seen_s) > 1]
    if not shown_timelines or not run.trials:
        return None
    return Chart("power", "Power over time", _caption(shown_timelines), _draw(comparison, shown_timelines))


def _caption(timelines: Sequence[Timeline]) -> str:
    modelled = [shown(timeline.domain.label) for timeline in timelines if timeline.domain.model is not None]
    metered = [timeline for timeline in timelines if timeline.domain.model is None]
    sentences = [
        "The line is the mean of each column, the band its lowest and highest; breaks are times without readings."
    ]
    if metered:
        sentences.append("Joules are read from the counters, not from this curve.")
    if modelled:
        sentences.append(f"{listed(modelled)}: no meter; this is the model that turns CPU time into watts.")
    sentences.append("Below it, when each variant's trials ran; open bars are warm-up, grey stretches are idle time.")
    return " ".join(sentences)


def _draw(comparison: Comparison, timelines: Sequence[Timeline]) -> str:
    run = comparison.run
    ran = {trial.variant for trial in run.trials}
    names = [record.name for record in run.variants if record.name in ran]
    lanes_pt = _LANE_PT * len(names)
    labels = [shortened(shown(name), _LABEL_LENGTH) for name in names]
    left_pt = max(canvas.CHARACTER_PT * 8 / 9 * max(map(len, labels)) + 12, 58.0)
    height_pt = _HEAD_PT + _POWER_PT + _BETWEEN_PT + lanes_pt + _FOOT_PT
    figure = canvas.sheet(height_pt)
    top = canvas.axes(figure, canvas.Margins(left_pt, 12, _HEAD_PT, height_pt - _HEAD_PT - _POWER_PT))
    below = canvas.axes(figure, canvas.Margins(left_pt, 12, height_pt - _FOOT_PT - lanes_pt, _FOOT_PT))
    end_s = max([timeline.end_s for timeline in timelines] + [trial.end_s for trial in run.trials]) - run.origin_s
    for ax in (top, below):
        ax.set_xlim(0, end_s)
        _shade_idle(ax, run.idle, run.origin_s)
    draw_power(top, timelines, run.origin_s)
    looks = look.looks(comparison.variants)
    tips = {}
    for place, name in enumerate(names):
        trials = [trial for trial in run.trials if trial.variant == name]
        _draw_lane(below, place, trials, looks[name], run.origin_s)
        tips[f"lane{place}"] = f"{shown(name)}: {sum(not trial.warm_up for trial in trials)} trials"
    below.set_ylim(len(names) - 0.5, -0.5)
    below.set_yticks(range(len(names)), labels, fontsize=8)
    below.tick_params(axis="y", length=0)
    below.set_xlabel("Time since the start (s)")
    top.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, borderpad=0.1, handlelength=2.4)
    description = (
        f"Power of {listed([shown(timeline.domain.label) for timeline in timelines])} over {end_s:.0f} seconds."
    )
    return canvas.element(figure, "power", Meaning("Power over time, with the trials below", description, tips))


def draw_power(ax: Axes, timelines: Sequence[Timeline], origin_s: float) -> None:
    """One curve a timeline, with its band, from `origin_s` on; the time axis stays unlabelled."""
    columns = min(power.MOST_COLUMNS, _POINTS // (3 * len(timelines)))
    drawn: dict[str, int] = {}
    for timeline in timelines:
        kind = timeline.domain.kind
        dash = _DASHES[drawn.get(kind, 0) % len(_DASHES)]
        drawn[kind] = drawn.get(kind, 0) + 1
        colour = _COLOURS.get(kind, look.PURPLE)
        label = shown(timeline.domain.label) + (" (modelled)" if timeline.domain.model else "")
        for place, stretch in enumerate(power.stretches(timeline, columns)):
            _draw_stretch(ax, stretch, origin_s, colour, dash, label if place == 0 else "_")
    ax.set_ylim(bottom=0)
    ax.set_ylabel("Power (W)")
    ax.tick_params(axis="x", labelbottom=False, length=0)
    ax.grid(axis="y")


def _draw_stretch(ax: Axes, stretch: Sequence[Column], origin_s: float, colour: str, dash: object, label: str) -> None:
    middles_s = [(column.start_s + column.end_s) / 2 - origin_s for column in stretch]
    lowest_w, highest_w = [column.lowest_w for column in stretch], [column.highest_w for column in stretch]
    ax.fill_between(middles_s, lowest_w, highest_w, color=colour, alpha=0.25, linewidth=0)
    means_w = [column.mean_w for column in stretch]
    ax.plot(middles_s, means_w, color=colour, linewidth=1.0, linestyle=dash, label=shortened(label, 34))


def _shade_idle(ax: Axes, windows: Sequence[IdleWindow], origin_s: float) -> None:
    for window in windows:
        ax.axvspan(window.start_s - origin_s, window.end_s - origin_s, color=GRID, alpha=0.6, linewidth=0)


def _draw_lane(ax: Axes, place: int, trials: Sequence[Trial], appearance: Look, origin_s: float) -> None:
    """All of a variant's trials as two paths, one open and one filled: a path for each trial would fill the page."""
    for warm_up in (False, True):
        bars = [(trial.start_s - origin_s, trial.end_s - trial.start_s) for trial in trials if trial.warm_up is warm_up]
        if bars:
            _draw_bars(ax, place, bars, appearance.colour, filled=not warm_up, gid=f"lane{place}")


def _draw_bars(
    ax: Axes, place: int, bars: Sequence[tuple[float, float]], colour: str, *, filled: bool, gid: str
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    half = 0.3
    path = Path.make_compound_path(
        *(
            Path(
                [(x, place - half), (x + width, place - half), (x + width, place + half), (x, place + half), (x, 0)],
                closed=True,
            )
            for x, width in bars
        )
    )
    face = colour if filled else "none"
    ax.add_patch(PathPatch(path, facecolor=face, edgecolor=colour, linewidth=0.5, gid=gid if filled else None))
