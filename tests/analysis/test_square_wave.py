"""Lag, ramp, powers and noise of a meter come back from what a poller would have seen; no clock."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from simulated.readings import GPU, Course, polled
from simulated.truth import Edges
from simulated.wave import Follower, steps

from energyprof.analysis.curve import Curve, curve
from energyprof.analysis.gain_fit import _checked, reference_fit
from energyprof.analysis.square_wave import Estimate, Response, Wave, response
from energyprof.model.errors import NotMeasurable
from energyprof.model.gain import believable
from energyprof.runner.load import halves

START_S = 2.0


def wave(half_s: float = 1.5, cycles: int = 8) -> Wave:
    """The wave that `drive` would have made."""
    edges_s, now_s = [], START_S
    for length_s in halves(half_s, cycles):
        now_s += length_s
        edges_s.append(now_s)
    return Wave(START_S, edges_s[-1], tuple(zip(edges_s[0:-1:2], edges_s[1:-1:2], strict=True)))


@pytest.fixture
def edges(tmp_path: Path) -> Edges:
    return Edges(tmp_path / "edges")


def followed(
    edges: Edges,
    driven: Wave,
    *,
    low_w: float = 70.0,
    high_w: float = 300.0,
    lag_s: float = 0.0,
    ramp_s: float = 0.0,
    period_s: float = 0.1,
    poll_s: float = 0.01,
    noise: float = 0.0,
) -> Curve:
    """The curve of a counter whose device follows the wave."""
    follower = Follower(edges, low_w, high_w, lag_s, ramp_s)
    course = Course(low_w)
    for number, edge_s in enumerate(driven.edges_s):
        for at_s, power_w in steps(follower, number % 2 == 0):
            course.times_s.append(edge_s + at_s)
            course.powers_w.append(power_w)
    timeline = polled(course, driven.end_s, period_s=period_s, poll_s=poll_s, noise=noise, domain=GPU)
    made = curve(timeline)
    assert made is not None
    return made


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("period_s", [0.02, 0.1])
@pytest.mark.parametrize("lag_s", [0.0, 0.05, 0.12])
def test_a_lag_far_below_the_counters_period_comes_back(
    edges: Edges, lag_s: float, period_s: float, noise: float
) -> None:
    poll_s = min(0.01, period_s / 4)
    made = followed(edges, wave(), lag_s=lag_s, period_s=period_s, poll_s=poll_s, noise=noise)
    found = response(made, wave())
    assert isinstance(found, Response)
    assert found.lag_s.value == pytest.approx(lag_s, abs=0.015)
    assert found.ramp_s.value < 0.03
    assert found.ramp_s.low == 0.0
    assert found.low_w == pytest.approx(70, rel=0.01)
    assert found.high_w == pytest.approx(300, rel=0.01)


@pytest.mark.parametrize("ramp_s", [0.025, 0.3, 1.0])
def test_the_window_that_a_meter_averages_over_comes_back(edges: Edges, ramp_s: float) -> None:
    found = response(followed(edges, wave(), lag_s=0.05, ramp_s=ramp_s, noise=0.01), wave())
    assert isinstance(found, Response)
    assert found.ramp_s.value == pytest.approx(ramp_s, abs=0.02)
    assert found.lag_s.value == pytest.approx(0.05, abs=0.02)
    assert found.ramp_s.low < found.ramp_s.value < found.ramp_s.high


def test_the_noise_is_that_of_one_tick_without_load(edges: Edges) -> None:
    found = response(followed(edges, wave(cycles=16), noise=0.02), wave(cycles=16))
    assert isinstance(found, Response)
    assert found.noise_w == pytest.approx(0.02 * 70, rel=0.3)


def test_a_counter_slower_than_the_load_is_not_resolvable_and_says_why(edges: Edges) -> None:
    found = response(followed(edges, wave(), period_s=0.8), wave())
    assert isinstance(found, str)
    assert "moves every 0.8 s" in found


def test_a_longer_wave_resolves_it(edges: Edges) -> None:
    found = response(followed(edges, wave(4.8, 4), period_s=0.8, lag_s=0.2), wave(4.8, 4))
    assert isinstance(found, Response)
    assert found.lag_s.value == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("high_w", [70.0, 70.2, 40.0])
def test_a_power_that_does_not_rise_with_the_load_does_not_follow_it(edges: Edges, high_w: float) -> None:
    assert response(followed(edges, wave(), high_w=high_w, noise=0.01), wave()) == "its power does not follow this load"


@pytest.mark.parametrize(
    ("times_s", "reason"),
    [([0.1, 0.2], "did not move"), ([3.0, 12.0, 21.0], "moves every 9 s"), ([3.0, 9.0], "did not move")],
)
def test_a_counter_that_hardly_moved_says_so(times_s: list[float], reason: str) -> None:
    instants_s = np.asarray(times_s)
    made = Curve(instants_s, 70 * instants_s, 0.0, None)
    assert reason in str(response(made, wave()))


def answered(made: Curve, driven: Wave) -> tuple[Curve, Response]:
    found = response(made, driven)
    assert isinstance(found, Response)
    return made, found


@pytest.mark.parametrize("gain", [0.93, 1.0, 1.12])
def test_a_gain_and_an_offset_come_back_though_the_reference_is_late_and_slow(tmp_path: Path, gain: float) -> None:
    driven = wave()
    meter = followed(Edges(tmp_path / "a"), driven, noise=0.005)
    standard = followed(
        Edges(tmp_path / "b"),
        driven,
        low_w=gain * 70 + 35,
        high_w=gain * 300 + 35,
        lag_s=0.08,
        ramp_s=0.3,
        period_s=0.2,
        noise=0.005,
    )
    found = reference_fit([answered(meter, driven)], answered(standard, driven), driven)
    assert found.gain == pytest.approx(gain, rel=0.01)
    assert found.offset_w == pytest.approx(35, abs=3)
    assert abs(found.gain - gain) < 2 * found.gain_half_width
    assert len(found.plateaus) == len(driven.edges_s) + 1


def test_the_powers_of_several_domains_are_added(tmp_path: Path) -> None:
    driven = wave()
    parts = [followed(Edges(tmp_path / name), driven, low_w=30, high_w=high) for name, high in (("a", 90), ("b", 60))]
    standard = followed(Edges(tmp_path / "c"), driven, low_w=60 * 1.1 + 5, high_w=150 * 1.1 + 5)
    found = reference_fit([answered(part, driven) for part in parts], answered(standard, driven), driven)
    assert found.gain == pytest.approx(1.1, rel=0.005)
    assert found.offset_w == pytest.approx(5, abs=1)


@pytest.mark.parametrize(("gain", "half_width"), [(1.1, 3.0), (1.0, 0.25), (0.55, 0.08), (1.0, math.nan)])
def test_a_gain_that_is_hardly_known_is_refused(gain: float, half_width: float) -> None:
    assert believable(1.1, 0.1)
    assert not believable(gain, half_width)
    with pytest.raises(NotMeasurable, match="says nothing of the meter"):
        _checked((gain, half_width, 0.0, 1.0), [])


@pytest.mark.parametrize("gain", [0.3, 2.5])
def test_a_gain_that_no_meter_has_is_refused_with_the_reason(tmp_path: Path, gain: float) -> None:
    driven = wave()
    meter = followed(Edges(tmp_path / "a"), driven)
    standard = followed(Edges(tmp_path / "b"), driven, low_w=gain * 70, high_w=gain * 300)
    with pytest.raises(NotMeasurable, match="no meter is off by that much"):
        reference_fit([answered(meter, driven)], answered(standard, driven), driven)


def test_too_few_plateaus_are_refused(tmp_path: Path) -> None:
    driven = wave(cycles=2)
    pair = answered(followed(Edges(tmp_path / "a"), driven), driven)
    with pytest.raises(NotMeasurable, match="Only 5 plateaus"):
        reference_fit([pair], pair, driven)


def test_a_plateau_that_a_slow_meter_spends_on_following_does_not_count(edges: Edges) -> None:
    driven = wave()
    made, found = answered(followed(edges, driven), driven)
    slow = Response(found.lag_s, Estimate(1.4, 1.4, 1.45), found.low_w, found.high_w, found.noise_w)
    with pytest.raises(NotMeasurable, match="plateaus"):
        reference_fit([(made, found)], (made, slow), driven)
