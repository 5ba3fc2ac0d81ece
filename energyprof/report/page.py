"""The page: one HTML file that needs no network, no script and no style sheet to be read."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from energyprof.footprint.cost import price_text
from energyprof.footprint.embodied import holding_text
from energyprof.footprint.overrides import factor_text
from energyprof.footprint.site import Site
from energyprof.model.record import dumps
from energyprof.model.run import Run, SensorRecord
from energyprof.model.timeline import Timeline
from energyprof.report import (
    canvas,
    chart_breakdown,
    chart_energy,
    chart_footprint,
    chart_latency,
    chart_power,
    chart_quality,
    chart_trials,
    listing,
    method,
    models,
)
from energyprof.report.assessment import Assessment, factors, site_of, with_hardware
from energyprof.report.canvas import Chart
from energyprof.report.cards import cards
from energyprof.report.factor_table import factor_tables
from energyprof.report.headline import contents, headline
from energyprof.report.text import shown

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST_WARNINGS = 4
"""More of them are folded away, so that they do not push the charts off the page."""

_ASIDE = re.compile(r"(\((?:95 % interval [^()]*|estimated)\))")


@dataclass(frozen=True, slots=True)
class SensorLine:
    """A row of the sensor table."""

    name: str
    state: str
    text: str
    remedy: str


def page_html(assessment: Assessment) -> str:
    """The page as text; the same assessment always gives the same bytes."""
    comparison = assessment.comparison
    run, top = comparison.run, headline(assessment)
    return render(
        "page.html.j2",
        run=run,
        name=shown(run.profile.name),
        title=shown(run.profile.title),
        question=shown(run.profile.question or ""),
        created=moment(run.created),
        headline=top,
        cards=cards(assessment),
        contents=contents(assessment),
        first_warnings=FIRST_WARNINGS,
        warnings=[shown(warning) for warning in comparison.warnings],
        charts=charts(assessment),
        variants=listing.variants_listing(assessment),
        groups=listing.groups_listing(assessment),
        models=models.model_lines(comparison),
        remarks=models.remarks(comparison),
        method=method.paragraphs(assessment),
        environment=method.environment(run),
        sensors=[sensor_line(sensor, run.timelines) for sensor in run.sensors],
        factors=factor_tables(factors(assessment)),
        digest=run_digest(run),
        command=command(run, assessment.site),
    )


def charts(assessment: Assessment) -> list[Chart]:
    """Every chart for which there are numbers, in the order of the page."""
    comparison = assessment.comparison
    with canvas.style():
        drawn = [
            chart_energy.energy_chart(comparison),
            chart_quality.quality_chart(comparison),
            chart_breakdown.breakdown_chart(comparison),
            chart_power.power_chart(comparison),
            chart_trials.trials_chart(comparison),
            chart_footprint.carbon_chart(assessment),
            chart_footprint.water_chart(assessment),
            chart_latency.latency_chart(comparison),
        ]
    return [chart for chart in drawn if chart is not None]


def render(template: str, **values: Any) -> str:
    """A template of this package with its style and script, under a policy that admits nothing else."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("energyprof", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["asides"] = _asides
    css, js = (_source(environment, name) for name in ("page.css", "page.js"))
    text = environment.get_template(template).render(css=css, js=js, policy=_policy(css, js), **values)
    # A number and its per cent sign stay on one line.
    return text.lstrip().replace(" %", "\u00a0%")


def moment(created: str) -> str:
    """An ISO 8601 instant for people, in UTC."""
    try:
        instant = datetime.fromisoformat(created).astimezone(UTC)
    except ValueError:
        return shown(created)
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def run_digest(run: Run) -> str:
    """SHA-256 of the run's record as it is written."""
    return hashlib.sha256(dumps(run).encode()).hexdigest()


def command(run: Run, site: Site) -> str:
    """What makes this page again; options only where the site is not the profile's own."""
    words = ["energyprof", "report", f"reports/{shown(run.profile.name)}"]
    own = with_hardware(site_of(run), run)
    for option, value, usual in (
        ("--grid", site.grid, own.grid),
        ("--pue", site.pue, own.pue),
        ("--wue", site.wue_l_per_kwh, own.wue_l_per_kwh),
        ("--hydro", site.hydro_l_per_kwh, own.hydro_l_per_kwh),
        ("--market", site.market_g_per_kwh, own.market_g_per_kwh),
    ):
        if value != usual and value is not None:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    if site.hardware != own.hardware:
        for holding in site.hardware:
            words += ["--device", holding_text(holding)]
    for option, price, usual_price in (
        ("--price", site.electricity_price, own.electricity_price),
        ("--device-price", site.device_price, own.device_price),
    ):
        if price is not None and price != usual_price:
            words += [option, price_text(price)]
    for factor in site.factors:
        if factor not in own.factors:
            words += ["--factor", factor_text(factor)]
    return shlex.join(words)


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


def _asides(claim: str) -> str:
    """The claim as HTML, its bracketed interval in a lighter face."""
    return _ASIDE.sub(r'<span class="aside">\1</span>', html.escape(claim))


def _policy(css: str, js: str) -> str:
    """Only this page's own style and script, by their hashes: what a hostile name might smuggle in does not run."""
    style, script = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (css, js)
    )
    return f"default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'"


def sensor_line(sensor: SensorRecord, timelines: Sequence[Timeline]) -> SensorLine:
    """What a sensor read, or why it did not."""
    labels = {timeline.domain.id: timeline.domain.label for timeline in timelines}
    read = ", ".join(labels.get(domain, domain) for domain in sensor.domains)
    texts = [read if sensor.status == "used" else "", sensor.reason or ""]
    text = "; ".join(part for part in texts if part) or "not asked for"
    return SensorLine(shown(sensor.name), sensor.status, shown(text), shown(sensor.remedy or ""))
