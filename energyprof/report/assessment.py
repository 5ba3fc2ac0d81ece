"""What a report is made of: a comparison, the site, and the footprints of each at the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from energyprof.analysis.compare import compare
from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.analysis.statistics import mean
from energyprof.footprint.assess import Footprint, assess, over_grids
from energyprof.footprint.embodied import detected
from energyprof.footprint.factor import Factor
from energyprof.footprint.grid import Accounting, Grid, find, same_grid
from energyprof.footprint.inventory import changed, distinct, factors_at
from energyprof.footprint.sci import unit_of
from energyprof.footprint.site import Site
from energyprof.footprint.site_record import recorded_site
from energyprof.live.intensity import live_intensity
from energyprof.model.quantity import Quantity, significant
from energyprof.model.run import FactorRecord, Run


@dataclass(frozen=True, slots=True)
class GridFootprints:
    """The same joules on one grid.

    Attributes:
        accounting: what its carbon intensity counts; two that count differently say nothing side by side.
        own: whether it is the site's own grid.
        subject, baseline: per task; None where there is no such variant.
    """

    name: str
    label: str
    accounting: Accounting
    own: bool
    subject: Footprint | None
    baseline: Footprint | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that any form of the report says.

    Attributes:
        subject: the variant that verdict and cards speak of; None where none was measured.
        baseline: None where it failed.
        grid: None where none was given.
        footprints: per task, at the site, by variant name.
        grids: the site's own grid first, then a named set.
    """

    comparison: Comparison
    site: Site
    subject: VariantResult | None
    baseline: VariantResult | None
    grid: Grid | None
    footprints: dict[str, Footprint]
    grids: list[GridFootprints]


def assess_run(run: Run, site: Site | None = None) -> Assessment:
    """The assessment of a run; at the site that its profile names where none is given."""
    return assess_comparison(compare(run), site)


def assess_comparison(comparison: Comparison, site: Site | None = None) -> Assessment:
    """The assessment of a comparison that is already known."""
    site = _with_supply(with_hardware(site or site_of(comparison.run), comparison.run), comparison.run)
    comparison = replace(comparison, warnings=[*comparison.warnings, *_changed_factors(comparison.run, site)])
    subject, baseline = _subject(comparison), comparison.variant(comparison.baseline)
    footprints = {variant.record.name: footprint_of(variant, site) for variant in comparison.variants}
    grid = site.supply
    return Assessment(comparison, site, subject, baseline, grid, footprints, _grids(subject, baseline, site, grid))


def footprint_of(variant: VariantResult, site: Site) -> Footprint:
    """Of one task of a variant."""
    return assess(variant.energy_per_task, site, held=held(variant))


def held(variant: VariantResult) -> Quantity | None:
    """Seconds for which one task holds the machine: while a variant is measured it serves nothing else.

    The interval is that of the mean over the trials; a single trial shows none.
    """
    if not variant.tasks_per_s:
        return None
    value = 1 / variant.tasks_per_s
    counted = [each.trial for each in variant.trial_energies if not each.trial.warm_up and not each.trial.replaced]
    spread = mean([(trial.end_s - trial.start_s) / trial.requests for trial in counted if trial.requests])
    if spread.half_width is None:
        return Quantity(value, None, None, "s", "measured")
    return Quantity(value, max(value - spread.half_width, 0.0), value + spread.half_width, "s", "measured")


@dataclass(frozen=True, slots=True)
class ScoreForAi:
    """SCI for AI of one variant at the consumer's boundary.

    Attributes:
        system: "LLM" where tokens were counted, else "classical". score: g per token or per inference.
    """

    system: str
    score: Quantity


def sci_for_ai(variant: VariantResult, footprint: Footprint) -> ScoreForAi | None:
    """None where no hardware is known, without which there is no SCI."""
    if footprint.sci.value is None:
        return None
    token, task = variant.energy_per_token, variant.energy_per_task
    if token is None or not token.value or not task.value:
        return ScoreForAi("classical", replace(footprint.sci, unit=f"g/{unit_of('classical')}"))
    tokens_per_task = task.value / token.value
    return ScoreForAi("LLM", footprint.sci.scaled(1 / tokens_per_task, f"g/{unit_of('LLM')}"))


def with_hardware(site: Site, run: Run) -> Site:
    """The site with the run's GPUs, where the user named no hardware."""
    return site if site.hardware else replace(site, hardware=detected(run.host.gpus))


def _with_supply(site: Site, run: Run) -> Site:
    """The site with the grid as it was meanwhile; another grid than the run's has its annual values."""
    derived = live_intensity(run) if same_grid(site.grid, run.profile.grid) else None
    return site if derived is None else replace(site, live=derived.supply())


def intensity_text(grid: Grid) -> str:
    """ "56 g/kWh (lifecycle)": how much, and of what; the second is as much a part of the figure as its unit."""
    return f"{grid.intensity.value:.3g} g/kWh ({grid.accounting})"


def site_of(run: Run) -> Site:
    """The site that the profile names."""
    return recorded_site(run.profile)


def factors(assessment: Assessment) -> list[Factor]:
    """Every factor that a footprint of the report rests on, each once, in the order of first use."""
    used = list(assessment.footprints.values())
    used += [footprint for grid in assessment.grids for footprint in (grid.subject, grid.baseline) if footprint]
    return distinct(used)


def _changed_factors(run: Run, site: Site) -> list[str]:
    """A warning where other factors are installed than when the run was measured; they are those that are used."""
    found = changed(run.factors, factors_at(site)) if run.factors else []
    if not found:
        return []
    then, now = found[0]
    count = f"{len(found)} factors have" if len(found) > 1 else "One factor has"
    codecarbon = run.host.packages.get("codecarbon")
    former = f"energyprof {run.version}" + ("" if codecarbon is None else f" and codecarbon {codecarbon}")
    return [
        f"{count} changed since this run was measured: {then.id} was {_ranged(then)} and is {_ranged(now)} {now.unit}. "
        "So CO2e and water are not those that were shown then; joules and quality are. For the former figures install "
        f"{former}."
    ]


def _ranged(factor: Factor | FactorRecord) -> str:
    value, low, high = (significant(number, 3) for number in (factor.value, factor.low, factor.high))
    return f"{value} ({low}-{high})"


def _subject(comparison: Comparison) -> VariantResult | None:
    """The best variant; where nothing could be compared, the first that ran, the baseline last."""
    if comparison.best is not None:
        return comparison.variant(comparison.best)
    ran = [variant for variant in comparison.variants if variant.record.status != "failed"]
    ran.sort(key=lambda variant: variant.record.name == comparison.baseline)
    return ran[0] if ran else None


def _grids(
    subject: VariantResult | None, baseline: VariantResult | None, site: Site, grid: Grid | None
) -> list[GridFootprints]:
    by_name = [_over(variant, site) for variant in (subject, baseline)]
    names = list(by_name[0] or by_name[1])
    found = [] if grid is None else [_own(subject, baseline, site, grid)]
    own_names = {each.name for each in found}
    others = [find(name) for name in names if name not in own_names]
    found += [
        GridFootprints(each.name, each.label, each.accounting, False, *(over.get(each.name) for over in by_name))
        for each in others
    ]
    return found


def _over(variant: VariantResult | None, site: Site) -> dict[str, Footprint]:
    return {} if variant is None else dict(over_grids(variant.energy_per_task, site, held=held(variant)))


def _own(subject: VariantResult | None, baseline: VariantResult | None, site: Site, grid: Grid) -> GridFootprints:
    def at_site(variant: VariantResult | None) -> Footprint | None:
        return None if variant is None else footprint_of(variant, site)

    return GridFootprints(grid.name, grid.label, grid.accounting, True, at_site(subject), at_site(baseline))
