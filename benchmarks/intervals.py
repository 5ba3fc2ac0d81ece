"""How often the 95 % interval holds the truth, by estimator, counter period and duration, on simulated counters.

    PYTHONPATH=tests python benchmarks/intervals.py [--windows 100] [--only bracket]      rows of `make bench`

The readings are computed from a known course of power, without waiting: what a poller would have seen of a counter of
that period and noise. The curve, the ledger and the window estimators are the real ones. Calls last about as long as
stated, and those back to back draw any power, so that neither a lucky ratio to the period nor one order of powers
decides. For each line it prints the error of the mean, the share of windows whose interval held the truth, the median
half-width of that interval, and the share of windows below resolution: their interval reaches 0, and they are told as
at most its upper end, without a value.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

from simulated.readings import GPU, Course, polled

from energyprof.analysis.curve import curve
from energyprof.analysis.ledger import Piece, apportion
from energyprof.analysis.statistics import Z95
from energyprof.capture.pace import out_of_step_s
from energyprof.capture.sampler import DEFAULT_PERIOD_S

PERIODS_S = (0.001, 0.02, 0.1)
DURATIONS_S = (0.01, 0.05, 0.1, 0.5, 5.0)
NOISES = (0.0, 0.01)
QUIET_S = 1.5
VARIED = (0.7, 1.3)
POWERS_W = (100, 650)
TINY = 0.0015
"""Half-widths below this, relative, are those of bounds and not of anything random."""

FOOTNOTE = """
* Nothing random is left: the counter's last digit (1 mJ) and the microseconds between a call's work and its stamps
  bound the error, so that the interval holds nearly always. It does as well
  - where many calls are below resolution, for a bound is all that is told of these, and the others' intervals span
    nearly all that is possible;
  - on a 1 ms counter without noise, where the quiet time around a call cannot exclude a little scatter of readings."""


@dataclass(frozen=True)
class Outcome:
    """One window: joules found, their half-width, and joules drawn."""

    found_j: float
    half_width_j: float
    truth_j: float

    @property
    def below(self) -> bool:
        """Whether it is below resolution."""
        return self.found_j <= self.half_width_j

    @property
    def held(self) -> bool:
        """Whether what is told of it, an interval or a bound, is true."""
        off_j = self.truth_j - self.found_j
        return off_j <= self.half_width_j and (self.below or off_j >= -self.half_width_j)


@dataclass(frozen=True)
class Meter:
    """A counter's period, the relative noise of what it counts in one, and the share of it that its sensor sees."""

    period_s: float
    noise: float
    duty: float = 1.0

    @property
    def poll_s(self) -> float:
        """As the sampler chooses it once it has seen the counter move."""
        if self.period_s < 0.004:
            return DEFAULT_PERIOD_S
        return out_of_step_s(self.period_s, DEFAULT_PERIOD_S)


Scene = Callable[[Meter, float, int], list[Outcome]]


def isolated(meter: Meter, duration_s: float, seed: int) -> list[Outcome]:
    """One call from idle, with quiet on both sides: `bracket`."""
    generator, course = random.Random(seed), Course()
    start_s = 2 + generator.random()
    duration_s *= generator.uniform(*VARIED)
    course.pulse(start_s, duration_s, 600)
    return [_outcome(meter, course, [(0, start_s, start_s + duration_s)], 0, QUIET_S, seed)]


def part_time(meter: Meter, duration_s: float, seed: int) -> list[Outcome]:
    """As `isolated`, of a sensor that sees a quarter of each period."""
    return isolated(replace(meter, duty=0.25), duration_s, seed)


def back_to_back(meter: Meter, duration_s: float, seed: int) -> list[Outcome]:
    """The second of three calls of different power without a pause, in a process that never idles: `interpolate`."""
    generator = random.Random(seed)
    course, edges_s = Course(idle_w=generator.uniform(*POWERS_W)), [2 + generator.random()]
    for _ in range(3):
        edges_s.append(edges_s[-1] + duration_s * generator.uniform(*VARIED))
    course.times_s += edges_s
    course.powers_w += [*(generator.uniform(*POWERS_W) for _ in range(3)), course.idle_w]
    pieces = [
        (3, 1.0, edges_s[0]),
        *((k, edges_s[k], edges_s[k + 1]) for k in range(3)),
        (4, edges_s[3], edges_s[3] + 1),
    ]
    return [_outcome(meter, course, pieces, 1, 0.0, seed)]


def interleaved(meter: Meter, duration_s: float, seed: int) -> list[Outcome]:
    """Two functions of different power in random order with random pauses, 300 calls: `regress`."""
    generator, course, pieces = random.Random(seed), Course(), []
    now_s = 2.0
    for _ in range(300):
        owner = generator.randrange(2)
        course.pulse(now_s, duration_s, (600.0, 300.0)[owner])
        pieces.append((owner, now_s, now_s + duration_s))
        now_s += duration_s + generator.expovariate(1 / duration_s)
    return [_outcome(meter, course, pieces, owner, QUIET_S, seed) for owner in (0, 1)]


SCENES: dict[str, tuple[Scene, tuple[float, ...]]] = {
    "bracket": (isolated, DURATIONS_S),
    "25 % duty": (part_time, DURATIONS_S),
    "interpolate": (back_to_back, DURATIONS_S),
    "regress": (interleaved, (0.01,)),
}


@dataclass(frozen=True)
class Line:
    """What came out for calls of one duration.

    Attributes:
        error: of the mean, relative. held: share of windows whose interval held the truth.
        half_width: of that interval, relative, in the median. below: share of windows below resolution.
    """

    duration_s: float
    error: float
    held: float
    half_width: float
    below: float


def line(estimator: str, meter: Meter, duration_s: float, windows: int) -> Line:
    """Measures that many windows."""
    scene, _ = SCENES[estimator]
    outcomes = [outcome for seed in range(windows) for outcome in scene(meter, duration_s, seed)]
    return Line(
        duration_s,
        sum(outcome.found_j for outcome in outcomes) / sum(outcome.truth_j for outcome in outcomes) - 1,
        statistics.mean(outcome.held for outcome in outcomes),
        statistics.median(outcome.half_width_j / outcome.truth_j for outcome in outcomes),
        statistics.mean(outcome.below for outcome in outcomes),
    )


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--windows", type=int, default=100)
    options.add_argument("--only", choices=SCENES, action="append", help="this estimator only; may be repeated")
    chosen = options.parse_args()
    print(f"{'estimator':>12} {'counter':>8} {'noise':>6} {'call':>8} {'error':>9} {'held':>6}  half-width  below")
    for name in chosen.only or SCENES:
        for period_s in PERIODS_S:
            for noise in NOISES:
                for duration_s in SCENES[name][1]:
                    found = line(name, Meter(period_s, noise), duration_s, chosen.windows)
                    print(
                        f"{name:>12} {period_s * 1000:6.0f}ms {noise:6.0%} {duration_s * 1000:6.0f}ms "
                        f"{found.error:+9.2%} {found.held:6.1%} {found.half_width:11.2%} {found.below:6.0%}"
                        f"{'*' * (found.half_width < TINY)}",
                        flush=True,
                    )
    print(FOOTNOTE)


def _outcome(meter: Meter, course: Course, pieces: list[Piece], owner: int, margin_s: float, seed: int) -> Outcome:
    start_s, end_s = pieces[0][1] - margin_s, pieces[-1][2] + margin_s
    phase_s = random.Random(f"phase {seed}").random() * meter.period_s
    found = curve(
        polled(
            course,
            end_s + 0.5,
            period_s=meter.period_s,
            phase_s=phase_s,
            poll_s=meter.poll_s,
            noise=meter.noise,
            seed=seed,
            duty=meter.duty,
            domain=replace(
                GPU,
                duty=meter.duty,
                max_power_w=700,
                period_s=meter.period_s if meter.period_s < 0.004 else None,
            ),
        )
    )
    assert found is not None
    ledger = apportion(found, pieces, max(number for number, _, _ in pieces) + 1, start_s, end_s)
    truth_j = sum(course.energy_j(low_s, high_s) for number, low_s, high_s in pieces if number == owner)
    return Outcome(float(ledger.energy_j[owner]), Z95 * ledger.doubts[owner].uncertainty_j, truth_j)


if __name__ == "__main__":
    main()
