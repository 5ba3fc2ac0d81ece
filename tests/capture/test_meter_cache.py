"""What is kept of a meter comes back for the same device and driver, and a cache that is broken is as none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from energyprof.capture import meter_cache
from energyprof.capture.meter_cache import (
    device_of,
    driver_of,
    fitted_gain,
    forget_gains,
    known_meter,
    remember_meter,
    store_gain,
    with_fitted_gain,
)
from energyprof.model.domain import Domain, PowerModel, uncalibrated
from energyprof.model.errors import UnwritableOutput
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord

GPU = Domain("gpu:0", "gpu", "nvml", "GPU 0 (Some)", joules_per_count=1e-3, gain=0.05, device="abc", driver="999")
GAIN = FittedGain("Plug", "2026-11-28T12:00:00+00:00", 1.1, 0.011, 30.0, 0.5, 0.01, 0.05, 8)
RECORD = MeterRecord("gpu:0", GPU.label, device_of(GPU), "999", 0.1, 7.0, 1e-3, 4e-5, 2e-4, 70.0, 0.002, "2026-11-28")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENERGYPROF_METERS", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_what_was_kept_comes_back(folder: Path) -> None:
    assert known_meter(GPU) is None
    remember_meter(GPU, RECORD)
    assert known_meter(GPU) == RECORD
    assert known_meter(replace(GPU, id="gpu:3")) == replace(RECORD, domain="gpu:3")


@pytest.mark.parametrize("other", [{"driver": "1000"}, {"device": "xyz"}, {"sensor": "amd"}])
def test_another_device_or_driver_has_nothing(folder: Path, other: dict[str, Any]) -> None:
    remember_meter(GPU, RECORD)
    assert known_meter(replace(GPU, **other)) is None


def test_a_meter_without_a_name_of_its_own_is_told_by_its_label_and_machine() -> None:
    package = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0")
    assert device_of(package) != device_of(replace(package, label="CPU package 1"))
    assert device_of(package) == device_of(replace(package, id="other"))
    assert driver_of(package)


@pytest.mark.parametrize("nothing", ["", "uninitialized\n", None])
def test_an_image_that_was_never_started_is_told_by_the_machines_name(
    nothing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Domain("cpu:package-0", "cpu", "rapl", "CPU package 0")
    monkeypatch.setattr(meter_cache, "MACHINE_ID", tmp_path / "machine-id")
    if nothing is not None:
        (tmp_path / "machine-id").write_text(nothing)
    digests = set()
    for name in ("one", "two"):
        monkeypatch.setattr("platform.node", lambda name=name: name)
        digests.add(device_of(package))
    assert len(digests) == 2
    (tmp_path / "machine-id").write_text("b08dfa6083e7567a1921a715000001fb\n")
    assert device_of(package) not in digests


@pytest.mark.parametrize("damage", ["", "nonsense", "[]", "{}", '{"domain": 1}'])
def test_a_damaged_file_is_as_none(folder: Path, damage: str) -> None:
    remember_meter(GPU, RECORD)
    store_gain(GPU, GAIN)
    for path in folder.iterdir():
        path.write_text(damage)
    assert known_meter(GPU) is None
    assert fitted_gain(GPU) is None
    assert with_fitted_gain(GPU) == GPU


@pytest.mark.parametrize("period", ["fast", -1, 0, True, float("inf")])
def test_a_period_that_cannot_be_is_as_none(folder: Path, period: object) -> None:
    remember_meter(GPU, RECORD)
    [path] = folder.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "period_s": period}))
    assert known_meter(GPU) is None


def test_a_folder_that_cannot_be_written_stops_nothing_but_a_gain(folder: Path) -> None:
    folder.write_text("a file")
    remember_meter(GPU, RECORD)
    assert known_meter(GPU) is None
    with pytest.raises(UnwritableOutput, match="cannot be kept"):
        store_gain(GPU, GAIN)


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("ENERGYPROF_METERS", "ENERGYPROF_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    remember_meter(GPU, RECORD)
    assert known_meter(GPU) is None


def test_a_gain_is_applied_to_its_device_alone_and_can_be_taken_out(folder: Path) -> None:
    store_gain(GPU, GAIN)
    found = with_fitted_gain(GPU)
    assert found.joules_per_count == pytest.approx(1.1e-3)
    assert found.gain == pytest.approx((0.01**2 + 0.01**2) ** 0.5)
    assert found.basis == "measured"
    assert str(found.fitted) == "calibrated against Plug on 2026-11-28, gain 1.1"
    assert uncalibrated(found) == GPU
    other = replace(GPU, device="xyz")
    assert with_fitted_gain(other) == other


def test_a_gain_copied_to_another_device_is_not_applied(folder: Path) -> None:
    path = store_gain(GPU, GAIN)
    other = replace(GPU, device="xyz")
    path.rename(path.with_name(f"nvml-{device_of(other)}.gain.json"))
    assert fitted_gain(other) is None


@pytest.mark.parametrize("gain", [-1.0, 0.0, 0.4, 2.1])
def test_a_gain_that_no_meter_has_is_not_applied(folder: Path, gain: float) -> None:
    store_gain(GPU, replace(GAIN, gain=gain))
    assert with_fitted_gain(GPU) == GPU


@pytest.mark.parametrize(
    "doubt",
    [{"gain_half_width": -0.01}, {"gain_half_width": 3.0}, {"reference_gain": -1.0}, {"former_gain": 40.0}],
)
def test_a_gain_whose_doubt_cannot_be_is_not_applied(folder: Path, doubt: dict[str, float]) -> None:
    store_gain(GPU, replace(GAIN, **doubt))  # type: ignore[arg-type]
    assert with_fitted_gain(GPU) == GPU


def test_a_model_is_never_calibrated(folder: Path) -> None:
    model = replace(GPU, model=PowerModel((1, 1, 1), (1, 1, 1), "assumed"))
    store_gain(model, GAIN)
    assert with_fitted_gain(model) == model


def test_a_gain_is_forgotten_once(folder: Path) -> None:
    store_gain(GPU, GAIN)
    assert forget_gains([GPU]) == [GPU]
    assert forget_gains([GPU]) == []
    assert with_fitted_gain(GPU) == GPU


def test_another_folder_is_used_where_it_is_named(folder: Path, tmp_path: Path) -> None:
    path = store_gain(GPU, GAIN, out=tmp_path / "out")
    assert path.parent == tmp_path / "out"
    assert fitted_gain(GPU) is None
