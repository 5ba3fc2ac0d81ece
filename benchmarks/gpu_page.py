"""The page `docs/gpu.md`, from what was measured."""

from __future__ import annotations

from gpu_course import Burst, Evidence


def page(evidence: Evidence) -> str:
    """docs/gpu.md for a GPU that was measured."""
    counter, versions = evidence.counter, ", ".join(f"{name} {text}" for name, text in evidence.versions.items())
    streams = evidence.streams
    lines = [
        f"# On a real GPU: {evidence.gpu}",
        "",
        f"Written by `make bench-gpu` on {evidence.date} (UTC); do not edit. Load: {evidence.load}. {versions}.",
        "",
        "| energy counter | |",
        "|---|---|",
        f"| period | {_ms(counter.period_s)} |",
        f"| what the tick times leave open | {_ms(counter.tick_jitter_s)} |",
        f"| resolution | {1000 * counter.resolution_j:g} mJ |",
        f"| one reading, median and 95th percentile | {_ms(counter.latency_s)}, {_ms(counter.latency_p95_s)} |",
        f"| lag behind the load | {_ms(counter.lag_s)} |",
        f"| idle | {_watts(evidence.idle_w)} |",
        f"| steady run of {evidence.steady_s:.0f} s | {_watts(evidence.steady_w)} |",
        "",
        "Isolated bursts, beside the joules that the steady run gives as many iterations. They need not agree: a GPU",
        "takes time to reach its clocks, and is cooler in a short burst. What must hold is that they change smoothly",
        "with the duration.",
        "",
        "| burst | windows | J each | interval | beside the steady run |",
        "|---|---|---|---|---|",
        *(_burst_line(one) for one in evidence.bursts),
        "",
        f"{streams['streams']:.0f} concurrent streams: {_joules(streams['streams_j'])} of "
        f"{_joules(streams['total_j'])} in all, {_joules(streams['idle_j'])} idle, "
        f"{_joules(streams['unattributed_j'])} unattributed.",
    ]
    return "\n".join(lines) + "\n"


def _burst_line(one: Burst) -> str:
    if one.found_j is None or one.low_j is None or one.high_j is None:
        bound = "not known" if one.high_j is None else f"at most {one.high_j / one.windows:.3g}"
        return f"| {_ms(one.duration_s)} | {one.windows} | {bound} | | |"
    each = [joules / one.windows for joules in (one.found_j, one.low_j, one.high_j)]
    return (
        f"| {_ms(one.duration_s)} | {one.windows} | {each[0]:.4g} | {each[1]:.4g} to {each[2]:.4g} "
        f"| {one.found_j / one.expected_j - 1:+.1%} |"
    )


def _ms(seconds: float | None) -> str:
    return "not known" if seconds is None else f"{1000 * seconds:.3g} ms"


def _watts(power_w: float | None) -> str:
    return "not known" if power_w is None else f"{power_w:.1f} W"


def _joules(energy_j: float | None) -> str:
    return "an unknown number of J" if energy_j is None else f"{energy_j:.1f} J"
