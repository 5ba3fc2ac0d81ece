"""A watch asks before and after, and its record holds both, whatever became of them."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from live.recorded import (
    BREAKDOWN,
    BREAKDOWNS,
    HISTORY,
    HOUR_S,
    INTENSITY,
    NOON_S,
    HandClock,
    RecordedClient,
    reading,
)

from energyprof.live.catalogue import Wanted
from energyprof.live.electricity_maps import ElectricityMaps
from energyprof.live.service import LiveService
from energyprof.live.watch import LiveWatch, watching
from energyprof.model.errors import InvalidValue
from energyprof.model.live import LiveAnswer, LiveReading, live_of

ASKED = Wanted("electricity-maps", "FR")
MAPS = {
    "carbon-intensity/latest": INTENSITY,
    "power-breakdown/latest": BREAKDOWN,
    "carbon-intensity/history": HISTORY,
    "power-breakdown/history": BREAKDOWNS,
}


class Told:
    """A service that gives one answer after the other."""

    def __init__(self, *answers: tuple[list[LiveReading], LiveAnswer]) -> None:
        self._answers = list(answers)
        self.starts: list[float | None] = []

    def ask(self, start_s: float | None = None) -> tuple[list[LiveReading], LiveAnswer]:
        self.starts.append(start_s)
        return self._answers.pop(0)


def _watch(service: Told | LiveService, clock: HandClock) -> LiveWatch:
    return LiveWatch(ASKED, service, wall=clock.wall, steady=clock.steady)


def test_a_later_value_of_one_time_stands_in_for_a_former_one() -> None:
    clock = HandClock()
    before = ([reading(NOON_S, 44, estimated=True)], LiveAnswer(NOON_S, "live"))
    after = ([reading(NOON_S, 47), reading(NOON_S + HOUR_S, 60)], LiveAnswer(NOON_S + HOUR_S, "live"))
    service = Told(before, after)
    watch = _watch(service, clock)
    watch.begin()
    clock.pass_s(HOUR_S)
    record = watch.finish()
    assert [found.g_per_kwh for found in record.readings] == [47, 60]
    assert service.starts == [None, NOON_S]
    assert record.epoch_s == NOON_S - 1000
    assert (record.outcome, record.reason) == ("live", None)


def test_where_the_second_question_fails_what_the_first_told_is_kept() -> None:
    clock = HandClock()
    first = ([reading(NOON_S, 44)], LiveAnswer(NOON_S, "cached"))
    watch = _watch(Told(first, ([], LiveAnswer(NOON_S, "fell back", "it was asked too often"))), clock)
    watch.begin()
    record = watch.finish()
    assert [found.g_per_kwh for found in record.readings] == [44]
    assert (record.outcome, record.reason) == ("cached", "it was asked too often")


def test_where_both_fail_the_record_says_so() -> None:
    clock = HandClock()
    failed = ([], LiveAnswer(NOON_S, "fell back", "it refuses the token"))
    watch = _watch(Told(failed, failed), clock)
    watch.begin()
    record = watch.finish()
    assert (record.readings, record.outcome, record.reason) == ([], "fell back", "it refuses the token")


def test_through_service_and_provider_two_hours_have_their_values_and_a_day_is_not_kept() -> None:
    clock, client = HandClock(), RecordedClient(MAPS)
    clock.pass_s(-2 * HOUR_S + 60)
    client.answers = {**MAPS, "carbon-intensity/latest": {**INTENSITY, "datetime": "2026-01-31T10:00:00.000Z"}}
    watch = _watch(LiveService(ElectricityMaps("FR", "t", client), wall=clock.wall, steady=clock.steady), clock)
    watch.begin()
    clock.pass_s(2 * HOUR_S)
    record = watch.finish()
    assert [(found.start_s, found.g_per_kwh) for found in record.readings] == [(NOON_S - 2 * HOUR_S, 40), (NOON_S, 44)]
    assert [answer.outcome for answer in record.answers] == ["live", "live"]
    assert live_of(asdict(record)) == record


def test_nothing_asked_for_is_no_watch_and_a_missing_token_is_an_error_at_once() -> None:
    assert watching(None, {}) is None
    with pytest.raises(InvalidValue, match="ELECTRICITYMAPS_TOKEN"):
        watching("electricity-maps:FR", {})


def test_making_a_watch_asks_nothing() -> None:
    client = RecordedClient(MAPS)
    made = watching("electricity-maps:FR", {"ELECTRICITYMAPS_TOKEN": "t"}, client)
    assert made is not None
    assert made.label == "Electricity Maps, zone FR"
    assert client.asked == []
