"""A calibration from beginning to end: simulated GPUs follow a load, and one of them is the reference."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from simulated.fixtures import gpu_library  # noqa: F401
from simulated.gpu import GpuSpec, SimulatedGpus
from simulated.plug import SimulatedPlug
from simulated.powercap import SimulatedPowercap
from simulated.truth import Edges
from simulated.wave import Follower, SimulatedLoad

from energyprof.analysis.gain_fit import ReferenceFit
from energyprof.analysis.square_wave import Estimate, Response, Wave
from energyprof.capture.sampler import Sampler
from energyprof.cli import calibrate as command
from energyprof.cli.main import _parser, main
from energyprof.model.domain import Domain, Kind, calibrated
from energyprof.model.errors import EnergyprofError, NotMeasurable, UnknownName, UnwritableOutput
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord
from energyprof.runner import calibration
from energyprof.runner.calibration import Calibration, MeterResponse, _gains, _may_feed, calibrate
from energyprof.runner.load import CpuLoad, drive, halves

GAIN, OFFSET_W, LAG_S = 1.2, 12.0, 0.06

MODULE = "NVIDIA GH200"
"""A GPU of that name meters the module around it, and so may be a reference."""

STORED = FittedGain("Plug", "2026-11-28", 1.1, 0.01, 30.0, 0.5, 0.01, 0.05, 9)


@pytest.fixture(autouse=True)
def short_wave(monkeypatch: pytest.MonkeyPatch) -> None:
    """No device here averages over a second."""
    monkeypatch.setattr(calibration, "HALF_S", 0.8)


def gpus(folder: Path, monkeypatch: pytest.MonkeyPatch, *specs: GpuSpec) -> SimulatedGpus:
    machine = SimulatedGpus(folder, *specs)
    for key, value in machine.env.items():
        monkeypatch.setenv(key, value)
    return machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu_library: None) -> SimulatedGpus:  # noqa: F811
    """GPU 0 is calibrated against the meter of the module, which shows more and moves less often."""
    return gpus(
        tmp_path,
        monkeypatch,
        GpuSpec(idle_w=70, period_s=0.05, noise=0.003),
        GpuSpec(idle_w=GAIN * 70 + OFFSET_W, name=MODULE, period_s=0.1, noise=0.003, seed=1),
    )


def load_of(machine: SimulatedGpus) -> SimulatedLoad:
    measured, reference = machine.truths
    return SimulatedLoad(
        Follower(measured, 70, 350, LAG_S),
        Follower(reference, GAIN * 70 + OFFSET_W, GAIN * 350 + OFFSET_W, 0.1, 0.2),
    )


def test_lag_window_gain_and_offset_come_back_are_applied_shown_and_forgotten(
    machine: SimulatedGpus, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["calibrate", "--device", "gpu", "--reference", "gpu:1", "--seconds", "10", "--json"]
    assert command.calibrate(_parser().parse_args(arguments), load_of(machine)) == 0
    found = json.loads(capsys.readouterr().out)
    [domain] = [domain for domain in found["domains"] if domain["id"] == "gpu:0"]
    response, reference = domain["response"], found["reference"]["response"]
    # Polls are late on a busy machine; tests/analysis/test_square_wave.py, without a clock, holds this to account.
    assert domain["period_s"] == pytest.approx(0.05, rel=0.1)
    assert response["lag_s"]["value"] == pytest.approx(LAG_S, abs=0.15)
    assert response["ramp_s"]["value"] < 0.2
    assert (response["low_w"], response["high_w"]) == pytest.approx((70, 350), rel=0.1)
    assert response["noise_w"] > 0.05  # 0.003 x 70 W; more where polls are late
    assert reference["lag_s"]["value"] == pytest.approx(0.1, abs=0.2)
    assert reference["ramp_s"]["value"] == pytest.approx(0.2, abs=0.2)
    assert found["fit"]["gain"] == pytest.approx(GAIN, rel=0.07)
    assert found["fit"]["offset_w"] == pytest.approx(OFFSET_W, abs=20)
    assert len(found["stored"]) == 1

    with Sampler(["nvml"]) as sampler:
        own, other = sampler.domains
    assert own.fitted is not None
    assert own.fitted.gain == found["fit"]["gain"]
    assert own.joules_per_count == pytest.approx(1e-3 * found["fit"]["gain"])
    assert (own.basis, other.fitted) == ("measured", None)

    again = ["calibrate", "--device", "gpu", "--reference", "gpu:1", "--seconds", "6.4"]
    assert command.calibrate(_parser().parse_args(again), load_of(machine)) == 0
    assert " plateaus" in capsys.readouterr().out
    with Sampler(["nvml"]) as sampler:
        [second, _] = sampler.domains
    assert second.fitted is not None
    assert second.fitted.gain == pytest.approx(GAIN, rel=0.07)  # not led astray by the gain that was stored
    assert second.fitted.former_gain == own.fitted.former_gain

    assert main(["sensors"]) == 0
    assert "calibrated against GPU 1 (NVIDIA GH200) on 20" in capsys.readouterr().out
    assert main(["calibrate", "--forget"]) == 0
    assert "GPU 0 (NVIDIA Simulated): its gain is forgotten" in capsys.readouterr().out
    with Sampler(["nvml"]) as sampler:
        assert [domain.fitted for domain in sampler.domains] == [None, None]
    assert main(["calibrate", "--forget"]) == 0
    assert "no gain of theirs" in capsys.readouterr().out


def test_a_wall_plug_is_a_reference_though_it_says_little_and_late(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu_library: None,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = gpus(tmp_path, monkeypatch, GpuSpec(idle_w=70, period_s=0.1))
    wall = Edges(tmp_path / "wall.edges")
    wall.append(0.0, GAIN * 70 + 40)
    load = SimulatedLoad(Follower(machine.truths[0], 70, 350), Follower(wall, GAIN * 70 + 40, GAIN * 350 + 40))
    with SimulatedPlug(wall).serving() as plug:
        monkeypatch.setenv("ENERGYPROF_PLUG", plug.address)
        options = ["calibrate", "--device", "gpu", "--reference", "plug", "--seconds", "5", "--json"]
        assert command.calibrate(_parser().parse_args(options), load) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["fit"]["gain"] == pytest.approx(GAIN, rel=0.1)
    assert found["fit"]["offset_w"] == pytest.approx(40, abs=30)
    gain = found["gains"]["gpu:0"]
    assert gain["reference_gain"] == 0.05
    assert 0.05 < gain["half_width"] < 0.21


def test_an_absurd_gain_is_refused_stored_nowhere_and_the_rest_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu_library: None,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = GpuSpec(idle_w=70, name=MODULE, period_s=0.05)
    machine = gpus(tmp_path, monkeypatch, GpuSpec(idle_w=70, period_s=0.05), module)
    load = SimulatedLoad(Follower(machine.truths[0], 70, 100), Follower(machine.truths[1], 70, 350))
    options = ["calibrate", "--device", "gpu", "--reference", "gpu:1", "--seconds", "6.4"]
    assert command.calibrate(_parser().parse_args(options), load) == 3
    said = capsys.readouterr().out
    assert "no meter is off by that much" in said
    assert "W without load" in said
    with Sampler(["nvml"]) as sampler:
        assert [domain.fitted for domain in sampler.domains] == [None, None]


def test_a_wave_is_longer_where_a_counter_is_slow_and_a_still_device_does_not_follow(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu_library: None,  # noqa: F811
) -> None:
    machine = gpus(tmp_path, monkeypatch, GpuSpec(idle_w=70, period_s=0.2), GpuSpec(idle_w=70, period_s=0.05))
    told: list[str] = []
    load = SimulatedLoad(Follower(machine.truths[0], 70, 350, 0.1))
    found = calibrate(load, "gpu", seconds=5, tell=told.append)
    slow, still, _ = found.meters
    assert isinstance(slow.response, Response)
    assert slow.response.lag_s.value == pytest.approx(0.1, abs=0.2)
    assert still.response == "its power does not follow this load"
    assert found.wave.half_s == pytest.approx(0.9 * 6 * 0.2, rel=0.1)
    assert "load on and off 4 times" in told[-1]


def test_a_package_is_calibrated_on_the_load_of_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = SimulatedPowercap(tmp_path)
    zone = tree.zone("intel-rapl:0", "package-0", power_w=20)
    for key, value in tree.env.items():
        monkeypatch.setenv(key, value)
    with tree.running():
        found = calibrate(SimulatedLoad(Follower(zone.edges, 20, 60)), "cpu", seconds=8)
    [package] = [meter for meter in found.meters if meter.domain.id == "cpu:package-0"]
    assert isinstance(package.response, Response)
    assert (package.response.low_w, package.response.high_w) == pytest.approx((20, 60), rel=0.1)
    assert package.response.lag_s.value < 0.5  # the tree's writer is late on a busy machine


def test_a_package_that_does_not_follow_the_processors_own_load_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = SimulatedPowercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", power_w=20)
    for key, value in tree.env.items():
        monkeypatch.setenv(key, value)
    with tree.running():
        assert main(["calibrate", "--seconds", "5"]) == 3
    captured = capsys.readouterr()
    assert "cpu:package-0  " in captured.out
    assert "its power does not follow this load" in captured.out
    assert "load on and off 4 times" in captured.err


def test_the_doubt_of_a_reference_is_its_own_and_not_that_of_its_former_calibration() -> None:
    plug = calibrated(Domain("plug", "wall", "plug", "Plug", gain=0.05), STORED)
    edge = Estimate(0.05, 0.04, 0.06)
    gpu = Domain("gpu:0", "gpu", "nvml", "GPU 0", gain=0.1)
    answer = MeterResponse(gpu, MeterRecord("gpu:0", "GPU 0", "abc"), 0.1, Response(edge, edge, 70, 350, None))
    [(_, fitted)] = _gains(plug, [answer], ReferenceFit(1.1, 0.01, 30.0, 0.5, []))
    assert plug.gain < 0.02
    assert (fitted.reference_gain, fitted.former_gain) == (0.05, 0.1)


def test_what_was_found_is_printed_though_the_gain_cannot_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = Domain("gpu:0", "gpu", "nvml", "GPU 0", device="abc")
    edge = Estimate(0.05, 0.04, 0.06)
    meter = MeterResponse(domain, MeterRecord("gpu:0", "GPU 0", "abc"), 0.1, Response(edge, edge, 70, 350, None))
    fit = ReferenceFit(1.1, 0.01, 30.0, 0.5, [])
    found = Calibration(Wave(0, 9, ((1, 2), (3, 4))), [meter], meter, fit, gains=[(domain, STORED)])
    (tmp_path / "file").touch()
    options = _parser().parse_args(["calibrate", "--out", str(tmp_path / "file" / "below")])
    with pytest.raises(UnwritableOutput, match="cannot be kept"):
        command.show(found, options)
    said = capsys.readouterr().out
    assert "70 W without load, 350 W with it" in said
    assert "lag: 50 ms (40 ms to 60 ms)" in said


def test_where_there_is_only_a_model_nothing_can_be_calibrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENERGYPROF_SYSFS", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert main(["calibrate"]) == 3
    said = capsys.readouterr().err
    assert "Only a model of the processor is there" in said
    assert "Remedy:" in said
    assert main(["calibrate", "--forget"]) == 0


def test_a_meter_of_another_device_and_an_unknown_reference_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu_library: None,  # noqa: F811
) -> None:
    machine = gpus(tmp_path, monkeypatch, GpuSpec(), GpuSpec())
    with pytest.raises(NotMeasurable, match="gpu:1 does not meter what gpu:0 draws"):
        calibrate(load_of(machine), "gpu", seconds=5, reference="gpu:1")
    with pytest.raises(NotMeasurable, match="No meter here reads the cpu"):
        calibrate(load_of(machine), "cpu", seconds=5)
    with pytest.raises(UnknownName, match="There is no reference 'wall' here"):
        calibrate(load_of(machine), "gpu", seconds=5, reference="wall")
    for misspelt in ("wall:plug", "plugg"):
        with pytest.raises(UnknownName, match=r"Did you mean 'plug'\?"):
            calibrate(load_of(machine), "gpu", seconds=5, reference=misspelt)
    with pytest.raises(UnknownName, match="'nvml' reads 2 domains"):
        calibrate(load_of(machine), "gpu", seconds=5, reference="nvml")
    with pytest.raises(NotMeasurable, match="The reference is a model"):
        calibrate(load_of(machine), "gpu", seconds=5, reference="cpu:model")
    with pytest.raises(EnergyprofError):
        calibrate(load_of(machine), "gpu", seconds=5, reference="rapl")


@pytest.mark.parametrize(
    ("reference", "inner", "feeds"),
    [
        ("wall", "gpu", True),
        ("wall", "platform", True),
        ("platform", "module", True),
        ("module", "gpu", True),
        ("module", "module", False),
        ("gpu", "gpu", False),
        ("dram", "cpu", False),
        ("cpu", "module", False),
    ],
)
def test_a_reference_feeds_more_than_what_is_held_against_it(reference: Kind, inner: Kind, feeds: bool) -> None:
    assert _may_feed(Domain("r", reference, "nvml", "R"), Domain("d", inner, "nvml", "D")) is feeds
    assert _may_feed(Domain("r", reference, "nvml", "R"), Domain("d", inner, "nvml", "D", parent="r"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--device", "tpu"], "There is no device 'tpu'"),
        (["--seconds", "0"], "--seconds 0 cannot be"),
        (["--seconds", "nan"], "--seconds nan cannot be"),
        (["--seconds", "1e9"], "--seconds 1e+09 cannot be"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_measured(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_the_load_of_the_processor_is_busy_only_while_it_is_on() -> None:
    with CpuLoad() as load:
        pids = [worker.pid for worker in load._workers]
        assert not any(os.getsid(pid) == os.getsid(0) for pid in pids)  # Ctrl-C does not reach them
        on_s = load(True)
        _until(lambda: cpu_s(pids) > 0.3)
        off_s = load(False)
        assert off_s > on_s
        _until(lambda: all(state(pid) == "S" for pid in pids))  # each waits for the next byte
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def cpu_s(pids: list[int]) -> float:
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def state(pid: int) -> str:
    """ "R" where it runs or would, "S" where it waits (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _until(holds: object) -> None:
    assert callable(holds)
    deadline_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_a_load_is_turned_off_when_it_is_interrupted() -> None:
    calls: list[bool] = []

    def load(on: bool) -> float:
        calls.append(on)
        return time.monotonic()

    def sleep(_: float) -> None:
        if calls:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(load, halves(1.0, 4), sleep=sleep)
    assert calls == [True, False]


def test_the_edges_of_a_wave_are_where_the_load_says() -> None:
    instants = iter([1.0, 2.5, 4.0, 5.5])
    driven = drive(lambda _: next(instants), halves(1.0, 2), sleep=lambda _: None)
    assert driven.on_s == ((1.0, 2.5), (4.0, 5.5))


def test_the_times_of_a_wave_vary_so_that_its_edges_fall_anywhere_in_a_period() -> None:
    lengths_s = halves(2.0, 10)
    assert len(lengths_s) == 21
    assert min(lengths_s) >= 1.8
    assert max(lengths_s) <= 2.2
    assert len({round(length_s, 3) for length_s in lengths_s}) == 21
