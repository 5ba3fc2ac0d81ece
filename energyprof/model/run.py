"""The evidence of one profile on one machine: everything that a report is derived from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from energyprof.model.given_factor import GivenFactor
from energyprof.model.live import LiveIntensity
from energyprof.model.meter import MeterRecord
from energyprof.model.span import Span
from energyprof.model.timeline import Timeline

SCHEMA = 1

Weights = Literal["pretrained", "trained", "random"]


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a backend says of the model it loaded. Unknown is None.

    Attributes:
        parameters: number of weights, before any packing.
        size_bytes: bytes of the weights as this backend stores them.
        threads: CPU threads that the backend was fixed to.
        weights: "random" never gets a quality score.
        parity: largest absolute difference to the PyTorch fp32 reference output, for exported models.
        runtime: "torch 2.13.0", "onnxruntime 1.32.0".
    """

    model: str
    backend: str
    precision: str
    device: str
    parameters: int | None
    size_bytes: int | None
    threads: int | None
    weights: Weights
    licence: str | None = None
    parity: float | None = None
    runtime: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """One model x backend x precision x device inside a profile, and how it fared.

    Attributes:
        status: "done"; "partial" (the budget or Ctrl-C ended it early); "failed" (`error` says why).
        description: None where it never loaded.
        requests_per_trial: fixed by calibration before the first trial.
    """

    name: str
    batch_size: int
    status: Literal["done", "partial", "failed"]
    description: ModelDescription | None = None
    error: str | None = None
    requests_per_trial: int | None = None
    stop_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One repetition of a variant's workload: the statistical unit.

    Attributes:
        index: order of execution over the whole run, from 0.
        block: the randomised block it belongs to; -1 for warm-up.
        start_s, end_s: on the monotonic clock.
        requests: tasks done. tokens_in, tokens_out: where the task counts tokens.
        latencies_s: seconds of each call to the model, one a batch.
        cpu_s: CPU seconds of the variant's own worker during the trial.
        foreign_cpu_s: CPU seconds of all other processes (own tree and sampler taken out); None = unknown.
        warm_up: excluded from every figure, shown in the trials chart.
        contaminated: others used too much CPU; a repetition was tried.
        replaced: a clean repetition stands in for it, so that it is excluded.
    """

    variant: str
    index: int
    block: int
    start_s: float
    end_s: float
    requests: int
    tokens_in: int | None
    tokens_out: int | None
    latencies_s: list[float]
    cpu_s: float | None
    foreign_cpu_s: float | None
    warm_up: bool = False
    contaminated: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class IdleWindow:
    """A stretch in which nothing was asked of any model.

    Attributes:
        label: "cold" (before any model is loaded), "before", "between", "after".
    """

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Score:
    """Quality of one variant over the task's test items, kept item by item so that it can be paired.

    Attributes:
        metric: "accuracy", "exact_match", "spearman".
        kind: "mean": the quality is the mean of `values`; "spearman": it is Spearman's rank correlation of
            `values` with `references`.
        values: one number an item (0 or 1 for right or wrong), in the order of the task's items.
        references: for "spearman", the value each item is held against.
        groups: the class of each item, such as its difficulty; None where the task has none.
    """

    variant: str
    metric: str
    kind: Literal["mean", "spearman"]
    values: list[float]
    references: list[float] | None = None
    groups: list[str] | None = None


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """What one device family could do here.

    Attributes:
        status: "used", "unused" (usable, but not asked for) or "unavailable".
        domains: ids of its domains.
        reason: why it is unavailable. remedy: the exact command that would change that.
    """

    name: str
    status: Literal["used", "unused", "unavailable"]
    domains: list[str] = field(default_factory=list)
    reason: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class SamplerRecord:
    """What the act of measuring cost.

    Attributes:
        mode: "process", or "thread" where a child process was not possible.
        cpu_s: CPU seconds that the sampler used. wall_s: seconds it ran.
    """

    mode: Literal["process", "thread"]
    period_s: float
    cpu_s: float | None
    wall_s: float | None


@dataclass(frozen=True, slots=True)
class FactorRecord:
    """A number from outside, as it was when the run was measured: a later version may have another.

    Attributes:
        id: names it: "grid.FRA" (g/kWh), "water.grid.FRA" (L/kWh), "site.pue".
        low, high: its range, in `unit` as `value`.
        source, year: where it is from; year None for what the user gave.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    year: int | None


@dataclass(frozen=True, slots=True)
class Host:
    """The machine, without any name that could identify its owner."""

    os: str
    cpu: str
    cores: int
    memory_bytes: int | None
    python: str
    gpus: list[str] = field(default_factory=list)
    virtual: bool | None = None
    packages: dict[str, str] = field(default_factory=dict)
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """What was asked: the profile, resolved.

    Attributes:
        name, title, task: as in the profile file. question: a sentence for the page.
        unit: the functional unit, in the singular: "image", "request", "sentence".
        baseline: name of the variant the others are held against.
        margin: how much quality may be lost, in the metric's unit; None = no quality is asked.
        metric: None where the task has no quality.
        higher_is_better: of the metric; always True so far.
        grid, pue, wue_l_per_kwh: as given; grid None = not given. hydro_l_per_kwh: the scenario for reservoirs.
        factors: the user's own, in place of the shipped ones of the same id.
        market_g_per_kwh: of the site's contracts; None = not given.
        devices: what a task holds while it runs, as "h100-sxm" or "server=0.125"; empty = not given.
        electricity_price, device_price: per kWh, and per hour of all devices, as "0.25EUR"; None = not given.
        sha256: of the profile file.
        items: how many test items there are. items_sha256: of the items; None in records that did not note it.
        target_half_width: relative; the stopping rule's goal.
    """

    name: str
    title: str
    task: str
    question: str | None
    unit: str
    baseline: str
    margin: float | None
    metric: str | None
    grid: str | float | None
    pue: float
    wue_l_per_kwh: float
    sha256: str
    source: str
    items: int | None = None
    target_half_width: float = 0.02
    seed: int = 0
    quick: bool = False
    items_sha256: str | None = None
    hydro_l_per_kwh: float = 0.0
    factors: list[GivenFactor] = field(default_factory=list)
    market_g_per_kwh: float | None = None
    devices: list[str] = field(default_factory=list)
    electricity_price: str | None = None
    device_price: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """The evidence. Joules, CO2e, water, verdicts and pages are functions of it and of sourced factors.

    Attributes:
        created: wall time of the start, ISO 8601 in UTC; a label, never used for a duration.
        origin_s: the monotonic clock at the start; every time in the run is on that clock.
        complete: False while measuring goes on, and for ever where it was cut off.
        stop_reason: why measuring ended.
        factors: what CO2e and water rested on at the profile's site and on the named grids when it was measured.
        meters: what was seen of each domain's meter; empty in records that did not note it.
        live: what a service told of the grid meanwhile; None where none was asked.
    """

    schema: int
    version: str
    created: str
    origin_s: float
    complete: bool
    stop_reason: str | None
    profile: ProfileRecord
    host: Host
    sensors: list[SensorRecord]
    sampler: SamplerRecord | None
    timelines: list[Timeline]
    idle: list[IdleWindow]
    variants: list[VariantRecord]
    trials: list[Trial]
    scores: list[Score]
    spans: list[Span] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    factors: list[FactorRecord] = field(default_factory=list)
    meters: list[MeterRecord] = field(default_factory=list)
    live: LiveIntensity | None = None
