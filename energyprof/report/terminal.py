"""The result in a terminal: verdict, table, coverage and warnings; plain where colour is not wanted."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from energyprof.analysis.comparison import VariantResult
from energyprof.report import figures
from energyprof.report.assessment import Assessment, intensity_text
from energyprof.report.console import console_text
from energyprof.report.headline import STATUS, contents, headline
from energyprof.report.listing import reason
from energyprof.report.text import shown, unit_noun

_NAME_WIDTH = 12


def terminal_text(assessment: Assessment, *, colour: bool, width: int) -> str:
    """The result as text.

    Args:
        width: columns of the terminal. colour: False gives text without any control sequence.
    """
    return console_text(_parts(assessment), colour=colour, width=width)


def _parts(assessment: Assessment) -> list[Text | Table]:
    top, parts = headline(assessment), contents(assessment)
    lines: list[Text | Table] = [Text(shown(assessment.comparison.run.profile.title), "bold"), Text("")]
    lines.append(Text(top.energy))
    style = "bold green" if top.badge.look == "good_enough" else "bold"
    lines.append(Text.assemble((f"{top.badge.sign} {top.badge.text}. ", style), top.quality))
    lines += [Text(note) for note in top.notes]
    lines += [Text(""), _table(assessment), Text("")]
    for name, sentences in (
        ("Measured", parts.measured),
        ("Estimated", parts.estimated),
        ("Not included", parts.not_included),
        ("Site", [_site(assessment)]),
    ):
        lines.append(Text.assemble((f"{name}: ", "bold"), "; ".join(sentences) or "nothing"))
    lines += [Text.assemble(("Warning: ", "bold yellow"), shown(each)) for each in assessment.comparison.warnings]
    return lines


def _table(assessment: Assessment) -> Table:
    profile = assessment.comparison.run.profile
    unit = unit_noun(profile.unit)
    grid_known = assessment.grid is not None
    drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.add_column("variant", overflow="fold", min_width=_NAME_WIDTH)
    for heading in (
        f"J per {unit}",
        "vs baseline",
        figures.metric_name(profile.metric).lower() if profile.metric else "",
    ):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("verdict", no_wrap=True)
    if grid_known:
        drawn.add_column("CO₂e/1 M", justify="right", no_wrap=True)
        drawn.add_column("water/1 M", justify="right", no_wrap=True)
    drawn.add_column("call p50", justify="right", no_wrap=True)
    for variant in assessment.comparison.variants:
        drawn.add_row(*(Text(cell) for cell in _row(variant, assessment, grid_known=grid_known)))
    return drawn


def _row(variant: VariantResult, assessment: Assessment, *, grid_known: bool) -> list[str]:
    name = shown(variant.record.name)
    if reason(variant) is not None:
        return [name, "failed"]
    is_baseline = variant.record.name == assessment.comparison.baseline
    versus, quality = variant.versus, variant.quality
    footprint = assessment.footprints[variant.record.name]
    impacts = [
        figures.figure(figures.per_million(footprint.co2e), figures.GRAMS).value,
        figures.figure(figures.per_million(footprint.water), figures.LITRES).value,
    ]
    return [
        name,
        str(figures.figure(variant.energy_per_task, figures.JOULES)),
        "baseline" if is_baseline else figures.ratio(versus.energy_ratio if versus else None).value,
        figures.score(quality.metric, quality.value) if quality else "",
        STATUS[versus.verdict].lower() if versus else "",
        *(impacts if grid_known else []),
        figures.seconds(variant.latency_p50_s),
    ]


def _site(assessment: Assessment) -> str:
    grid, site = assessment.grid, assessment.site
    if grid is None:
        return "no grid is set, so CO₂e and water are not known; set one with --grid"
    year = f" {grid.intensity.year}" if grid.intensity.year else ""
    building = f"PUE {site.pue:g}, WUE {site.wue_l_per_kwh:g} L/kWh"
    return f"{shown(grid.label)}{year}, {intensity_text(grid)}, {building}"
