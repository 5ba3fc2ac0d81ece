"""Comparisons whose every number is made up, for the report's tests and for looking at pages."""

from __future__ import annotations

import bisect
import math
import random
from dataclasses import dataclass, replace

from energyprof.analysis.comparison import (
    Comparison,
    Coverage,
    Quality,
    TrialEnergy,
    VariantResult,
    VersusBaseline,
)
from energyprof.analysis.verdict import choose, energy_claim, quality_claim
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.quantity import Basis, Quantity, unknown
from energyprof.model.run import (
    SCHEMA,
    Host,
    IdleWindow,
    ModelDescription,
    ProfileRecord,
    Run,
    SamplerRecord,
    SensorRecord,
    Trial,
    VariantRecord,
)
from energyprof.model.timeline import Gap, Timeline

HOSTILE = "</script><b>\"O'Neill\" & =cmd|' /C calc'!A0 $x^2$ | `pwd` \u202egpj.exe\u202c 🦙 été\x00"

CPU = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0", period_s=0.001)
DRAM = Domain("dram:0", "dram", "rapl", "DRAM 0", period_s=0.001)
GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0 (NVIDIA H100)", joules_per_count=1e-3, gain=0.05, period_s=0.1)
CPU_MODEL = Domain(
    "cpu:model",
    "cpu",
    "cpu-model",
    "CPU (modelled from CPU time)",
    basis="estimated",
    model=PowerModel((2.0, 4.0, 8.0), (2.0, 4.5, 9.0), "2 vCPUs of a server of unknown make"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One variant, as it shall come out.

    Attributes:
        domains: active J per task, by domain id.
        quality: between 0 and 1; None = no quality.
    """

    name: str
    model: str
    backend: str
    precision: str
    domains: dict[str, float]
    latency_s: float
    quality: float | None = None
    parameters: int = 100_000
    device: str = "cpu"
    noise: float = 0.02
    error: str | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran: domains, and warm idle watts of each."""

    domains: tuple[Domain, ...]
    idle_w: dict[str, float]


RAPL = Machine((CPU, DRAM), {"cpu:package-0": 9.0, "dram:0": 1.5})
NVML = Machine((GPU, CPU), {"gpu:0": 70.0, "cpu:package-0": 22.0})
MODELLED = Machine((CPU_MODEL,), {"cpu:model": 4.0})
MIXED = Machine((GPU, CPU_MODEL), {"gpu:0": 70.0, "cpu:model": 4.0})
BARE = Machine((), {})

_TEN = [
    ("mlp", "torch", "fp32", 0.004, 0.0011, 0.903),
    ("mlp", "onnx", "fp32", 0.0021, 0.0006, 0.903),
    ("mlp", "onnx", "int8", 0.0018, 0.0005, 0.901),
    ("cnn", "torch", "fp32", 0.019, 0.0035, 0.962),
    ("cnn", "onnx", "fp32", 0.011, 0.0022, 0.962),
    ("cnn", "onnx", "int8", 0.0072, 0.0016, 0.958),
    ("resnet", "torch", "fp32", 0.31, 0.041, 0.981),
    ("resnet", "onnx", "fp32", 0.24, 0.031, 0.981),
    ("resnet", "onnx", "int8", 0.13, 0.018, 0.979),
    ("resnet-wide", "torch", "fp32", 0.92, 0.13, 0.983),
]
_PARAMETERS = {"mlp": 2_410, "cnn": 21_600, "resnet": 692_000, "resnet-wide": 2_750_000}


def ten_variants() -> Comparison:
    """Ten variants of four models, CPU package and DRAM metered, with quality."""
    shapes = [
        Shape(
            f"{model}-{backend}-{precision}",
            model,
            backend,
            precision,
            {"cpu:package-0": joules, "dram:0": 0.12 * joules},
            latency_s,
            quality,
            _PARAMETERS[model],
        )
        for model, backend, precision, joules, latency_s, quality in _TEN
    ]
    return comparison(shapes, RAPL, baseline="resnet-wide-torch-fp32", groups=("easy", "medium", "hard"))


def gpu_and_cpu() -> Comparison:
    """Four decoders on a GPU, board and CPU package metered."""
    rows = [("small", "bf16", 0.9, 0.021, 0.941), ("small", "fp32", 1.9, 0.025, 0.944)]
    rows += [("large", "bf16", 9.0, 0.091, 0.962), ("large", "fp32", 17.0, 0.14, 0.963)]
    shapes = [
        Shape(
            f"{model}-{precision}",
            model,
            "torch",
            precision,
            {"gpu:0": joules, "cpu:package-0": 0.15 * joules},
            latency_s,
            quality,
            {"small": 86_000, "large": 648_000}[model],
            "cuda:0",
            noise=0.04,
        )
        for model, precision, joules, latency_s, quality in rows
    ]
    return comparison(shapes, NVML, baseline="large-fp32", metric="exact_match", tokens=True)


def all_estimated() -> Comparison:
    """Five variants on a machine without any meter."""
    rows = [("small", "int4", 0.21, 0.031, 0.61), ("small", "fp32", 0.35, 0.052, 0.66)]
    rows += [
        ("middle", "int4", 0.9, 0.12, 0.958),
        ("middle", "fp32", 1.6, 0.22, 0.967),
        ("large", "fp32", 7.9, 1.1, 0.991),
    ]
    shapes = [
        Shape(f"{model}-{precision}", model, "onnx", precision, {"cpu:model": joules}, latency_s, quality)
        for model, precision, joules, latency_s, quality in rows
    ]
    groups = ("plain", "worded", "relative")
    return comparison(shapes, MODELLED, baseline="large-fp32", metric="exact_match", tokens=True, groups=groups)


def partly_estimated() -> Comparison:
    """Two variants: the GPU is metered, the CPU is modelled."""
    shapes = [
        Shape("small", "small", "torch", "bf16", {"gpu:0": 1.2, "cpu:model": 0.2}, 0.02, 0.95, device="cuda:0"),
        Shape("large", "large", "torch", "bf16", {"gpu:0": 8.1, "cpu:model": 0.6}, 0.09, 0.96, device="cuda:0"),
    ]
    return comparison(shapes, MIXED, baseline="large")


def without_quality() -> Comparison:
    """Two variants with random weights: joules, and nothing about quality."""
    shapes = [
        Shape(
            "135m-int4", "llama-135m", "onnx", "int4", {"cpu:package-0": 11.0, "dram:0": 1.2}, 0.4, None, 134_500_000
        ),
        Shape("1b-int4", "llama-1b", "onnx", "int4", {"cpu:package-0": 83.0, "dram:0": 13.0}, 3.1, None, 1_236_000_000),
    ]
    return comparison(shapes, RAPL, baseline="1b-int4", metric=None, tokens=True)


def one_failed() -> Comparison:
    """The baseline alone: the other variant ran out of memory."""
    error = "The worker was ended by the system: it ran out of memory. Use a smaller batch, or a machine with more."
    shapes = [
        Shape("large-fp32", "large", "torch", "fp32", {"cpu:package-0": 3.1, "dram:0": 0.3}, 0.4, 0.97),
        Shape("huge-fp32", "huge", "torch", "fp32", {}, 0.0, None, error=error),
    ]
    return comparison(shapes, RAPL, baseline="large-fp32")


def nothing_measurable() -> Comparison:
    """Latency and quality, but no joules at all."""
    shapes = [
        Shape("small", "small", "onnx", "int8", {}, 0.02, 0.95),
        Shape("large", "large", "torch", "fp32", {}, 0.09, 0.96),
    ]
    return comparison(shapes, BARE, baseline="large")


def cut_off() -> Comparison:
    """Three variants of which two were ended early."""
    shapes = [
        Shape("small", "small", "onnx", "int8", {"cpu:package-0": 0.4, "dram:0": 0.05}, 0.02, 0.95),
        Shape("middle", "middle", "onnx", "fp32", {"cpu:package-0": 1.4, "dram:0": 0.1}, 0.04, 0.955, stopped=True),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 4.1, "dram:0": 0.3}, 0.09, 0.96, stopped=True),
    ]
    result = comparison(shapes, RAPL, baseline="large")
    run = replace(result.run, complete=False, stop_reason="Ctrl-C ended the run after 4 of 10 blocks.")
    return replace(result, run=run)


def nothing_saved() -> Comparison:
    """The only other variant is good enough and draws more than the baseline."""
    shapes = [
        Shape("padded", "padded", "torch", "fp32", {"cpu:package-0": 4.6, "dram:0": 0.4}, 0.1, 0.965),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.96),
    ]
    return comparison(shapes, RAPL, baseline="large")


def saving_not_settled() -> Comparison:
    """The only other variant is good enough and draws about as much as the baseline."""
    shapes = [
        Shape("twin", "twin", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.965),
        Shape("large", "large", "torch", "fp32", {"cpu:package-0": 2.1, "dram:0": 0.3}, 0.09, 0.96),
    ]
    return comparison(shapes, RAPL, baseline="large")


def hostile() -> Comparison:
    """Names that break pages, tables and spreadsheets."""
    long = "x" * 38 + " über-großes 模型 " + "y" * 38
    shapes = [
        Shape(HOSTILE, HOSTILE, HOSTILE, "int8", {"cpu:package-0": 0.4, "dram:0": 0.05}, 0.02, 0.95),
        Shape("=1+1", long, "@onnx", "-fp32", {"cpu:package-0": 0.8, "dram:0": 0.05}, 0.02, 0.951),
        Shape(long, "large", "torch", "fp32", {"cpu:package-0": 4.1, "dram:0": 0.3}, 0.09, 0.96),
        Shape("failed", "huge", "torch", "fp32", {}, 0.0, error=f"{HOSTILE} in /home/alice/models/secret.bin"),
    ]
    result = comparison(shapes, RAPL, baseline=long, groups=(HOSTILE, "b"))
    profile = replace(
        result.run.profile,
        name="hostile",
        title=HOSTILE,
        question=HOSTILE,
        task=HOSTILE,
        source="/home/alice/work/profiles/hostile.toml",
    )
    warnings = [HOSTILE, "The cache /home/alice/.cache/energyprof is on a slow disk."]
    return replace(result, run=replace(result.run, profile=profile), warnings=warnings)


CASES = {
    "ten_variants": ten_variants,
    "gpu_and_cpu": gpu_and_cpu,
    "all_estimated": all_estimated,
    "partly_estimated": partly_estimated,
    "without_quality": without_quality,
    "one_failed": one_failed,
    "nothing_measurable": nothing_measurable,
    "cut_off": cut_off,
    "nothing_saved": nothing_saved,
    "saving_not_settled": saving_not_settled,
    "hostile": hostile,
}


def comparison(
    shapes: list[Shape],
    machine: Machine,
    *,
    baseline: str,
    metric: str | None = "accuracy",
    groups: tuple[str, ...] = (),
    tokens: bool = False,
    blocks: int = 12,
) -> Comparison:
    """A comparison in which every variant comes out as its shape says."""
    trials = _trials(shapes, tokens, blocks)
    run = _run(shapes, machine, trials, baseline, metric)
    results = [_result(shape, machine, trials, metric, groups, tokens) for shape in shapes]
    reference = next(result for result in results if result.record.name == baseline)
    results = [replace(result, versus=_versus(result, reference, metric)) for result in results]
    best, verdict = choose(results, baseline)
    return Comparison(
        run=run,
        variants=results,
        baseline=baseline,
        best=best,
        verdict=verdict,
        energy_claim=energy_claim(results, run.profile, best),
        quality_claim=quality_claim(results, run.profile, best, verdict),
        coverage=_coverage(machine),
        idle_power_w={
            domain.id: _around(machine.idle_w[domain.id], 0.01, "W", domain.basis) for domain in machine.domains
        },
        warnings=["Trials of one variant drift upwards by 3 % over the run: warm up for longer."]
        if machine.domains
        else [],
    )


def _trials(shapes: list[Shape], tokens: bool, blocks: int) -> list[Trial]:
    """Interleaved trials of about 2 s, one warm-up each; a stopped variant has a third of them."""
    order, trials, now_s = random.Random(1), [], 1_000.0 + 3.0
    for block in range(-1, blocks):
        for shape in order.sample(shapes, len(shapes)):
            if shape.error or (shape.stopped and block >= blocks // 3):
                continue
            requests = max(1, round(2.0 / shape.latency_s))
            end_s = now_s + requests * shape.latency_s
            trials.append(
                Trial(
                    variant=shape.name,
                    index=len(trials),
                    block=block,
                    start_s=now_s,
                    end_s=end_s,
                    requests=requests,
                    tokens_in=64 * requests if tokens else None,
                    tokens_out=12 * requests if tokens else None,
                    latencies_s=[shape.latency_s] * min(requests, 5),
                    cpu_s=1.9 * (end_s - now_s),
                    foreign_cpu_s=0.02,
                    warm_up=block < 0,
                    contaminated=block == 5 and shape is shapes[0],
                )
            )
            now_s = end_s + 0.5
    return trials


def _run(shapes: list[Shape], machine: Machine, trials: list[Trial], baseline: str, metric: str | None) -> Run:
    end_s = trials[-1].end_s + 3.0
    return Run(
        schema=SCHEMA,
        version="0.1.0",
        created="2026-03-14T09:26:53+00:00",
        origin_s=1_000.0,
        complete=True,
        stop_reason="Every variant reached 12 trials.",
        profile=ProfileRecord(
            name="digits",
            title="Handwritten digits",
            task="digits",
            question="How small a network still reads handwritten digits?",
            unit="image",
            baseline=baseline,
            margin=0.01 if metric else None,
            metric=metric,
            grid="FRA",
            pue=1.0,
            wue_l_per_kwh=0.0,
            sha256="5" * 64,
            source="profiles/digits.toml",
            items=540,
        ),
        host=Host(
            os="Linux 6.8",
            cpu="A processor of 16 cores",
            cores=16,
            memory_bytes=64_000_000_000,
            python="3.11.9",
            virtual=False,
            packages={"torch": "2.13.0", "onnxruntime": "1.32.0"},
            fingerprint="f" * 16,
        ),
        sensors=_sensors(machine),
        sampler=SamplerRecord("process", 0.02, 1.3, end_s - 1_000.0),
        timelines=[_timeline(domain, machine.idle_w[domain.id], shapes, trials, end_s) for domain in machine.domains],
        idle=[IdleWindow("before", 1_000.0, 1_003.0), IdleWindow("after", end_s - 3.0, end_s)],
        variants=[_record(shape) for shape in shapes],
        trials=trials,
        scores=[],
    )


def _record(shape: Shape) -> VariantRecord:
    if shape.error:
        return VariantRecord(shape.name, 1, "failed", error=shape.error)
    description = ModelDescription(
        model=shape.model,
        backend=shape.backend,
        precision=shape.precision,
        device=shape.device,
        parameters=shape.parameters,
        size_bytes=4 * shape.parameters,
        threads=2,
        weights="random" if shape.quality is None else "trained",
        licence="Apache-2.0",
        parity=None if shape.backend == "torch" else 4e-6,
        runtime="torch 2.13.0" if shape.backend == "torch" else "onnxruntime 1.32.0",
        notes=[f"The backend says of {shape.model}: its threads spin."],
    )
    status, reason = ("partial", "Ctrl-C") if shape.stopped else ("done", "half-width below 2 %")
    return VariantRecord(shape.name, 1, status, description, requests_per_trial=100, stop_reason=reason)


def _sensors(machine: Machine) -> list[SensorRecord]:
    used = {domain.sensor for domain in machine.domains}
    remedy = "sudo chmod a+r /sys/class/powercap/intel-rapl:0/energy_uj"
    sensors = [
        SensorRecord(name, "used", [domain.id for domain in machine.domains if domain.sensor == name])
        for name in sorted(used)
    ]
    if "rapl" not in used:
        sensors.append(SensorRecord("rapl", "unavailable", reason="energy_uj is readable by root only.", remedy=remedy))
    if "nvml" not in used:
        sensors.append(SensorRecord("nvml", "unavailable", reason="No NVIDIA driver was found."))
    return sensors


def _timeline(domain: Domain, idle_w: float, shapes: list[Shape], trials: list[Trial], end_s: float) -> Timeline:
    """Ticks every 50 ms; each trial draws its shape's power, and one second in the middle is missing."""
    noise, counts, energy_j = random.Random(domain.id), [], 0.0
    step_s, by_name = 0.05, {shape.name: shape for shape in shapes}
    middle_s = (1_000.0 + end_s) / 2
    seen_s = [1_000.0 + step_s * tick for tick in range(round((end_s - 1_000.0) / step_s))]
    seen_s = [at_s for at_s in seen_s if not middle_s < at_s < middle_s + 1.0]
    last_s = seen_s[0]
    starts_s = [trial.start_s for trial in trials]
    for at_s in seen_s:
        latest = trials[max(bisect.bisect_right(starts_s, at_s) - 1, 0)]
        shape = by_name[latest.variant] if latest.start_s <= at_s < latest.end_s else None
        active_w = shape.domains.get(domain.id, 0.0) / shape.latency_s if shape else 0.0
        energy_j += (idle_w + active_w * noise.gauss(1.0, 0.08)) * (at_s - last_s)
        counts.append(round(energy_j / domain.joules_per_count))
        last_s = at_s
    if domain.model is not None:
        counts = [round(1e9 * max(0.0, 0.9 * (at_s - 1_000.0))) for at_s in seen_s]
    gap = Gap(middle_s, middle_s + 1.0, "the counter could not be read")
    return Timeline(domain, [at_s - 0.01 for at_s in seen_s], seen_s, counts, end_s, [gap])


def _result(
    shape: Shape, machine: Machine, trials: list[Trial], metric: str | None, groups: tuple[str, ...], tokens: bool
) -> VariantResult:
    mine = [trial for trial in trials if trial.variant == shape.name]
    counted = [trial for trial in mine if not trial.warm_up]
    idle = {domain.id: machine.idle_w[domain.id] * shape.latency_s for domain in machine.domains}
    domains = {
        domain.id: _around(idle[domain.id] + shape.domains[domain.id], shape.noise / 3, "J", domain.basis, domain.gain)
        for domain in machine.domains
        if domain.id in shape.domains
    }
    energy = _total(domains, shape, machine)
    measured = energy.value is not None
    noise = random.Random(shape.name)
    return VariantResult(
        record=_record(shape),
        trials=len(counted),
        tasks=sum(trial.requests for trial in counted),
        energy_per_task=energy,
        energy_per_task_net=_scaled(energy, sum(shape.domains.values())),
        energy_per_token=energy.scaled(1 / 12, "J/token") if tokens and measured else None,
        energy_per_correct=energy.scaled(1 / shape.quality, "J") if shape.quality and measured else None,
        idle_per_task=_scaled(energy, sum(idle.values())),
        power_w=energy.scaled(1 / shape.latency_s, "W") if measured else unknown("W", energy.reason or ""),
        domains=domains,
        cpu_s_per_task=None if shape.error else _around(1.9 * shape.latency_s, 0.01, "s", "measured"),
        latency_p50_s=shape.latency_s or None,
        latency_p95_s=1.3 * shape.latency_s or None,
        tasks_per_s=1 / shape.latency_s if shape.latency_s else None,
        quality=_quality(shape, metric, groups),
        trial_energies=[_trial_energy(trial, energy, shape, noise) for trial in mine],
        versus=None,
        warnings=[],
    )


def _trial_energy(trial: Trial, energy: Quantity, shape: Shape, noise: random.Random) -> TrialEnergy:
    if energy.value is None:
        return TrialEnergy(trial, None)
    return TrialEnergy(trial, energy.value * noise.gauss(1.12 if trial.warm_up else 1.0, shape.noise))


def _total(domains: dict[str, Quantity], shape: Shape, machine: Machine) -> Quantity:
    if not domains:
        return unknown("J", shape.error or "Nothing on this machine can be metered.")
    estimated = any(domain.basis == "estimated" for domain in machine.domains)
    gain = max(domain.gain for domain in machine.domains)
    value = sum(part.value or 0.0 for part in domains.values())
    return _around(value, shape.noise / 3, "J", "estimated" if estimated else "measured", gain)


def _around(value: float, relative: float, unit: str, basis: Basis, gain: float = 0.0) -> Quantity:
    low, high = value * (1 - relative), value * (1 + relative)
    if basis == "estimated":
        return Quantity(value, low, high, unit, basis, None, value / 2, value * 2)
    if not gain:
        return Quantity(value, low, high, unit, basis)
    return Quantity(value, low, high, unit, basis, None, value * (1 - gain - relative), value * (1 + gain + relative))


def _scaled(energy: Quantity, value: float) -> Quantity:
    return energy if energy.value is None else energy.scaled(value / energy.value, "J")


def _quality(shape: Shape, metric: str | None, groups: tuple[str, ...]) -> Quality | None:
    if metric is None or shape.quality is None:
        return None
    half = 1.96 * math.sqrt(shape.quality * (1 - shape.quality) / 540)
    by_group = {group: min(1.0, shape.quality + 0.02 - 0.03 * place) for place, group in enumerate(groups)}
    return Quality(metric, shape.quality, shape.quality - half, min(1.0, shape.quality + half), 540, by_group)


def _versus(result: VariantResult, reference: VariantResult, metric: str | None) -> VersusBaseline | None:
    if result.record.name == reference.record.name or result.record.status == "failed":
        return None
    mine, theirs = result.energy_per_task.value, reference.energy_per_task.value
    ratio = unknown("ratio", "Nothing was metered.")
    if mine is not None and theirs is not None:
        ratio = _around(mine / theirs, 0.03, "ratio", result.energy_per_task.basis)
        if ratio.basis == "estimated":
            ratio = replace(ratio, total_low=0.8 * mine / theirs, total_high=1.25 * mine / theirs)
    cpu = None
    if result.cpu_s_per_task and reference.cpu_s_per_task and reference.cpu_s_per_task.value:
        cpu = _around((result.cpu_s_per_task.value or 0.0) / reference.cpu_s_per_task.value, 0.02, "ratio", "measured")
    if result.quality is None or reference.quality is None or metric is None:
        return VersusBaseline(ratio, cpu, None, _cheaper(ratio), "no_quality")
    change = result.quality.value - reference.quality.value
    low, high = change - 0.004, change + 0.004
    verdict = "good_enough" if low > -0.01 else "not_good_enough" if high < -0.01 else "not_settled"
    difference = Quantity(change, low, high, metric, "measured")
    return VersusBaseline(ratio, cpu, difference, _cheaper(ratio), verdict)


def _cheaper(ratio: Quantity) -> bool | None:
    low, high = ratio.outer()
    if low is None or high is None or low <= 1 <= high:
        return None
    return high < 1


def _coverage(machine: Machine) -> Coverage:
    names = {domain.basis: [] for domain in machine.domains}
    for domain in machine.domains:
        names[domain.basis].append(f"{domain.label} ({domain.sensor})")
    left_out = ["Losses of the power supply", "Cooling", "Network", "Making of the hardware"]
    return Coverage(names.get("measured", []), names.get("estimated", []), left_out)
