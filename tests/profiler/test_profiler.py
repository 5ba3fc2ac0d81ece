"""Profilers on a simulated GPU with a 100 ms counter: joules per span against the joules truly drawn."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from simulated.gpu import GPU_IS_LOST, SimulatedGpu
from simulated.work import IDLE_W, Draw, drawn_j

from energyprof import Profiler, Quantity, profile
from energyprof.model.errors import InvalidValue, NotMeasurable, UnknownName, UnwritableOutput
from energyprof.profiler.result import Result


def value(quantity: Quantity) -> float:
    assert quantity.value is not None, quantity.reason
    return quantity.value


def shared_j(result: Result) -> float:
    parts = [value(measurement.energy_exclusive) for measurement in result]
    return sum(parts) + value(result.idle) + value(result.unattributed)


def test_isolated_100_ms_calls_are_measured_without_bias(gpu: SimulatedGpu, draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        for turn in range(8):
            time.sleep(0.4 + 0.013 * turn)
            with profiler.span("call"):
                draw(0.1, 600)
        time.sleep(0.4)
    call = profiler.result["call"]
    assert call.calls == 8
    assert 8 * value(call.per_call) == pytest.approx(600 * 0.8 + IDLE_W * (call.duration_s - 0.8), rel=0.03)
    assert call.estimator == "bracket"
    assert shared_j(profiler.result) == pytest.approx(value(profiler.result.total), rel=1e-9)


def test_the_total_is_what_the_device_drew_and_idle_is_idle(gpu: SimulatedGpu, draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"])
    before_s = time.monotonic()
    profiler.start()
    start_s = time.monotonic()
    time.sleep(0.5)
    with profiler.span("work"):
        draw(0.3, 400)
    time.sleep(0.5)
    end_s = time.monotonic()
    result = profiler.stop()
    after_s = time.monotonic()
    least_j, most_j = gpu.edges.energy_j(start_s, end_s), gpu.edges.energy_j(before_s, after_s)
    assert 0.98 * least_j <= value(result.total) <= 1.02 * most_j
    work_s = result["work"].duration_s
    assert 0.95 * IDLE_W * (end_s - start_s - work_s) <= value(result.idle) <= 1.05 * IDLE_W * (after_s - before_s)
    assert value(result["work"].energy_net) == pytest.approx((400 - IDLE_W) * 0.3, rel=0.05)


def test_nested_spans_are_inclusive_and_exclusive(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.4)
        with profiler.span("outer"):
            draw(0.3, 200)
            with profiler.span("inner", requests=2):
                draw(0.3, 600)
        time.sleep(0.4)
    result = profiler.result
    outer, inner = result["outer"], result["inner"]
    assert value(outer.energy) == pytest.approx(drawn_j(outer.duration_s, (0.3, 200), (0.3, 600)), rel=0.05)
    assert value(inner.energy) == pytest.approx(drawn_j(inner.duration_s, (0.3, 600)), rel=0.10)
    inclusive_j, exclusive_j = value(result["outer"].energy), value(result["outer"].energy_exclusive)
    assert inclusive_j == pytest.approx(exclusive_j + value(result["inner"].energy))
    assert value(result["inner"].per("requests")) == pytest.approx(value(result["inner"].energy) / 2)


def test_eight_overlapping_spans_share_the_device(gpu: SimulatedGpu, draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.4)
        ready, done = threading.Barrier(9), threading.Barrier(9)

        def request() -> None:
            with profiler.span("request"):
                ready.wait(5)
                done.wait(5)

        threads = [threading.Thread(target=request) for _ in range(8)]
        for thread in threads:
            thread.start()
        ready.wait(5)
        draw(0.5, 800)
        done.wait(5)
        for thread in threads:
            thread.join()
        time.sleep(0.4)
    result = profiler.result
    # All eight run for about as long, from the first barrier to the second one.
    truth_j = drawn_j(result["request"].duration_s / 8, (0.5, 800))
    assert value(result["request"].energy) == pytest.approx(truth_j, rel=0.05)
    assert value(result["request"].per_call) == pytest.approx(truth_j / 8, rel=0.05)
    assert shared_j(result) == pytest.approx(value(result.total), rel=1e-9)


def test_streams_are_charged_for_their_own_time(draw: Draw) -> None:
    @profile(name="stream", units={"tokens": lambda _: 1})
    def stream() -> Iterator[int]:
        for token in range(5):
            draw(0.1, 500)
            yield token

    @profile(name="astream")
    async def astream() -> AsyncIterator[int]:
        for token in range(5):
            draw(0.1, 500)
            yield token

    async def consume() -> None:
        async for _ in astream():
            await asyncio.sleep(0.1)

    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.4)
        for _ in stream():
            time.sleep(0.1)
        asyncio.run(consume())
        time.sleep(0.4)
    result = profiler.result
    for name in ("stream", "astream"):
        truth_j = 500 * 0.5 + IDLE_W * (result[name].duration_s - 0.5)
        assert value(result[name].energy) == pytest.approx(truth_j, rel=0.05)
    assert value(result["stream"].per("tokens")) == pytest.approx(value(result["stream"].energy) / 5)


def test_a_result_can_be_looked_at_while_the_profiler_runs(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.3)
        with profiler.span("first"):
            draw(0.2, 300)
        early = value(profiler.result["first"].energy)
        with profiler.span("second"):
            draw(0.2, 300)
    result = profiler.result
    first, second = result["first"], result["second"]
    assert early == pytest.approx(drawn_j(first.duration_s, (0.2, 300)), rel=0.08)
    assert value(result["first"].energy) == pytest.approx(early, rel=0.05)
    assert value(second.energy) == pytest.approx(drawn_j(second.duration_s, (0.2, 300)), rel=0.08)
    assert shared_j(result) == pytest.approx(value(result.total), rel=1e-9)


def test_a_call_that_ended_just_before_the_books_were_closed_is_in_the_next_look(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.3)
        assert len(profiler.result) == 0
        with profiler.span("call"):
            draw(0.1, 300)
        profiler._fold(None)
        assert profiler.result["call"].calls == 1


def test_looking_early_and_often_takes_no_joules_from_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first tick of a slow counter nothing is known of it, and a look must not settle anything."""
    gpu = SimulatedGpu(tmp_path, idle_w=IDLE_W, period_s=0.2)
    for key, setting in gpu.env.items():
        monkeypatch.setenv(key, setting)
    with Profiler(sensors=["nvml"]) as profiler:
        with profiler.span("call"):
            start_s = gpu.edges.now(600)
            while time.monotonic() < start_s + 0.4:
                looked_at = profiler.result
                time.sleep(0.005)
            end_s = gpu.edges.now(IDLE_W)
        time.sleep(0.7)
    assert len(looked_at) <= 1
    assert value(profiler.result["call"].energy) == pytest.approx(gpu.edges.energy_j(start_s, end_s), rel=0.05)


def test_nested_profilers_both_see_the_inner_spans_and_a_function_counts_once(draw: Draw) -> None:
    @profile(name="both")
    def both() -> None:
        draw(0.2, 400)

    with Profiler(sensors=["nvml"]) as outer:
        time.sleep(0.4)
        both()
        with Profiler(sensors=["nvml"]) as inner:
            time.sleep(0.4)
            both()
            time.sleep(0.4)
    assert outer.result["both"].calls == 2
    assert inner.result["both"].calls == 1
    assert both.energy.calls == 2
    assert value(both.energy.energy) == pytest.approx(value(outer.result["both"].energy), rel=0.1)


def test_a_profiler_that_has_stopped_is_let_go_of_and_its_calls_still_count(draw: Draw) -> None:
    @profile(name="kept")
    def kept() -> None:
        draw(0.2, 400)

    stopped, expected_j = [], 0.0
    for _ in range(2):
        with Profiler(sensors=["nvml"]) as profiler:
            time.sleep(0.3)
            kept()
        expected_j += value(profiler.result["kept"].energy)
        stopped.append(weakref.ref(profiler))
    del profiler
    deadline_s = time.monotonic() + 5
    while any(reference() for reference in stopped) and time.monotonic() < deadline_s:
        gc.collect()
    assert [reference() for reference in stopped] == [None, None]
    assert kept.energy.calls == 2
    assert value(kept.energy.energy) == pytest.approx(expected_j, rel=1e-9)


def test_start_and_stop_work_without_a_with_block(draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"])
    profiler.start()
    with profiler.span("x"):
        draw(0.2, 300)
    assert profiler.stop() is profiler.stop()
    assert profiler.result["x"].calls == 1


def test_a_span_that_ends_just_after_the_profiler_is_charged_up_to_its_stop(gpu: SimulatedGpu, draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"]).start()
    time.sleep(0.4)
    inside = threading.Event()

    def work() -> None:
        with profiler.span("x"):
            inside.set()
            draw(0.7, 600)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(5)
    start_s = time.monotonic()
    time.sleep(0.6)
    end_s = time.monotonic()
    result = profiler.stop()
    thread.join()
    assert value(result["x"].energy) == pytest.approx(gpu.edges.energy_j(start_s, end_s), rel=0.05)
    assert shared_j(result) == pytest.approx(value(result.total), rel=1e-9)


def test_a_second_start_is_refused_and_starts_nothing(draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"]).start()
    with pytest.raises(NotMeasurable, match="Make a new Profiler"):
        profiler.start()
    with profiler.span("x"):
        draw(0.2, 300)
    result = profiler.stop()
    with pytest.raises(NotMeasurable, match="Make a new Profiler"):
        profiler.start()
    assert profiler.result is result
    assert result["x"].calls == 1
    assert not profiler._sampler.running


def test_an_async_with_block_works(draw: Draw) -> None:
    async def main() -> Profiler:
        async with Profiler(sensors=["nvml"]) as profiler:
            with profiler.span("x"):
                draw(0.2, 300)
        return profiler

    assert asyncio.run(main()).result["x"].calls == 1


def test_an_exception_in_a_block_passes_through_and_the_call_is_kept(draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"])
    with pytest.raises(ZeroDivisionError), profiler, profiler.span("x"):
        draw(0.1, 300)
        raise ZeroDivisionError
    assert profiler.result["x"].calls == 1


def test_joules_lost_with_the_gpu_are_unknown_with_the_reason(gpu: SimulatedGpu, draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.3)
        now_s = time.monotonic()
        gpu.reset(now_s + 0.2)
        with profiler.span("x"):
            draw(0.5, 300)
        time.sleep(0.3)
    energy = profiler.result["x"].energy
    assert energy.value is None
    assert "could not be read" in str(energy.reason)
    assert any("could not be read" in warning for warning in profiler.result.warnings)


def test_a_fault_during_which_the_counter_ran_on_loses_nothing(gpu: SimulatedGpu, draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.4)
        now_s = time.monotonic()
        gpu.fail(GPU_IS_LOST, now_s + 0.2, now_s + 0.5)
        with profiler.span("x"):
            draw(1.0, 300)
        time.sleep(0.5)
    found = profiler.result["x"]
    assert value(found.energy) == pytest.approx(drawn_j(found.duration_s, (1.0, 300)), rel=0.03)


def test_a_span_that_nobody_recorded_is_named_with_those_that_were(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler, profiler.span("x"):
        draw(0.1, 300)
    with pytest.raises(UnknownName, match="Recorded: x"):
        profiler.result["y"]


def test_the_record_holds_the_evidence_and_the_result(tmp_path: Path, draw: Draw) -> None:
    with Profiler(sensors=["nvml"], out=tmp_path / "record", grid="FRA") as profiler, profiler.span("x", requests=3):
        draw(0.3, 300)
    document = json.loads((tmp_path / "record" / "profiler.json").read_text())
    [measurement] = document["measurements"]
    assert measurement["energy_j"]["value"] == profiler.result["x"].energy.value
    assert measurement["units"] == {"requests": 3}
    assert measurement["co2e_g"]["value"] > 0
    assert [span["name"] for span in document["spans"]] == ["x"]
    assert document["timelines"][0]["counts"]
    [meter] = document["meters"]
    assert (meter["domain"], meter["driver"]) == ("gpu:0", "999.00")
    assert meter["latency_s"] > 0


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path, gpu: SimulatedGpu) -> None:
    (tmp_path / "file").touch()
    threads = threading.active_count()
    with pytest.raises(UnwritableOutput, match=r"file cannot be written .* Give `out` a folder"):
        Profiler(sensors=["nvml"], out=tmp_path / "file").start()
    assert threading.active_count() <= threads


def test_a_record_that_cannot_be_written_takes_nothing_from_the_result(tmp_path: Path, draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"], out=tmp_path / "record").start()
    time.sleep(0.4)
    with profiler.span("x"):
        draw(0.3, 300)
    (tmp_path / "record" / "profiler.json").mkdir()
    with pytest.raises(UnwritableOutput, match=r"Profiler\.result"):
        profiler.stop()
    result = profiler.result
    assert value(result["x"].energy) == pytest.approx(drawn_j(result["x"].duration_s, (0.3, 300)), rel=0.1)
    assert profiler.stop() is result


def test_options_that_cannot_be_are_refused_before_anything_is_measured() -> None:
    with pytest.raises(InvalidValue, match="PUE"):
        Profiler(pue=0.9)
    with pytest.raises(UnknownName, match="FRA"):
        Profiler(grid="FRE")
    with pytest.raises(InvalidValue, match="synchronise or events"):
        Profiler(cuda="event")  # type: ignore[arg-type]
    with pytest.raises(NotMeasurable, match="not started"):
        _ = Profiler().result


def test_a_sampler_that_hangs_loses_the_joules_of_that_time_and_no_others(
    draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energyprof.capture.sampler.STOP_TIMEOUT_S", 1.0)
    profiler = Profiler(sensors=["nvml"]).start()
    time.sleep(0.4)
    with profiler.span("before"):
        draw(0.3, 600)
    time.sleep(0.5)
    child = profiler._sampler._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    with profiler.span("meanwhile"):
        draw(0.3, 600)
    result = profiler.stop()
    before = result["before"]
    assert value(before.energy) == pytest.approx(drawn_j(before.duration_s, (0.3, 600)), rel=0.05)
    for lost in (result["meanwhile"].energy, result.total, result.idle, result.unattributed):
        assert lost.value is None
        assert "could not be read" in (lost.reason or "")
    assert any("lost" in warning for warning in result.warnings)


def test_on_a_machine_of_their_own_spans_are_charged_for_the_pauses_too(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.5)
        for name, duration_s in (("long", 0.6), ("short", 0.3)):
            with profiler.span(name):
                draw(duration_s, 400)
            time.sleep(0.5)
    long, short, total = profiler.result["long"], profiler.result["short"], profiler.result.total
    assert value(long.energy_provisioned) + value(short.energy_provisioned) == pytest.approx(value(total), rel=1e-9)
    pauses_j = value(total) - value(long.energy) - value(short.energy)
    share = long.duration_s / (long.duration_s + short.duration_s)
    assert value(long.energy_provisioned) == pytest.approx(value(long.energy) + share * pauses_j, rel=1e-6)
    assert value(long.energy_process) == value(long.energy)
    assert long.contended is False


def test_a_call_that_still_runs_is_in_the_energy_and_not_in_the_energy_per_call(draw: Draw) -> None:
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.4)
        start_s = time.monotonic()
        with profiler.span("call", requests=1):
            draw(0.2, 600)
        lasted_s = time.monotonic() - start_s
        truth_j = drawn_j(lasted_s, (0.2, 600))
        time.sleep(0.4)
        running = profiler.span("call")
        running.__enter__()
        draw(0.5, 600)
        time.sleep(0.5)
        call = profiler.result["call"]
        assert call.calls == 1
        assert value(call.energy) > 350
        assert value(call.per_call) == pytest.approx(truth_j, rel=0.05)
        assert value(call.per("requests")) == pytest.approx(truth_j, rel=0.05)
        assert value(call.power_w) == pytest.approx(truth_j / lasted_s, rel=0.05)
        running.__exit__(None, None, None)
        time.sleep(0.4)
    assert profiler.result["call"].calls == 2
    assert value(profiler.result["call"].energy_finished) == value(profiler.result["call"].energy)


def test_a_span_below_what_the_counter_resolves_has_a_bound_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpu: SimulatedGpu
) -> None:
    (tmp_path / "noisy").mkdir()
    noisy = SimulatedGpu(tmp_path / "noisy", idle_w=IDLE_W, period_s=0.1, noise=0.05)
    for key, setting in noisy.env.items():
        monkeypatch.setenv(key, setting)
    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.5)
        for turn in range(3):  # noise lets one in forty stand out by chance
            with profiler.span(f"blink {turn}"):
                time.sleep(0.0002)
            time.sleep(0.5)
    result = profiler.result
    unresolved = [blink for blink in result if blink.energy.value is None]
    assert unresolved
    for blink in unresolved:
        assert blink.energy.high is not None
        assert 70 * 0.0002 < blink.energy.high < 20
        assert str(blink.per_call).startswith("at most ")
    known_j = sum(blink.energy_exclusive.value or 0.0 for blink in result)
    shared = known_j + value(result.idle) + value(result.unattributed)
    assert shared == pytest.approx(value(result.total), rel=1e-9)


def test_the_total_is_what_the_device_drew_and_has_an_interval(gpu: SimulatedGpu, draw: Draw) -> None:
    profiler = Profiler(sensors=["nvml"])
    profiler.start()
    start_s = time.monotonic()
    time.sleep(0.6)
    result = profiler.stop()
    books = profiler._books
    assert books is not None
    truth_j = gpu.edges.energy_j(books.start_s, books.closed_s)
    assert books.start_s <= start_s
    assert result.total.low is not None
    assert result.total.high is not None
    assert value(result.total) == pytest.approx(truth_j, rel=0.02)
    assert 0 < result.total.high - result.total.low < 0.05 * truth_j


def test_a_hot_loop_of_short_calls_gets_what_the_device_drew_while_it_ran(gpu: SimulatedGpu) -> None:
    @profile(name="short")
    def short() -> None:
        sum(range(3000))

    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.5)
        start_s = time.monotonic()
        gpu.edges.pulse(start_s, 2.0, 600)
        calls = 0
        while time.monotonic() < start_s + 2.0:
            short()
            calls += 1
        time.sleep(0.5)
    found = profiler.result["short"]
    assert calls > 1000
    assert found.calls == calls
    # Between the calls the device is taken to idle.
    assert value(found.energy) == pytest.approx(1200 - IDLE_W * (2.0 - found.duration_s), rel=0.03)
    assert shared_j(profiler.result) == pytest.approx(value(profiler.result.total), rel=1e-9)


def test_the_record_holds_every_tick_though_old_ones_are_not_kept_in_memory(
    tmp_path: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energyprof.profiler.profiler.KEPT_TICKS", 4)
    monkeypatch.setattr("energyprof.profiler.profiler.FOLD_PERIOD_S", 0.5)
    with Profiler(sensors=["nvml"], out=tmp_path) as profiler:
        for _ in range(3):
            with profiler.span("x"):
                draw(0.3, 300)
            time.sleep(0.5)
            assert profiler.result["x"].calls
        [kept] = profiler._sampler.timelines()
    [timeline] = json.loads((tmp_path / "profiler.json").read_text())["timelines"]
    assert len(timeline["counts"]) > len(kept.counts) + 5
    assert timeline["seen_s"] == sorted(timeline["seen_s"])
    assert set(kept.seen_s) <= set(timeline["seen_s"])
