"""Devices are found by their exact names; a near miss is another device."""

from __future__ import annotations

import pytest

from energyprof.footprint.device import AMORTISATION, devices, find, given_device, match, not_modelled
from energyprof.footprint.factor import shipped_factors
from energyprof.model.errors import InvalidValue, UnknownName


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("GPU 0 (NVIDIA H100 80GB HBM3)", "h100-sxm"),
        ("GPU 11 (NVIDIA H200)", "h200-sxm"),
        ("  nvidia   h200 ", "h200-sxm"),
        ("NVIDIA B200", "b200-sxm"),
        ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"),
        ("A100-SXM4-40GB", "a100-sxm-40gb"),
    ],
)
def test_a_device_is_matched_by_what_its_driver_calls_it(reported, name):
    assert match(reported).name == name


@pytest.mark.parametrize(
    "reported",
    [
        "NVIDIA H100 PCIe",
        "NVIDIA H100 NVL",
        "NVIDIA H100",
        "NVIDIA H200 NVL",
        "NVIDIA GH200 480GB",
        "NVIDIA A100-SXM4-80GB",
        "NVIDIA A100-PCIE-40GB",
        "NVIDIA A100 80GB PCIe",
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        "Tesla V100-SXM2-32GB",
        "Tesla T4",
        "NVIDIA L4",
        "NVIDIA L40S",
        "NVIDIA B200 NVL",
        "AMD Instinct MI300X",
        "Intel(R) Xeon(R) Platinum 8480+",
        "laptop",
        "",
        "GPU 0 ()",
        ")(",
    ],
)
def test_a_near_miss_is_not_matched(reported):
    assert match(reported) is None


def test_a_user_names_a_device_or_a_kind_of_it():
    assert find("h100-sxm") is find("H100-SXM") is find("NVIDIA H100 80GB HBM3")
    for kind in ("laptop", "desktop", "server", "smartphone", "tablet", "monitor"):
        assert find(kind).embodied.unit == "kgCO2e"


@pytest.mark.parametrize(("name", "near"), [("labtop", "laptop"), ("h100", "h100-sxm"), ("smart phone", "smartphone")])
def test_an_unknown_device_names_the_nearest(name, near):
    with pytest.raises(UnknownName, match=rf"Did you mean .*{near}"):
        find(name)


def test_a_name_like_no_other_lists_all():
    with pytest.raises(UnknownName, match=r"There are h100-sxm, .*laptop"):
        find("zzzz\x1b[31m")


def test_what_is_not_in_the_table_says_so_in_a_sentence():
    assert not_modelled("NVIDIA L4").startswith("the embodied carbon of 'NVIDIA L4' is not modelled")


def test_h100_has_the_published_values():
    embodied = find("h100-sxm").embodied
    assert (embodied.low, embodied.value) == (pytest.approx(1312 / 8), 273)
    assert find("b200-sxm").embodied.value == 2274 / 8


def test_a_range_that_rests_on_one_figure_is_the_stated_judgement():
    judged = shipped_factors("ranges.csv")["range.embodied"]
    for device in devices().values():
        if "range: range.embodied" in device.embodied.source:
            assert device.embodied.low == pytest.approx(device.embodied.value * judged.low, rel=0.005)
            assert device.embodied.high == pytest.approx(device.embodied.value * judged.high, rel=0.005)
        elif "high: range.embodied" in device.embodied.source:
            assert device.embodied.high == pytest.approx(device.embodied.value * judged.high, rel=0.005)
    assert judged.low == pytest.approx(164 / 273, abs=0.005)


def test_every_device_lives_for_years_and_is_used_for_a_part_of_them():
    for device in devices().values():
        assert device.lifetime.unit == "years"
        assert 1 <= device.lifetime.low < device.lifetime.value < device.lifetime.high <= 10
        assert 0 < device.active.low < device.active.value < device.active.high <= 1
        assert device.boundary


def test_no_two_devices_are_reported_alike_and_every_life_is_used():
    aliases = [alias.casefold() for device in devices().values() for alias in device.aliases]
    assert len(aliases) == len(set(aliases))
    used = {factor.id for device in devices().values() for factor in (device.lifetime, device.active)}
    assert used == set(shipped_factors(AMORTISATION))


def test_a_number_of_ones_own_is_taken_as_exact():
    device = given_device(500, like="laptop")
    assert device.embodied.low == device.embodied.high == 500
    assert device.embodied.source == "given by the user"
    assert device.lifetime == find("laptop").lifetime


@pytest.mark.parametrize("kg", [0, -1, float("nan"), float("inf"), 1e9, True])
def test_a_number_that_is_no_mass_is_refused(kg):
    with pytest.raises(InvalidValue, match="cannot be"):
        given_device(kg)
