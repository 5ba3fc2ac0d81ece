"""What a live record says of the joules measured beside it: derived from what is stored, without any network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from energyprof.footprint.catalogue import GRID
from energyprof.footprint.factor import Factor, shipped_factors
from energyprof.footprint.grid import CLEAN_BELOW_G_PER_KWH, HIGHEST_G_PER_KWH, Accounting, Grid, find
from energyprof.footprint.mix import Mix
from energyprof.footprint.site import Site
from energyprof.footprint.site_record import recorded_site
from energyprof.live.catalogue import OFFERS
from energyprof.live.shares import known_mix
from energyprof.live.weighted import Joules, Stretch, Weighted, of_timelines, steadily, weighted
from energyprof.model.live import LiveIntensity, LiveReading
from energyprof.model.run import Run, Trial
from energyprof.model.session import Session

LATEST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()

NO_METER = "no meter told when joules were drawn, so each second counts alike"


@dataclass(frozen=True, slots=True)
class Derived:
    """The intensity that applies to some measured joules, and how it came about.

    Attributes:
        label: "NESO, zone GB".
        factor: the mean intensity to use, with its range: the live one, id "grid.live.SERVICE.ZONE", or the annual
            one of the grid where it fell back; None where neither is known.
        accounting: what `factor` counts; None without one.
        live: whether `factor` is the live one. reason: why it is not.
        marginal: the marginal intensity, which is never `factor`; None where the service tells means.
        mean: the mean that the live figure is, lowest and highest among it; None where it fell back.
        mix: the live mix, for water; None where it was not told, or the grid whose cooling it has is not known.
        grid: that was given, whose annual value stands in; None = none was.
        start_s, end_s: of the joules, seconds since 1970 in UTC.
    """

    label: str
    factor: Factor | None
    accounting: Accounting | None
    live: bool
    reason: str | None
    marginal: Factor | None
    mean: Weighted | None
    mix: Mix | None
    grid: Grid | None
    start_s: float
    end_s: float

    @property
    def annual(self) -> Factor | None:
        """The annual value of the grid."""
        return None if self.grid is None else self.grid.intensity

    @property
    def annual_mix(self) -> Mix | None:
        """The mix of the grid over a year, which water rests on where the live one was not told."""
        return None if self.grid is None else self.grid.mix

    def supply(self) -> Grid | None:
        """The grid as it was then, to be put in place of its annual values; None where the live value is not usable.

        Water that would be known without a service stays known: where the live mix is not, the annual one stands in.
        """
        if not self.live or self.factor is None or self.accounting is None:
            return None
        name = self.factor.id.removeprefix(GRID)
        label = self.label if self.grid is None else f"{self.grid.label} ({self.label})"
        return Grid(name, label, self.factor, self.accounting, self.annual_mix if self.mix is None else self.mix)

    def sentence(self) -> str:
        """For people, in one line."""
        annual = ""
        if self.grid is not None:
            annual = f"; annual: {self.grid.intensity.value:.3g} g/kWh ({self.grid.accounting})"
        found = self.factor if self.live else self.marginal
        if found is None or self.mean is None:
            return f"{self.label}: no live value ({self.reason}){annual}"
        kind = self.accounting if self.live else "marginal, never taken for a mean"
        over = f"over {_clock(self.start_s)}-{_clock(self.end_s)} UTC"
        water = "; water by the annual mix" if self.live and self.mix is None and self.annual_mix is not None else ""
        details = f"{kind}; {_spanned(self.mean)}{_parts(self.mean)}{water}"
        return f"{self.label}: energy-weighted {found.value:.3g} g/kWh {over} ({details}){annual}"

    def to_json(self) -> dict[str, Any]:
        """The figures for programs, flat; None where there is none."""
        return {
            "service": self.label,
            "live": self.live,
            "intensity_g_per_kwh": None if self.factor is None else self.factor.value,
            "accounting": self.accounting,
            "marginal_g_per_kwh": None if self.marginal is None else self.marginal.value,
            "annual_g_per_kwh": None if self.annual is None else self.annual.value,
            "reason": self.reason,
            "sentence": self.sentence(),
        }


def live_intensity(run: Run, variant: str | None = None) -> Derived | None:
    """The intensity for the joules of a run's trials; None where no live value was asked for.

    Args:
        variant: of this one alone; None = of all.
    """
    if run.live is None:
        return None
    trials = [trial for trial in run.trials if _counts(trial) and variant in (None, trial.variant)]
    stretches = [(trial.start_s, trial.end_s) for trial in trials or run.trials]
    return derived(run.live, stretches, of_timelines(run.timelines, run.live.epoch_s), recorded_site(run.profile))


def session_live_intensity(session: Session) -> Derived | None:
    """The intensity for all joules of a profiler's record; None where no live value was asked for."""
    if session.live is None:
        return None
    joules = of_timelines(session.timelines, session.live.epoch_s)
    return derived(session.live, [(session.start_s, session.end_s)], joules, recorded_site(session.site))


def derived(record: LiveIntensity, stretches: Sequence[Stretch], joules: Joules, site: Site) -> Derived:
    """The intensity for joules drawn in some stretches.

    Args:
        stretches: on the monotonic clock of the record. joules: on the clock of the readings.
        site: whose grid's annual value and cooling stand in, with the user's own factors; nothing without a grid.
    """
    record = replace(record, readings=[reading for reading in record.readings if _sound(reading)])
    offset_s = record.epoch_s
    moved = [(start_s + offset_s, end_s + offset_s) for start_s, end_s in stretches] or [(offset_s, offset_s)]
    grid = _grid(site)
    label = f"{OFFERS[record.service].label if record.service in OFFERS else record.service}, zone {record.zone}"
    start_s, end_s = min(low for low, _ in moved), max(high for _, high in moved)
    measured = 0 <= start_s < end_s < LATEST_S
    plain = Derived(
        label,
        None if grid is None else grid.intensity,
        None if grid is None else grid.accounting,
        False,
        (record.reason or "the service told nothing of this time") if measured else "no time was measured",
        None,
        None,
        None,
        grid,
        start_s,
        end_s,
    )
    return plain if not record.readings or not measured else _with_readings(plain, record, moved, joules, grid)


def _grid(site: Site) -> Grid | None:
    """The site's grid, with the user's intensity where there is one."""
    if site.grid is None:
        return None
    grid = find(site.grid)
    own = {factor.id: factor for factor in site.factors}
    return replace(grid, intensity=own.get(grid.intensity.id, grid.intensity))


def _sound(reading: LiveReading) -> bool:
    """Whether it can be, in a record that somebody may have changed by hand."""
    return 0 <= reading.start_s < reading.end_s < LATEST_S and 0 <= reading.g_per_kwh <= HIGHEST_G_PER_KWH


def _with_readings(
    plain: Derived, record: LiveIntensity, stretches: list[Stretch], joules: Joules, grid: Grid | None
) -> Derived:
    counts = {reading.counts for reading in record.readings}
    marginal = "marginal" in counts
    accounting = _accounting(counts)
    if counts != {"marginal"} and accounting is None:
        return replace(plain, reason="its values count different things, and a mean of them would count none")
    annual_g = None if grid is None or marginal else grid.intensity.value
    mean = weighted(joules, stretches, record.readings, annual_g)
    unmetered = mean is None
    mean = mean or weighted(steadily, stretches, record.readings, annual_g)
    if mean is None or mean.live + mean.carried == 0:
        return replace(plain, reason="none of its values is of this time")
    if grid is not None and mean.annual > 0 and not _alike(accounting, grid.accounting):
        return replace(
            plain,
            reason=f"{100 * mean.annual:.0f} % of the joules have no live value, and the annual value counts "
            f"{grid.accounting} where the live one counts {accounting}: the two make no mean",
        )
    factor = _factor(record, mean, NO_METER if unmetered else None)
    if marginal:
        return replace(plain, marginal=factor, mean=mean, reason="a marginal value is no mean")
    return replace(
        plain,
        factor=factor,
        accounting=accounting,
        live=True,
        reason=None,
        mean=mean,
        mix=_mix(record, mean, grid),
    )


def _accounting(counts: Iterable[str]) -> Accounting | None:
    """What values count together; lifecycle figures in one of which oil counts only partly are "mixed"."""
    match sorted(counts):
        case ["lifecycle"]:
            return "lifecycle"
        case ["lifecycle", "mixed"] | ["mixed"]:
            return "mixed"
        case ["CO2 only"]:
            return "CO2 only"
        case ["direct"]:
            return "direct"
    return None


def _alike(live: Accounting | None, annual: Accounting) -> bool:
    """Whether both may be parts of one mean; a user's own number counts what the user says."""
    lifecycle = {"lifecycle", "mixed"}
    return annual in ("as given", live) or (live in lifecycle and annual in lifecycle)


def _factor(record: LiveIntensity, mean: Weighted, remark: str | None) -> Factor:
    """With the relative range of an annual value: what a method may be off does not shrink with the time it is for."""
    ends = shipped_factors("ranges.csv")["range.grid_clean" if mean.g_per_kwh < CLEAN_BELOW_G_PER_KWH else "range.grid"]
    offer = OFFERS.get(record.service)
    spanned = f"energy-weighted; {_spanned(mean)}{_parts(mean)}"
    # Of 0 no relative range is one, and a lognormal has none: it is taken as exact.
    return Factor(
        f"grid.live.{record.service}.{record.zone}",
        mean.g_per_kwh,
        mean.g_per_kwh * ends.low,
        mean.g_per_kwh * ends.high,
        "g/kWh",
        "lognormal" if mean.g_per_kwh > 0 else "exact",
        record.readings[-1].source,
        datetime.fromtimestamp(record.readings[-1].start_s, UTC).year,
        None if offer is None else offer.url,
        "terms of the service" if offer is None else offer.licence,
        spanned if remark is None else f"{spanned}; {remark}",
    )


def _mix(record: LiveIntensity, mean: Weighted, grid: Grid | None) -> Mix | None:
    """The shares with the cooling of the grid's power plants."""
    if mean.shares is None or grid is None or grid.mix is None:
        return None
    offer, last = OFFERS.get(record.service), record.readings[-1]
    name = f"live.{record.service}.{record.zone}"
    return known_mix(
        mean.shares,
        Mix(
            name,
            name,
            grid.mix.cooling_region,
            (),
            last.source,
            datetime.fromtimestamp(last.start_s, UTC).year,
            None if offer is None else offer.url,
            "terms of the service" if offer is None else offer.licence,
        ),
    )


def _spanned(mean: Weighted) -> str:
    if mean.lowest == mean.highest:
        return "one value throughout"
    return f"values from {mean.lowest:.3g} to {mean.highest:.3g}"


def _parts(mean: Weighted) -> str:
    """What of the joules is not under a firm reading of its own time."""
    parts = (
        (mean.estimated, "under an estimate of the service"),
        (mean.carried, "under its newest value, which is older"),
        (mean.annual, "at the annual value"),
        (mean.unknown, "under no value, left out"),
    )
    return "".join(f"; {_percent(share)} of the joules {what}" for share, what in parts if share > 0)


def _percent(share: float) -> str:
    return "under 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def _counts(trial: Trial) -> bool:
    return not trial.warm_up and not trial.replaced


def _clock(instant_s: float) -> str:
    return f"{datetime.fromtimestamp(instant_s, UTC):%H:%M}"
