"""A run that never was: machines, what a variant draws there, and the trials and counters that would have told it."""

from __future__ import annotations

import bisect
import random
from dataclasses import dataclass

from energyprof.model.domain import Domain, PowerModel
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


def trials_of(shapes: list[Shape], tokens: bool, blocks: int) -> list[Trial]:
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


def recorded(shapes: list[Shape], machine: Machine, trials: list[Trial], baseline: str, metric: str | None) -> Run:
    """The run that such shapes on such a machine would have left."""
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
        variants=[record(shape) for shape in shapes],
        trials=trials,
        scores=[],
    )


def record(shape: Shape) -> VariantRecord:
    """What a run says of the variant."""
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
