"""What is known of one domain's meter: how often it moves, in what steps, how long a reading takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeterRecord:
    """One meter, as it was seen when the sampler started. None is what could not be seen.

    Joules are the meter's own, without a gain that was fitted to it.

    Attributes:
        domain: id of what it meters. label: for people.
        device: names the device among all others without saying whose it is: a digest.
        driver: version of what reads it: the GPU's driver, or else the kernel.
        period_s: between two ticks of the counter; None for a counter that moves at every poll, and for a model.
        step_j: J that a tick added, in the middle, at the power of that time.
        resolution_j: the greatest amount of which all ticks were multiples.
        latency_s, latency_p99_s: median and 99th percentile of the time that reading the sensor takes, all its
            domains together.
        idle_w: lowest mean power over half a second that was seen at this start or an earlier one.
        poll_s: time between the polls that saw all this.
        measured: when, ISO 8601 in UTC; a label.
    """

    domain: str
    label: str
    device: str
    driver: str | None = None
    period_s: float | None = None
    step_j: float | None = None
    resolution_j: float | None = None
    latency_s: float | None = None
    latency_p99_s: float | None = None
    idle_w: float | None = None
    poll_s: float | None = None
    measured: str | None = None


def meter_sentence(record: MeterRecord) -> str:
    """What is known of a meter, for people: "moves every 100 ms, a reading takes 0.04 ms"; empty where nothing is."""
    parts = []
    if record.period_s is not None:
        parts.append(f"moves every {1e3 * record.period_s:.3g} ms")
    if record.resolution_j is not None:
        parts.append(f"counts in {_joules(record.resolution_j)}")
    if record.latency_s is not None:
        slow = "" if record.latency_p99_s is None else f" ({1e3 * record.latency_p99_s:.2g} ms in 1 of 100)"
        parts.append(f"takes {1e3 * record.latency_s:.2g} ms to read{slow}")
    if record.idle_w is not None:
        parts.append(f"was seen as low as {record.idle_w:.3g} W")
    return ", ".join(parts)


def _joules(energy_j: float) -> str:
    for scale, unit in ((1.0, "J"), (1e-3, "mJ")):
        if energy_j >= scale:
            return f"{energy_j / scale:.3g} {unit}"
    return f"{energy_j / 1e-6:.3g} µJ"
