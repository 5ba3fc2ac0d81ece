"""One metered thing, and what is known of its meter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from energyprof.model.gain import FittedGain
from energyprof.model.quantity import Basis

Kind = Literal["gpu", "cpu", "dram", "platform", "module", "core", "uncore", "battery", "wall", "board", "npu"]


@dataclass(frozen=True, slots=True)
class PowerModel:
    """Watts assumed where no meter exists: power = idle_w + active_w_per_core x busy cores.

    Each field is (low, best, high) in W. `idle_w` is the share of the whole machine that is counted.
    """

    idle_w: tuple[float, float, float]
    active_w_per_core: tuple[float, float, float]
    source: str


@dataclass(frozen=True, slots=True)
class Domain:
    """One metered thing.

    Attributes:
        id: "gpu:0", "cpu:package-0", "dram:0", "psys", "cpu:model".
        kind: what it meters.
        sensor: the device family that reads it: "nvml", "rapl", "cpu-model", ...
        label: for people: "GPU 0 (NVIDIA H200)".
        parent: id of the domain that contains it; its joules are already in the parent's.
        basis: measured by a counter, derived from power samples, or estimated by a model.
        joules_per_count: J per unit of the raw counter; for a power model, unused.
        counts_per_wrap: the counter starts again from 0 after this many counts; None = never.
        gain: relative 95 % half-width of the calibration error, shared by all readings of one device.
        period_s: how often the counter moves, where known beforehand; else it is measured.
        duty: share of the time that its sensor sees, taking it for the whole; None = all of it, as far as is known.
        max_power_w: readings above 1.5 times this are not plausible; None = unknown.
        model: the assumed watts, for basis "estimated"; the raw counter is then CPU time in ns.
        note: what a reader must know: "whole GPU, MIG is on".
        device: names the device among all others, as a digest; None = only label and machine tell it.
        driver: version of the device's driver; None = that of the kernel.
        expected_period_s: how often the counter moved at an earlier start; used where too few ticks were seen to
            tell, never against what is seen.
        fitted: its gain against a reference meter, which `joules_per_count` and `gain` already hold.
        apart: why totals leave it out although no known domain contains it: it is a reference beside the others, or
            nobody knows what it meters. None = totals add it.
    """

    id: str
    kind: Kind
    sensor: str
    label: str
    parent: str | None = None
    basis: Basis = "measured"
    joules_per_count: float = 1e-6
    counts_per_wrap: int | None = None
    gain: float = 0.0
    period_s: float | None = None
    duty: float | None = None
    max_power_w: float | None = None
    model: PowerModel | None = None
    note: str | None = None
    apart: str | None = None
    device: str | None = None
    driver: str | None = None
    expected_period_s: float | None = None
    fitted: FittedGain | None = None


def domain_of(shape: dict[str, Any]) -> Domain:
    """A domain from its JSON values."""
    shape = dict(shape)
    model, fitted = shape.pop("model"), shape.pop("fitted")
    if model is not None:
        model = PowerModel(tuple(model["idle_w"]), tuple(model["active_w_per_core"]), model["source"])
    return Domain(**shape, model=model, fitted=None if fitted is None else FittedGain(**fitted))


def calibrated(domain: Domain, fitted: FittedGain) -> Domain:
    """The domain with its joules as the reference meter would count them."""
    domain = uncalibrated(domain)
    joules_per_count = domain.joules_per_count * fitted.gain
    return replace(domain, joules_per_count=joules_per_count, gain=fitted.half_width, fitted=fitted)


def uncalibrated(domain: Domain) -> Domain:
    """The domain with its joules as its own counter says them."""
    fitted = domain.fitted
    if fitted is None:
        return domain
    joules_per_count = domain.joules_per_count / fitted.gain
    return replace(domain, joules_per_count=joules_per_count, gain=fitted.former_gain, fitted=None)


def outermost(domains: Iterable[Domain]) -> list[Domain]:
    """The domains that count and whose parent is not among them: the only ones that a total may add."""
    domains = list(domains)
    ids = {domain.id for domain in domains}
    return [domain for domain in domains if domain.apart is None and domain.parent not in ids]
