"""From the outcome of a scene to the text of a cell, by scene."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from energyprof.analysis.statistics import Z95

Outcome = Mapping[str, Any]

NOTHING = "-"
RAPL_RIGHT = 0.06
"""A window of 4 s that is so close to the truth is right: its edges may be late on a busy machine."""

OTHERS = "other processes"
"""What else runs on the machine meanwhile is no fault of the scene."""


def cell(scene: str, outcome: Outcome, *, power_w: float = 100.0, healthy: Outcome | None = None) -> str:
    """What a tool found beside the truth; "-" and the reason where it found nothing.

    Args:
        power_w, healthy: of the scene with RAPL: what the packages drew, and the outcome without a fault.
    """
    if "missing" in outcome:
        return f"{NOTHING} ({outcome['missing']})"
    if scene == "faulty-rapl":
        return rapl(outcome, power_w, healthy or {})
    return CELLS[scene](outcome)


def windows(outcome: Outcome) -> str:
    """Mean error over single windows with its standard error, and the intervals where the tool gives some."""
    names = outcome["names"]
    if len(names) == 1:
        return functions(outcome)
    known = [row for row in names.values() if row[1] is not None]
    if not known:
        return f"{NOTHING} (none of {len(names)} windows was resolved)"
    errors = [found_j / true_j - 1 for true_j, found_j, _, _ in known]
    doubt = statistics.stdev(errors) / math.sqrt(len(errors)) if len(errors) > 1 else 0.0
    text = f"{signed(statistics.mean(errors))} ± {percent(doubt)}"
    bounded = [row for row in known if row[2] is not None]
    if bounded:
        held = statistics.mean(low_j <= true_j <= high_j for true_j, _, low_j, high_j in bounded)
        half = statistics.median((high_j - low_j) / 2 / true_j for true_j, _, low_j, high_j in bounded)
        text += f"; holds {held:.0%}, half-width {percent(half)}"
    unresolved = len(names) - len(known)
    return text + (f"; {unresolved} of {len(names)} below resolution" if unresolved else "")


def functions(outcome: Outcome) -> str:
    """For each function the error of all its calls together."""
    return ", ".join(one_function(*row) for row in outcome["names"].values())


def one_function(true_j: float, found_j: float | None, low_j: float | None, high_j: float | None) -> str:
    if found_j is None:
        return f"at most {high_j:.3g} J of {true_j:.3g} J" if high_j is not None else f"{NOTHING} (no result)"
    text = signed(found_j / true_j - 1)
    if low_j is None or high_j is None:
        return text
    verb = "holds" if low_j <= true_j <= high_j else "misses"
    return f"{text} (interval ± {percent((high_j - low_j) / 2 / true_j)} {verb})"


def overlapping(outcome: Outcome) -> str:
    """How many times the device the spans add up to, and whether everything adds up."""
    names = outcome["names"]
    true_j, found_j, _, _ = names["span"]
    if found_j is None:
        return f"{NOTHING} (no result)"
    text = f"{found_j / true_j:.3f} x"
    if "(rest)" not in names:
        return text
    total_j = names["(total)"][1]
    residual = abs(found_j + names["(idle)"][1] + names["(rest)"][1] - total_j) / total_j
    # The parts are rounded to 0.1 mJ each, so that their sum shows no less than that.
    return (
        f"{text}; sum {'= total' if residual < 1e-6 else f'off by {residual:.1g}'}, total {signed(found_total(names))}"
    )


def found_total(names: Mapping[str, list[float]]) -> float:
    """Error of the total from start to stop."""
    true_j, found_j, _, _ = names["(total)"]
    return found_j / true_j - 1


def rapl(outcome: Outcome, power_w: float, healthy: Outcome) -> str:
    """Joules beside those drawn, and what was said of them that is not said where nothing is wrong."""
    if "raised" in outcome:
        return f"raises {outcome['raised']}"
    true_j, found_j = power_w * outcome["duration_s"], outcome["energy_j"]
    usual = healthy.get("said", ())
    said = [sentence for sentence in outcome["said"] if sentence not in usual and OTHERS not in sentence]
    words = f'says "{said[0]}"' if said else "says nothing"
    if found_j is None:
        return f"no value; {words}"
    right = abs(found_j / true_j - 1) <= RAPL_RIGHT
    return f"{found_j:.0f} of {true_j:.0f} J" + ("" if right and not said else f"; {words}")


def call_cost(outcome: Outcome) -> str:
    return duration(outcome["added_s"])


def import_time(outcome: Outcome) -> str:
    heavy = f", with {', '.join(outcome['heavy'])}" if outcome["heavy"] else ""
    return f"{duration(outcome['added_s'])}, {outcome['modules']} modules{heavy}"


def standing(outcome: Outcome) -> str:
    return f"{percent(outcome['share_of_core'])} of a core"


def slowdown(outcome: Outcome) -> str:
    """The Hodges-Lehmann estimate over the pairs, with the interval that the signed-rank test gives it."""
    middle, low, high = hodges_lehmann(outcome["ratios"])
    return f"{signed(middle)} ({signed(low)} to {signed(high)}); own CPU {percent(outcome['share'])} of a core"


def hodges_lehmann(values: Sequence[float]) -> tuple[float, float, float]:
    """The median of all means of two, and the 95 % interval from the normal approximation to the signed-rank test."""
    means = sorted((one + other) / 2 for place, one in enumerate(values) for other in values[place:])
    count = len(values)
    outside = count * (count + 1) / 4 - Z95 * math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    skip = max(math.floor(outside), 0)
    return statistics.median(means), means[skip], means[-1 - skip]


def memory(outcome: Outcome) -> str:
    lost = outcome["calls"] - outcome["counted"]
    return f"{outcome['held_mb']:.1f} MB; {'every call' if lost == 0 else f'all but {lost} calls'} counted"


def intervals(outcome: Outcome) -> str:
    """All durations in one line."""
    return "; ".join(f"{duration(line['duration_s'])}: {holding(line)}" for line in outcome["lines"])


def holding(line: Mapping[str, float]) -> str:
    """Of calls of one duration: how many intervals held, their median half-width, and how many were only bounds."""
    below = f", {line['below']:.0%} as a bound" if line["below"] > 0.005 else ""
    return f"{line['held']:.0%} ± {percent(line['half_width'])}{below}"


CELLS: dict[str, Callable[[Outcome], str]] = {
    "isolated": windows,
    "calls": functions,
    "overlapping": overlapping,
    "streams": functions,
    "call-cost": call_cost,
    "import-time": import_time,
    "standing": standing,
    "slowdown": slowdown,
    "memory": memory,
    "intervals": intervals,
}


def signed(share: float) -> str:
    """A relative error: two digits behind the point where it is small."""
    return f"{share:+.2%}" if abs(share) < 0.1 else f"{share:+.0%}"


def percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.1 else f"{share:.0%}"


def duration(seconds: float) -> str:
    """In the unit that leaves a small number."""
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if abs(seconds) >= factor:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 1e-6:.2f} us"
