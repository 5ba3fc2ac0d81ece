"""The simulated powercap tree itself: its counters against the closed form of its power, for unmodified readers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from simulated.powercap import SimulatedPowercap, SimulatedZone, in_place_of_sysfs, why_not_in_place


@pytest.fixture
def tree(tmp_path: Path) -> SimulatedPowercap:
    return SimulatedPowercap(tmp_path)


def content(zone: SimulatedZone) -> str:
    return (zone.path / "energy_uj").read_text()


def test_a_counter_follows_the_edges_of_its_power(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    zone.edges.pulse(10, 2, 250)
    tree.write(20.0004)
    assert int(content(zone)) == 20 * 100_000_000 + 2 * 150_000_000


def test_a_counter_goes_round_at_its_range(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100, range_uj=79_999_999, start_uj=5)
    tree.write(4)
    assert int(content(zone)) == (400_000_000 + 5) % 80_000_000


def test_a_mirror_shows_the_same_meter(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100, range_uj=1_000_000_000, start_uj=7)
    mirror = tree.zone("intel-rapl-mmio:0", "package-0", mirrors=zone)
    zone.edges.pulse(1, 1, 300)
    tree.write(3)
    assert content(zone) == content(mirror) == f"{500_000_007:020d}\n"
    assert (mirror.path / "max_energy_range_uj").read_text() == "1000000000\n"


def test_for_a_time_a_counter_gives_eio_and_then_runs_on(tree: SimulatedPowercap) -> None:
    zone = tree.zone("intel-rapl:0", "package-0", power_w=100)
    zone.eio.append((10, 11.5))
    with (zone.path / "energy_uj").open("rb", buffering=0) as held:
        for t_s in (10, 11.4):
            tree.write(t_s)
            with pytest.raises(OSError, match="Input/output error"):
                content(zone)
            held.seek(0)
            assert held.read() == b""
        tree.write(12)
        held.seek(0)
        assert content(zone).encode() == held.read() == b"%020d\n" % 1_200_000_000


def test_zones_are_found_by_their_control_type_too(tree: SimulatedPowercap) -> None:
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:0:1", "dram")
    control = tree.sysfs / "class" / "powercap" / "intel-rapl"
    assert (control / "intel-rapl:0" / "intel-rapl:0:1" / "name").read_text() == "dram\n"
    assert (control / "subsystem" / "intel-rapl:0" / "name").read_text() == "package-0\n"


def test_an_unmodified_reader_sees_the_tree_as_the_machines_own_or_there_is_a_reason(tree: SimulatedPowercap) -> None:
    if (reason := why_not_in_place()) is not None:  # a container, or a system that forbids it: no fault of the tree
        assert "unshare" in reason or "not permitted" in reason
        return
    tree.zone("intel-rapl:0", "package-0", power_w=100)
    program = "print(open('/sys/class/powercap/intel-rapl:0/energy_uj').read(), end='')"
    tree.write(5)
    done = subprocess.run(
        in_place_of_sysfs(tree, [sys.executable, "-c", program]), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{500_000_000:020d}\n"
