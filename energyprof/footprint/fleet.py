"""How many devices a demand keeps busy, and what they draw, busy or idle.

A device is the whole machine that was measured, doing what it did there: the same batches, as many at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from energyprof.analysis.calibration import Part, with_total
from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.analysis.statistics import mean
from energyprof.footprint.factor import Distribution, Factor
from energyprof.footprint.formula import Amount, Formula, Pick
from energyprof.model.domain import Domain
from energyprof.model.errors import NotMeasurable
from energyprof.model.quantity import Basis, Quantity, weakest

if TYPE_CHECKING:
    from energyprof.footprint.demand import Demand

MEASURED = "measured in the run"
GAIN, IDLE_GAIN = "run.gain", "run.gain.idle"
UNSHARED = "of the ratio to the baseline: where the power model does not cancel"

LOWEST_GAIN = 0.01

ROUNDING = 1e-9
"""Relative; a need for 3.0000000001 devices is one for 3."""


@dataclass(frozen=True, slots=True)
class Server:
    """One variant on one device.

    Attributes:
        energy: J a request, idle power while busy included; its range is repeatability alone.
        throughput: requests a second of a device that is always busy.
        idle: W of a device that waits, models loaded; the same factor for all variants of a run.
        gain, idle_gain: of the sensors, or the range of the power model, 1 with its range; of the requests' joules and
            of the idle watts. All variants share the draws, so that they cancel in a ratio. What meters read has one
            gain for both; a model may be off in either by itself.
        unshared: 1 with the range of what does not cancel, in a ratio to the baseline; exact elsewhere.
        basis: of the joules.
        ranged: whether repeatability is known; a single trial shows none.
    """

    name: str
    energy: Factor
    throughput: Factor
    idle: Factor
    gain: Factor
    idle_gain: Factor
    unshared: Factor
    basis: Basis
    ranged: bool


def server(comparison: Comparison, result: VariantResult) -> Server:
    """What a run says of one variant as a server.

    Raises:
        NotMeasurable: its energy, its throughput or the idle power of the machine is not known.
    """
    name, energy = result.record.name, result.energy_per_task
    if energy.value is None or energy.value <= 0:
        raise NotMeasurable(energy.reason or "its energy is not known")
    rates = [
        each.trial.requests / (each.trial.end_s - each.trial.start_s)
        for each in result.trial_energies
        if not each.trial.warm_up and not each.trial.replaced and each.trial.end_s > each.trial.start_s
    ]
    if not rates or result.tasks_per_s is None or min(rates) <= 0:
        raise NotMeasurable("its throughput is not known: no trial was finished")
    spread = mean(rates).half_width
    idle = _idle(comparison)
    estimated = "estimated" in (energy.basis, idle.basis)
    low, high = _ends(energy, energy.low, energy.high)
    return Server(
        name,
        _factor(f"run.energy.{name}", energy.value, low, high, "J", note="a request; gross"),
        _throughput(name, result.tasks_per_s, spread),
        _idle_factor(idle),
        _gain(GAIN, energy),
        _gain(IDLE_GAIN if estimated else GAIN, idle),
        _factor(f"run.ratio.{name}", 1.0, 1.0, 1.0, "ratio", note=UNSHARED),
        weakest(energy.basis, idle.basis),
        energy.low is not None and energy.high is not None and spread is not None,
    )


def in_ratio(served: Server, result: VariantResult) -> Server:
    """The server as one side of a ratio to the baseline: with what hits the two sides' joules unequally."""
    ratio = None if result.versus is None else result.versus.energy_ratio
    if ratio is None or not (ratio.value and ratio.low and ratio.high and ratio.total_low and ratio.total_high):
        return served
    down = _beyond(math.log(ratio.value / ratio.total_low), math.log(ratio.value / ratio.low))
    up = _beyond(math.log(ratio.total_high / ratio.value), math.log(ratio.high / ratio.value))
    unshared = _factor(served.unshared.id, 1.0, math.exp(-down), math.exp(up), "ratio", note=UNSHARED)
    return replace(served, unshared=unshared)


def devices(served: Server, demand: Demand, year: int) -> Formula:
    """Whole devices that carry the highest load: demand x headroom / throughput, rounded up."""
    return lambda pick: _whole(demand.per_s(year) * demand.headroom / pick(served.throughput))


def busy(served: Server, demand: Demand, year: int) -> Formula:
    """Devices' worth of busy time at mean load; not a whole number."""
    return lambda pick: demand.per_s(year) / pick(served.throughput)


def mean_power_w(served: Server, demand: Demand, year: int) -> Formula:
    """W of the computers at mean load: requests x J, and idle power for all time in which a device waits."""
    count, working = devices(served, demand, year), busy(served, demand, year)
    return lambda pick: _power_w(served, pick, working(pick), count(pick))


def peak_power_w(served: Server, demand: Demand, year: int) -> Formula:
    """W of the computers at the highest load, when a whole number of devices is busy at once and the others wait."""
    count, working = devices(served, demand, year), busy(served, demand, year)
    return lambda pick: _power_w(served, pick, _whole(working(pick) * demand.peak), count(pick))


def idle_power_w(served: Server, demand: Demand, year: int) -> Formula:
    """The part of `mean_power_w` that waiting devices draw."""
    count, working = devices(served, demand, year), busy(served, demand, year)
    return lambda pick: _waiting_w(served, pick, count(pick) - working(pick))


def _power_w(served: Server, pick: Pick, working: Amount, count: Amount) -> Amount:
    joules = pick(served.energy) * pick(served.gain) * pick(served.unshared)
    return working * pick(served.throughput) * joules + _waiting_w(served, pick, count - working)


def _waiting_w(served: Server, pick: Pick, waiting: Amount) -> Amount:
    return waiting * pick(served.idle) * pick(served.idle_gain)


def _whole(amount: Amount) -> Amount:
    """Rounded up."""
    return -((-amount * (1 - ROUNDING)) // 1)


def _throughput(name: str, per_s: float, half_width: float | None) -> Factor:
    if half_width is not None and half_width >= per_s:
        raise NotMeasurable("its trials took so different times that its throughput is not known")
    spread = half_width or 0.0
    return _factor(f"run.throughput.{name}", per_s, per_s - spread, per_s + spread, "1/s", note="a device, always busy")


def _idle(comparison: Comparison) -> Quantity:
    """W over all outermost domains, with the interval against a reference meter."""
    powers = comparison.idle_power_w
    if not powers or any(power.value is None for power in powers.values()):
        reason = next((power.reason for power in powers.values() if power.value is None), None)
        raise NotMeasurable(f"the machine's idle power is not known: {reason or 'nothing was metered'}")
    domains = {line.domain.id: line.domain for line in comparison.run.timelines}
    parts = [_idle_part(domains[id], power.value or 0.0) for id, power in powers.items()]
    half_width = math.hypot(*(_or(power.high, power.value) - (power.value or 0.0) for power in powers.values()))
    return with_total(math.fsum(part.energy_j for part in parts), half_width, "W", parts)


def _idle_part(domain: Domain, power_w: float) -> Part:
    if domain.model is None:
        return Part(domain, power_w, power_w, power_w)
    low, best, high = domain.model.idle_w
    return Part(domain, power_w, power_w * low / best, power_w * high / best)


def _idle_factor(idle: Quantity) -> Factor:
    value = idle.value or 0.0
    low, high = _ends(idle, idle.low, idle.high)
    return _factor("run.idle", value, max(low, 0.0), high, "W", note="a device that waits, models loaded")


def _gain(id: str, quantity: Quantity) -> Factor:
    """What the interval against a reference meter holds beyond repeatability, as a factor around 1."""
    value = quantity.value or 1.0
    low, high = _ends(quantity, quantity.low, quantity.high)
    total_low, total_high = _ends(quantity, quantity.total_low, quantity.total_high)
    down = _beyond((value - total_low) / value, (value - low) / value)
    up = _beyond((total_high - value) / value, (high - value) / value)
    note = "calibration of the sensors, or the range of the power model; shared by all variants"
    return _factor(id, 1.0, max(1 - down, LOWEST_GAIN), 1 + up, "ratio", note=note)


def _beyond(total: float, part: float) -> float:
    return math.sqrt(max(total * total - part * part, 0.0))


def _ends(energy: Quantity, low: float | None, high: float | None) -> tuple[float, float]:
    return _or(low, energy.value), _or(high, energy.value)


def _or(bound: float | None, value: float | None) -> float:
    return bound if bound is not None else value or 0.0


def _factor(id: str, value: float, low: float, high: float, unit: str, *, note: str) -> Factor:
    distribution: Distribution = "exact" if low == high else "lognormal" if low > 0 else "normal"
    return Factor(id, value, low, high, unit, distribution, MEASURED, None, None, None, note)
