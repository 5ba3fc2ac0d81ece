"""Apple silicon through a package that stands in for the real one and tells a known truth."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from simulated import vendor

from energyprof.model.domain import outermost
from energyprof.sensors.apple import find
from energyprof.sensors.sensor import Sensor


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(vendor.__file__).parent))
    monkeypatch.delitem(sys.modules, "zeus_apple_silicon", raising=False)


def chip(monkeypatch: pytest.MonkeyPatch, **said: object) -> None:
    monkeypatch.setenv("SIM_APPLE", json.dumps(said))


def opened() -> Sensor:
    sensor = find().sensor
    assert sensor is not None
    return sensor


def test_each_part_is_counted_in_mj(monkeypatch: pytest.MonkeyPatch) -> None:
    powers_w = {"cpu_total_mj": 8, "gpu_mj": 12, "dram_mj": 2, "ane_mj": 1}
    chip(monkeypatch, **powers_w)
    sensor = opened()
    before_s = time.monotonic()
    joules = [int(count) * d.joules_per_count for d, count in zip(sensor.domains, sensor.read(), strict=True)]
    after_s = time.monotonic()
    assert [domain.id for domain in sensor.domains] == ["cpu:apple", "gpu:apple", "dram:apple", "npu:apple"]
    for watts, counted_j in zip(powers_w.values(), joules, strict=True):
        assert watts * before_s - 0.001 <= counted_j <= watts * after_s
    assert all("estimate" in str(domain.note) for domain in sensor.domains)


def test_a_part_that_may_be_within_another_is_in_no_total(monkeypatch: pytest.MonkeyPatch) -> None:
    chip(monkeypatch, gpu_mj=12, gpu_sram_mj=1)
    assert [domain.id for domain in outermost(opened().domains)] == ["gpu:apple"]


def test_a_reading_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    chip(monkeypatch, cpu_total_mj=8)
    sensor = opened()
    chip(monkeypatch, error="Failed to create IOReport subscription.")
    assert sensor.read() == ["energy model: Failed to create IOReport subscription."]
    chip(monkeypatch, gpu_mj=1)
    assert sensor.read() == ["energy model: no cpu_total_mj"]


def test_a_chip_that_cannot_be_read_is_a_reason_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    chip(monkeypatch, error="Failed to create IOReport subscription.")
    assert "IOReport" in str(find().reason)
    assert find().remedy
    chip(monkeypatch)
    assert find().sensor is None
