"""Where the energy of a task goes: each meter's own part, and the part of idle power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.model.domain import Domain
from energyprof.model.quantity import Quantity
from energyprof.report import canvas, chart_energy, figures, forest, look
from energyprof.report.canvas import Chart
from energyprof.report.svg import PAPER, Meaning
from energyprof.report.text import shortened, shown, unit_noun

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KIND_NAMES = {"gpu": "GPU", "cpu": "CPU", "dram": "DRAM", "module": "GPU module", "core": "CPU cores", "npu": "NPU"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a variant's bar, in J per task.

    Attributes:
        kind: of domain; "idle" for what idle power accounts for.
    """

    kind: str
    estimated: bool
    energy_j: float


Bar = tuple[VariantResult, list[Part]]


def breakdown_chart(comparison: Comparison) -> Chart | None:
    """Stacked bars from 0: each domain's own part and the part of idle power; None where no joules are known."""
    domains = {timeline.domain.id: timeline.domain for timeline in comparison.run.timelines}
    bars = [
        (variant, parts(variant, comparison.idle_power_w, domains)) for variant in chart_energy.measured(comparison)
    ]
    bars = [(variant, pieces) for variant, pieces in bars if pieces]
    if not bars:
        return None
    return Chart(
        "breakdown",
        "Where the energy goes",
        f"Linear from zero. {_idle_sentence(bars)} Openly hatched parts are estimated by a model, not metered.",
        _draw(bars, unit_noun(comparison.run.profile.unit)),
    )


def _idle_sentence(bars: Sequence[Bar]) -> str:
    if any(piece.kind == "idle" for _, pieces in bars for piece in pieces):
        return "The idle share is what would have been drawn in the same time with the models loaded and nothing to do."
    return "Idle power is part of each bar: how much of it is not known."


def parts(variant: VariantResult, idle_power_w: dict[str, Quantity], domains: dict[str, Domain]) -> list[Part]:
    """The pieces of a variant's gross joules, domains of one kind taken together.

    Idle joules are shared out in proportion to the domains' idle power, which is exact: all of them idle for
    the same time.
    """
    gross = {key: quantity for key, quantity in variant.domains.items() if quantity.value is not None}
    idle = _idle_by_domain(variant, idle_power_w, gross)
    pieces: dict[tuple[str, bool], float] = {}
    for key, quantity in gross.items():
        domain = domains.get(key)
        place = (domain.kind if domain else key.split(":")[0], quantity.basis == "estimated")
        pieces[place] = pieces.get(place, 0.0) + max(0.0, (quantity.value or 0.0) - idle.get(key, 0.0))
    found = [Part(kind, estimated, energy_j) for (kind, estimated), energy_j in pieces.items()]
    if idle:
        found.append(Part("idle", variant.idle_per_task.basis == "estimated", sum(idle.values())))
    return found


def part_name(part: Part) -> str:
    """What the legend calls a piece."""
    name = "Idle share" if part.kind == "idle" else _KIND_NAMES.get(part.kind, part.kind.capitalize())
    return f"{name} (estimated)" if part.estimated else name


def _idle_by_domain(
    variant: VariantResult, idle_power_w: dict[str, Quantity], gross: dict[str, Quantity]
) -> dict[str, float]:
    """J per task; empty where the idle share is not known."""
    idle_j = variant.idle_per_task.value
    powers = {key: idle_power_w[key].value for key in gross if key in idle_power_w}
    known = {key: power for key, power in powers.items() if power is not None}
    whole_w = sum(known.values())
    if idle_j is None or not whole_w:
        return {}
    return {key: min(idle_j * power / whole_w, gross[key].value or 0.0) for key, power in known.items()}


def _draw(bars: Sequence[Bar], noun: str) -> str:
    names = [shortened(shown(variant.record.name), forest.LABEL_LENGTH) for variant, _ in bars]
    cells = [_cell(variant, pieces) for variant, pieces in bars]
    column_pt = canvas.CHARACTER_PT * max(map(len, cells)) + 12
    figure = canvas.sheet(62 + forest.ROW_PT * len(bars))
    ax = canvas.axes(figure, canvas.Margins(canvas.CHARACTER_PT * max(map(len, names)) + 12, column_pt, 26, 36))
    legend: dict[str, Artist] = {}
    tips: dict[str, str] = {}
    for place, bar in enumerate(bars):
        tips |= _draw_bar(ax, place, bar, legend)
        forest.write_cell(ax, place, column_pt - 4, cells[place])
    _set_axes(ax, [sum(piece.energy_j for piece in pieces) for _, pieces in bars], noun)
    forest.label_rows(ax, names)
    _draw_legend(figure, legend)
    description = f"Stacked bars by meter, with the idle share apart. {'; '.join(tips.values())}."
    meaning = Meaning("Where the energy goes", description, tips, look.HATCHES)
    return canvas.element(figure, "breakdown", meaning)


def _draw_bar(ax: Axes, place: int, bar: Bar, legend: dict[str, Artist]) -> dict[str, str]:
    """Draws the pieces end to end, adds those that are new to the legend, and returns the hover texts."""
    variant, pieces = bar
    tips = {}
    start_j = 0.0
    for number, piece in enumerate(pieces):
        filling = look.fill(piece.kind, estimated=piece.estimated)
        hatch = look.HATCHES[filling]
        edge = hatch.colour if hatch.open else PAPER
        drawn = ax.barh(place, piece.energy_j, left=start_j, height=0.66, facecolor=filling, edgecolor=edge, lw=0.6)
        legend.setdefault(part_name(piece), drawn.patches[0])
        tip_id = f"bar{place}-{number}"
        drawn.patches[0].set_gid(tip_id)
        tips[tip_id] = _tip(variant, piece)
        start_j += piece.energy_j
    return tips


def _set_axes(ax: Axes, totals_j: Sequence[float], noun: str) -> None:
    factor, unit = figures.fitting(max(totals_j), figures.JOULES)
    ax.set_xlim(0, 1.03 * max(totals_j))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / factor:g}")
    ax.set_xlabel(f"Energy per {noun} ({unit})")
    ax.grid(axis="x")


def _draw_legend(figure: Figure, legend: dict[str, Artist]) -> None:
    figure.legend(
        legend.values(), legend, loc="upper center", ncols=4, frameon=False, handlelength=2.2, handleheight=1.0
    )


def _cell(variant: VariantResult, pieces: Sequence[Part]) -> str:
    total = figures.figure(variant.energy_per_task, figures.JOULES).value
    whole_j = sum(piece.energy_j for piece in pieces)
    idle_j = sum(piece.energy_j for piece in pieces if piece.kind == "idle")
    return f"{total}, {idle_j / whole_j:.0%} idle".replace("%", " %") if whole_j and idle_j else total


def _tip(variant: VariantResult, piece: Part) -> str:
    factor, unit = figures.fitting(piece.energy_j, figures.JOULES)
    mark = "~" if piece.estimated else ""
    digits = 2 if piece.estimated else 3
    return f"{shown(variant.record.name)}, {part_name(piece)}: {mark}{piece.energy_j / factor:.{digits}g} {unit}"
