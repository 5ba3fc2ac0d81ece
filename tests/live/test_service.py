"""What was told just now is not asked again, what failed is left alone for ever longer, and nothing is raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from live.recorded import HOUR_S, NOON_S, HandClock, reading

from energyprof.live.no_answer import NoAnswer
from energyprof.live.service import EXPIRED_AFTER_S, LONGEST_PAUSE_S, LiveService
from energyprof.model.live import LiveReading


@dataclass
class Scripted:
    """A provider that answers as it is told to; `asked` holds what it was asked of."""

    answer: Callable[[float, float], list[LiveReading]]
    asked: list[tuple[float, float]] = field(default_factory=list)

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        self.asked.append((start_s, end_s))
        return self.answer(start_s, end_s)


def _service(answer: Callable[[float, float], list[LiveReading]]) -> tuple[LiveService, Scripted, HandClock]:
    clock, provider = HandClock(), Scripted(answer)
    return LiveService(provider, wall=clock.wall, steady=clock.steady), provider, clock


def _hourly(start_s: float, end_s: float) -> list[LiveReading]:
    first = start_s // HOUR_S
    return [reading(hour * HOUR_S, 100.0 + hour - first) for hour in range(int(first), int(end_s // HOUR_S) + 1)]


def _fail(start_s: float, end_s: float) -> list[LiveReading]:
    raise NoAnswer("it does not know this zone")


def test_within_a_minute_the_answer_is_remembered() -> None:
    service, provider, clock = _service(lambda start_s, end_s: [reading(NOON_S, 44, estimated=True)])
    assert service.ask()[1].outcome == "live"
    clock.pass_s(59)
    readings, answer = service.ask()
    assert (answer.outcome, readings[0].g_per_kwh, len(provider.asked)) == ("cached", 44, 1)
    clock.pass_s(2)
    assert service.ask()[1].outcome == "live"


def test_a_firm_reading_is_remembered_for_its_half_hour() -> None:
    service, provider, clock = _service(lambda start_s, end_s: [reading(NOON_S, 44)])
    service.ask()
    clock.pass_s(29 * 60)
    assert service.ask()[1].outcome == "cached"
    clock.pass_s(2 * 60)
    assert service.ask()[1].outcome == "live"
    assert len(provider.asked) == 2


def test_a_stretch_that_began_before_what_is_remembered_is_asked_for() -> None:
    service, provider, clock = _service(_hourly)
    service.ask()
    clock.pass_s(10)
    readings, answer = service.ask(NOON_S - 2 * HOUR_S)
    assert answer.outcome == "live"
    assert [found.start_s for found in readings] == [NOON_S - 2 * HOUR_S, NOON_S - HOUR_S, NOON_S]
    assert provider.asked[-1] == (NOON_S - 2 * HOUR_S, NOON_S + 10)


def test_only_what_touches_the_stretch_is_kept() -> None:
    service, *_ = _service(lambda start_s, end_s: [reading(NOON_S - k * HOUR_S, 44.0 + k) for k in range(24)])
    assert [found.g_per_kwh for found in service.ask()[0]] == [44.0]


def test_where_the_service_lags_its_newest_reading_is_kept() -> None:
    service, *_ = _service(lambda start_s, end_s: [reading(NOON_S - k * HOUR_S, 44.0 + k) for k in (2, 3)])
    readings, answer = service.ask()
    assert (answer.outcome, [found.g_per_kwh for found in readings]) == ("live", [46.0])


def test_after_failures_the_pause_doubles_up_to_an_hour() -> None:
    service, provider, clock = _service(_fail)
    pauses = []
    for _ in range(10):
        assert service.ask()[1].reason == "it does not know this zone"
        asked, waited_s = len(provider.asked), 0
        while len(provider.asked) == asked:
            clock.pass_s(1)
            waited_s += 1
            service.ask()
            assert waited_s <= LONGEST_PAUSE_S
        pauses.append(waited_s)
        clock.pass_s(LONGEST_PAUSE_S)  # past the pause that the question at its end began
    assert pauses == [30, 120, 480, 1920, 3600, 3600, 3600, 3600, 3600, 3600]  # every second one


def test_during_a_pause_nothing_is_asked_and_the_reason_is_kept() -> None:
    service, provider, clock = _service(_fail)
    service.ask()
    clock.pass_s(10)
    readings, answer = service.ask()
    assert readings == []
    assert answer.reason == "not asked again for another 20 s, after: it does not know this zone"
    assert len(provider.asked) == 1


def test_an_answer_ends_the_pauses() -> None:
    working = False
    service, _, clock = _service(lambda start_s, end_s: _hourly(start_s, end_s) if working else _fail(0, 0))
    service.ask()
    clock.pass_s(31)
    working = True
    assert service.ask()[1].outcome == "live"
    clock.pass_s(HOUR_S)
    working = False
    assert service.ask()[1].reason == "it does not know this zone"
    clock.pass_s(31)
    working = True
    assert service.ask()[1].outcome == "live"


def _raise(error: Exception) -> list[LiveReading]:
    raise error


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: [], "no value for this time"),
        (lambda: [reading(NOON_S - EXPIRED_AFTER_S - HOUR_S - 60, 44)], "3.0 hours old"),
        (lambda: [reading(NOON_S + 2 * HOUR_S, 44)], "lies in the future"),
        (lambda: [reading(NOON_S, 44), reading(NOON_S + 24 * HOUR_S, 44)], "lies in the future"),
        (lambda: [reading(NOON_S, 44, length_s=0)], "for no time"),
        (lambda: [reading(NOON_S, 44, length_s=float("nan"))], "for no time"),
        (lambda: [reading(NOON_S, 44, length_s=1e9)], "more than a day"),
        (lambda: _raise(RecursionError("deep")), "RecursionError"),
        (lambda: _raise(TypeError("of ours")), "TypeError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_says_nothing_of_now_is_a_fall_back_with_its_reason(
    answer: Callable[[], list[LiveReading]], said: str
) -> None:
    service, *_ = _service(lambda start_s, end_s: answer())
    readings, told = service.ask()
    assert (readings, told.outcome) == ([], "fell back")
    assert told.reason is not None
    assert said in told.reason


def test_a_clock_that_went_back_forgets() -> None:
    service, provider, clock = _service(_hourly)
    service.ask()
    clock.wall_s -= 3 * HOUR_S
    assert service.ask()[1].outcome == "live"
    assert len(provider.asked) == 2
