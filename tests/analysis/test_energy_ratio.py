"""The ratio of two variants whose wall and CPU time are known, under every wattage that their model allows."""

from __future__ import annotations

import pytest

from energyprof.analysis.energy_ratio import Measured, cheaper, energy_ratio
from energyprof.analysis.trials import TrialDomain
from energyprof.model.domain import Domain, PowerModel
from energyprof.model.quantity import Quantity
from energyprof.model.run import Trial

MODEL = PowerModel((5.0, 10.0, 20.0), (1.5, 3.0, 6.0), "a table whose watts may all be off by a factor of two")
CPU = Domain("cpu:model", "cpu", "cpu-model", "CPU", basis="estimated", model=MODEL)
GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0", gain=0.05)


def modelled(wall_s: float, cpu_s: float) -> TrialDomain:
    low, best, high = (
        idle * wall_s + active * cpu_s for idle, active in zip(MODEL.idle_w, MODEL.active_w_per_core, strict=True)
    )
    return TrialDomain(CPU, best, low, high, None, 0.0, "interpolate")


def metered(energy_j: float) -> TrialDomain:
    return TrialDomain(GPU, energy_j, energy_j, energy_j, None, 0.0, "bracket")


def side(wall_s: float, *parts: TrialDomain) -> Measured:
    trials = [Trial("a", index, index, 0.0, wall_s, 1, None, None, [wall_s], None, None) for index in range(4)]
    return [(trial, list(parts)) for trial in trials]


def test_idle_and_active_watts_may_be_off_in_opposite_directions() -> None:
    ours, theirs = side(0.5, modelled(0.5, 0.5)), side(1.0, modelled(1.0, 8.0))
    found = energy_ratio(ours, theirs)
    assert found.value == pytest.approx((10 * 0.5 + 3 * 0.5) / (10 + 3 * 8))
    assert found.total_low == pytest.approx((5 * 0.5 + 6 * 0.5) / (5 + 6 * 8))
    assert found.total_high == pytest.approx((20 * 0.5 + 1.5 * 0.5) / (20 + 1.5 * 8))


def test_the_ratio_of_cpu_times_alone_does_not_depend_on_the_watts() -> None:
    found = energy_ratio(side(1.0, modelled(1.0, 2.0)), side(2.0, modelled(2.0, 4.0)))
    assert (found.total_low, found.total_high) == (pytest.approx(0.5), pytest.approx(0.5))


def test_a_ratio_on_whose_side_of_1_the_watts_decide_is_not_settled() -> None:
    found = energy_ratio(side(2.0, modelled(2.0, 1.0)), side(1.0, modelled(1.0, 5.0)))
    assert found.value == pytest.approx(23 / 25)
    assert found.high is not None
    assert found.high < 1
    assert cheaper(found) is None


def test_beside_a_meter_only_the_modelled_part_varies() -> None:
    ours, theirs = side(1.0, modelled(1.0, 1.0), metered(50.0)), side(1.0, modelled(1.0, 4.0), metered(100.0))
    found = energy_ratio(ours, theirs)
    corners = [(50 + i + a) / (100 + i + 4 * a) for i in (5, 20) for a in (1.5, 6)]
    assert (found.total_low, found.total_high) == (pytest.approx(min(corners)), pytest.approx(max(corners)))


def test_meters_alone_have_no_total_interval_of_a_ratio() -> None:
    found = energy_ratio(side(1.0, metered(50.0)), side(1.0, metered(100.0)))
    assert (found.total_low, found.total_high) == (None, None)
    assert cheaper(found) is True


def test_what_is_not_settled_is_neither_cheaper_nor_dearer() -> None:
    assert cheaper(Quantity(0.9, None, None, "ratio", "measured")) is None
    assert cheaper(Quantity(1.2, 1.1, 1.3, "ratio", "measured")) is False
    assert cheaper(Quantity(1.2, 1.1, 1.3, "ratio", "estimated", None, 0.9, 1.5)) is None
