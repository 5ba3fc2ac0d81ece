"""A large against a small model in a US cloud: what both share cancels, and the ratio is known far better than either.

Assumed: GPU 3.0 and 0.4 Wh a task, each repeatable to 1.6 % (95 %), a host that was not metered, a server whose
embodied carbon is spread over the time that a task occupies it, 14 s and 2.8 s.
"""

from __future__ import annotations

import pytest

from energyprof.footprint.draws import factor_draws, interval95
from energyprof.footprint.energy import energy_formula
from energyprof.footprint.factor import Factor
from energyprof.footprint.formula import central, draws, uncertainty
from energyprof.footprint.grid import find
from energyprof.model.quantity import JOULES_PER_KWH, Quantity


def triangular(id, low, value, high, unit="ratio"):
    return Factor(id, value, low, high, unit, "triangular", "assumed in this example", 2026, None, "Apache-2.0")


HOST = triangular("host", 1.21, 1.43, 1.78)
PUE = triangular("pue", 1.09, 1.14, 1.20)
EMBODIED = triangular("embodied", 6.0, 37.5, 60.0, "g/h")
INTENSITY = find("USA").intensity


def gpu(wh, name):
    joules = wh * 3600
    energy = Quantity(joules, 0.984 * joules, 1.016 * joules, "J", "measured")
    total = Quantity(joules, energy.low, energy.high, "J", "measured", None, 0.95 * joules, 1.05 * joules)
    return energy_formula(total, name)


def task_g(energy, occupied_s):
    def grams(pick):
        operational = energy(pick) * pick(HOST) * pick(PUE) * pick(INTENSITY) / JOULES_PER_KWH
        return operational + occupied_s / 3600 * pick(EMBODIED)

    return grams


LARGE, SMALL = task_g(gpu(3.0, "large"), 14.0), task_g(gpu(0.4, "small"), 2.8)


def ratio(pick):
    return LARGE(pick) / SMALL(pick)


def test_the_ratio_is_7_2_and_known_to_a_few_percent():
    found = uncertainty(ratio)
    assert central(ratio) == pytest.approx(7.2, abs=0.1)
    assert (found.p5, found.p95) == pytest.approx((7.05, 7.42), abs=0.1)


def test_each_side_alone_is_known_to_no_better_than_a_sixth():
    large = uncertainty(LARGE)
    assert large.median == pytest.approx(2.05, rel=0.05)
    assert (large.p95 - large.p5) / 2 / large.median > 0.16


def test_drawn_independently_the_same_ratio_would_seem_five_times_as_uncertain():
    """The same formulas, but the small side's shared factors come from streams of their own."""

    def own(factor):
        if factor.low == factor.high:
            return factor.value
        return factor_draws(Factor(f"own.{factor.id}", *[getattr(factor, name) for name in FIELDS]))

    low, high = interval95(draws(LARGE) / SMALL(own))
    shared = uncertainty(ratio)
    assert (high - low) > 5 * (shared.high - shared.low)
    assert low < 5.6
    assert high > 9.2


FIELDS = ("value", "low", "high", "unit", "distribution", "source", "year", "url", "licence", "note")


def test_the_host_that_was_not_metered_is_what_to_find_out_next():
    assert uncertainty(LARGE).shares[0].factor is HOST
    assert {share.factor.id for share in uncertainty(ratio).shares[:3]} >= {"energy.large", "energy.small"}
