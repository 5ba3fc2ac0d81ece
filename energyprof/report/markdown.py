"""summary.md: the verdict and the table, for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from energyprof.report import figures
from energyprof.report.assessment import Assessment, intensity_text
from energyprof.report.figures import Figure
from energyprof.report.headline import STATUS, contents, headline
from energyprof.report.listing import reason
from energyprof.report.text import plural, shown, unit_noun

_SPECIAL = re.compile(r"[\\`*_\[\]#|~$@]|^[-+=>]|:(?=//)")
"""What starts markup, mathematics, a link or a mention in the dialects of code hosts."""


def markdown(assessment: Assessment) -> str:
    """The summary as GitHub-flavoured Markdown; nothing that came from outside is read as markup."""
    comparison = assessment.comparison
    top, parts = headline(assessment), contents(assessment)
    blocks = [
        f"## {escaped(comparison.run.profile.title)}",
        f"**{escaped(top.energy)}**",
        f"{top.badge.sign} **{top.badge.text}.** {escaped(top.quality)}",
        *(escaped(note) for note in top.notes),
        _table(assessment),
        _footprint_line(assessment),
        f"**Measured:** {_sentences(parts.measured)}  \n**Estimated:** {_sentences(parts.estimated)}  \n"
        f"**Not included:** {_sentences(parts.not_included)}",
        _warnings(comparison.warnings),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escaped(text: str) -> str:
    """Text from outside as Markdown that shows it literally, also within a table."""
    return html.escape(_SPECIAL.sub(r"\\\g<0>", shown(text)), quote=False)


def _table(assessment: Assessment) -> str:
    run = assessment.comparison.run
    unit, metric = unit_noun(run.profile.unit), run.profile.metric
    headings = [
        "Variant",
        f"Energy per {unit}",
        "against baseline",
        figures.metric_name(metric) if metric else "Quality",
    ]
    headings += [
        "Verdict",
        f"CO₂e per 1 M {plural(unit)}",
        f"Water per 1 M {plural(unit)}",
        "Time of a call, p50 / p95",
    ]
    lines = ["| " + " | ".join(escaped(heading) for heading in headings) + " |", "|:--|" + "--:|" * (len(headings) - 1)]
    return "\n".join([*lines, *(_line(name, assessment) for name in assessment.footprints)])


def _line(name: str, assessment: Assessment) -> str:
    variant = assessment.comparison.variant(name)
    assert variant is not None
    failed = reason(variant)
    if failed is not None:
        return f"| {escaped(name)} | failed: {escaped(failed)} |" + " |" * 6
    footprint, quality, versus = assessment.footprints[name], variant.quality, variant.versus
    is_baseline = name == assessment.comparison.baseline
    cells = [
        escaped(name),
        _cell(figures.figure(variant.energy_per_task, figures.JOULES)),
        "baseline" if is_baseline else _cell(figures.ratio(versus.energy_ratio if versus else None)),
        figures.score(quality.metric, quality.value) if quality else figures.UNKNOWN,
        STATUS[versus.verdict] if versus else "",
        _cell(figures.figure(figures.per_million(footprint.co2e), figures.GRAMS)),
        _cell(figures.figure(figures.per_million(footprint.water), figures.LITRES)),
        f"{figures.seconds(variant.latency_p50_s)} / {figures.seconds(variant.latency_p95_s)}",
    ]
    return f"| {' | '.join(cells)} |"


def _cell(figure: Figure) -> str:
    # A lone tilde is literal, but two in one cell would strike through what lies between them.
    return str(figure).replace("~", "\\~")


def _footprint_line(assessment: Assessment) -> str:
    grid, site = assessment.grid, assessment.site
    if grid is None:
        return "No grid is set, so CO₂e and water are not known; the page shows them over several grids."
    year = f" ({grid.intensity.year})" if grid.intensity.year else ""
    return (
        f"Grid: {escaped(grid.label)}{year}, {intensity_text(grid)}; PUE {site.pue:g}; "
        f"WUE {site.wue_l_per_kwh:g} L/kWh. Intervals are 95 %."
    )


def _sentences(parts: Sequence[str]) -> str:
    return escaped("; ".join(parts)) if parts else "nothing"


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    return "\n".join(["**Warnings**", "", *(f"- {escaped(warning)}" for warning in warnings)])
