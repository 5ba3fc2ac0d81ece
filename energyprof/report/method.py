"""How the numbers came about, in plain language: what a reader needs to trust or to doubt them."""

from __future__ import annotations

from dataclasses import dataclass

from energyprof.analysis.comparison import Comparison
from energyprof.live.intensity import live_intensity
from energyprof.model.domain import Domain
from energyprof.model.meter import meter_sentence
from energyprof.model.run import Run
from energyprof.report import figures
from energyprof.report.assessment import Assessment
from energyprof.report.text import listed, plural, shown, unit_noun


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A question and its answer."""

    title: str
    text: str


def paragraphs(assessment: Assessment) -> list[Paragraph]:
    """The method section."""
    comparison = assessment.comparison
    found = [
        Paragraph("What was asked", _asked(comparison)),
        Paragraph("How the joules were obtained", _joules(comparison)),
        Paragraph("What the meters are like", _meters(comparison.run)),
        Paragraph("What is estimated", _estimates(comparison)),
        Paragraph("Trials", _trials(comparison)),
        Paragraph("Two intervals", _intervals()),
        Paragraph("Quality", _quality(comparison)),
        Paragraph("CO₂e and water", _footprint(assessment)),
        Paragraph("Live carbon intensity", _live(assessment)),
        Paragraph("What measuring cost", _overhead(comparison.run)),
    ]
    return [paragraph for paragraph in found if paragraph.text]


def environment(run: Run) -> list[tuple[str, str]]:
    """The machine and the software, as names and values."""
    host = run.host
    rows = [
        ("System", host.os),
        ("Processor", f"{host.cpu}, {host.cores} {'core' if host.cores == 1 else 'cores'}"),
        ("Memory", figures.size(host.memory_bytes)),
        ("GPU", listed(host.gpus) or "none"),
        ("Virtual machine", {True: "yes", False: "no", None: figures.UNKNOWN}[host.virtual]),
        ("Python", host.python),
        ("Packages", ", ".join(f"{name} {version}" for name, version in sorted(host.packages.items()))),
    ]
    return [(name, shown(value)) for name, value in rows if value]


def _asked(comparison: Comparison) -> str:
    profile = comparison.run.profile
    unit = unit_noun(profile.unit)
    items = f", asked in trials with {profile.items:,} test items in turn" if profile.items else ""
    return (
        f"Task {shown(profile.task)}{items}; the functional unit is one {unit}. Every variant is held against the "
        f"baseline {shown(profile.baseline)}. Joules are gross: all that the meters below counted while the variant "
        f"worked, idle power included, divided by the number of {plural(unit)}."
    )


def _joules(comparison: Comparison) -> str:
    domains = [timeline.domain for timeline in comparison.run.timelines]
    metered = [domain for domain in domains if domain.model is None and domain.apart is None]
    if not metered:
        return "" if comparison.run.timelines else "No meter and no model could be used here, so no joules are known."
    names = listed([_meter(domain) for domain in metered])
    return (
        f"Read from {names}. Each trial stands alone between quiet times: its joules are what the counter gained "
        "from its last tick before the trial to its first tick after it, less what was drawn outside the trial at the "
        "power seen beside it. Where one side was not quiet, the counter is taken as linear between its ticks. "
        "Domains that lie within another are not added to it."
    )


def _meter(domain: Domain) -> str:
    how = "energy counter" if domain.basis == "measured" else "power readings"
    gain = f", calibration ±{100 * domain.gain:.3g} %" if domain.gain else ""
    fitted = f", {shown(str(domain.fitted))}" if domain.fitted else ""
    return f"{shown(domain.label)} ({shown(domain.sensor)} {how}{gain}{fitted})"


def _meters(run: Run) -> str:
    """What was seen of each counter; nothing where only a model was used, or where a record does not hold it."""
    models = {timeline.domain.id for timeline in run.timelines if timeline.domain.model is not None}
    return " ".join(
        f"{shown(record.label)} {shown(sentence)}."
        for record in run.meters
        if record.domain not in models and (sentence := meter_sentence(record))
    )


def _estimates(comparison: Comparison) -> str:
    modelled = [timeline.domain for timeline in comparison.run.timelines if timeline.domain.model is not None]
    sentences = []
    for domain in modelled:
        assert domain.model is not None
        idle, active = domain.model.idle_w, domain.model.active_w_per_core
        sentences.append(
            f"{shown(domain.label)} has no meter. Its power is taken as {idle[1]:.2g} W (range {idle[0]:.2g} to "
            f"{idle[2]:.2g} W) and {active[1]:.2g} W (range {active[0]:.2g} to {active[2]:.2g} W) for each busy core, "
            f"times the CPU time that was observed. Source: {shown(domain.model.source)}. Such joules carry "
            "a ~, two digits and the model's range; a ratio of two of them says little more than that of CPU time."
        )
    return " ".join(sentences)


def _trials(comparison: Comparison) -> str:
    run = comparison.run
    counted = [variant.trials for variant in comparison.variants if variant.record.status != "failed"]
    if not counted:
        return "No variant ran, so there are no trials."
    spread = str(counted[0]) if min(counted) == max(counted) else f"{min(counted)} to {max(counted)}"
    blocks = len({trial.block for trial in run.trials if trial.block >= 0})
    sentences = [
        f"{spread} trials of each variant count, interleaved at random in {blocks} blocks (seed {run.profile.seed}), "
        "so that a drift of the machine hits all alike. Each variant has its own process and a fixed number of "
        "threads. Warm-up trials are shown and not counted. Idle power is measured before, between and after.",
        f"The goal was a half-width of {figures.percent(run.profile.target_half_width, 0)} of each variant's energy.",
    ]
    if run.stop_reason:
        sentences.append(f"Why measuring ended: {_sentence(shown(run.stop_reason))}")
    return " ".join(sentences)


def _intervals() -> str:
    return (
        "Both are 95 % intervals. Repeatability is what a second run on this machine would give: Student's interval "
        "over trials, widened where neighbouring trials resemble each other. The interval by a reference meter adds "
        "what the sensor's calibration, or the model's range, may be off; what is common to all variants on one meter "
        "cancels in their ratio, and what a model does to two of them unequally stays in it."
    )


def _quality(comparison: Comparison) -> str:
    profile = comparison.run.profile
    if profile.metric is None:
        return "This task has no quality: the models' weights or the task do not allow one, so only costs are compared."
    margin = figures.margin(profile.metric, profile.margin)
    scored = max((variant.quality.items for variant in comparison.variants if variant.quality), default=0)
    return (
        f"{figures.metric_name(profile.metric)} over the same {f'{scored:,} ' if scored else ''}held-out items for "
        f"every variant. A variant is good "
        f"enough when the whole 95 % interval of its paired difference to the baseline lies above the margin "
        f"(-{margin}), not good enough when all of it lies below, and not settled otherwise."
    ).replace("(-", "(−")


def _footprint(assessment: Assessment) -> str:
    site = assessment.site
    used = assessment.footprints.values()
    boundary = next((footprint.boundary for footprint in used), "")
    return (
        f"CO₂e = energy × PUE × intensity of the grid. Water = energy × WUE on site, and energy × PUE × water of the "
        f"power plants off site. Here: WUE {site.wue_l_per_kwh:g} L/kWh; {shown(boundary)}"
    )


def _live(assessment: Assessment) -> str:
    """What a service told of the time of the trials, and whether it counts; nothing where none was asked."""
    found = live_intensity(assessment.comparison.run)
    if found is None:
        return ""
    rests = "CO₂e on this page rests on it" if assessment.site.live else "CO₂e on this page does not rest on it"
    return f"{shown(found.sentence())}. {rests}."


def _overhead(run: Run) -> str:
    sampler = run.sampler
    if sampler is None:
        return ""
    where = "a process of its own" if sampler.mode == "process" else "a thread of the measured process"
    cost = ""
    if sampler.cpu_s is not None and sampler.wall_s:
        share = 100 * sampler.cpu_s / sampler.wall_s
        cost = f" It used {sampler.cpu_s:.2g} s of CPU time in {sampler.wall_s:.0f} s, {share:.2g} % of one core."
    return f"The meters were read every {1000 * sampler.period_s:g} ms by {where}.{cost}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
