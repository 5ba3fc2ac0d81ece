"""Two footprints held against each other, embodied carbon included, against closed forms."""

from __future__ import annotations

import pytest

from energyprof.footprint.assess import assess
from energyprof.footprint.embodied import holding_from_text
from energyprof.footprint.ratio import Held, total_ratio
from energyprof.footprint.site import Site
from energyprof.model.quantity import Quantity

RATIO = Quantity(0.2, 0.196, 0.204, "ratio", "measured")
H100 = Site("USA", pue=1.2, hardware=(holding_from_text("h100-sxm"), holding_from_text("server=0.125")))


def joules(value):
    return Quantity(value, value, value, "J", "measured")


def test_the_ratio_of_totals_is_that_of_the_two_totals():
    subject, baseline = Held(joules(100.0), 0.5), Held(joules(500.0), 1.0)
    totals = [assess(held.energy, H100, held_s=held.held_s).co2e_total.value for held in (subject, baseline)]
    found = total_ratio(RATIO, subject, baseline, H100)
    assert found.value == pytest.approx(totals[0] / totals[1])
    assert 0.2 < found.value < 0.5


def test_where_nothing_is_embodied_but_time_it_lies_between_the_two_ratios_and_its_interval_is_narrow():
    found = total_ratio(RATIO, Held(joules(100.0), 0.5), Held(joules(500.0), 1.0), H100)
    assert found.total_low <= found.low < found.value < found.high <= found.total_high
    alone = assess(joules(100.0), H100, held_s=0.5).co2e_total
    assert (found.total_high - found.total_low) / found.value < (alone.total_high - alone.total_low) / alone.value


@pytest.mark.parametrize(
    ("site", "held_s", "reason"),
    [
        (Site("USA"), 1.0, "no device was named"),
        (Site(None, hardware=H100.hardware), 1.0, "no grid was given"),
        (H100, None, "how long the hardware was held"),
    ],
)
def test_what_is_not_known_of_one_side_leaves_the_ratio_unknown(site, held_s, reason):
    found = total_ratio(RATIO, Held(joules(100.0), 0.5), Held(joules(500.0), held_s), site)
    assert found.value is None
    assert reason in found.reason
