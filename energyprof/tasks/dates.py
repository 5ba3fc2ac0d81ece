"""Dates as people write them, to be normalised to ISO 8601: made by rule, with answers from the calendar.

The set a prompt belongs to is a function of its text, so that no test prompt can be trained on.
"""

from __future__ import annotations

import calendar
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from energyprof.model.workload import Generation
from energyprof.tasks.task import ItemScores, Task

Group = Literal["easy", "words", "arithmetic"]
Split = Literal["train", "dev", "test"]

GROUPS: tuple[Group, ...] = ("easy", "words", "arithmetic")
FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2049, 12, 31)
ANSWER_TOKENS = 11
"""Ten characters of "2011-03-05" and the end-of-sequence token."""
TEST_ITEMS_PER_GROUP = 200
TEST_SEED = 20_001

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_MONTHS = ("zeroth january february march april may june july august september october november december").split()
_SHORT_MONTHS = [name[:3] for name in _MONTHS]


@dataclass(frozen=True, slots=True)
class Problem:
    """A prompt, which ends in "=", its only right answer, and how difficult it is."""

    prompt: str
    answer: str
    group: Group


def split(prompt: str) -> Split:
    """The set that a prompt belongs to: one in sixteen each is for test and for development."""
    bucket = zlib.crc32(prompt.encode()) % 16
    return "test" if bucket == 0 else "dev" if bucket == 1 else "train"


def problems(wanted: Split, groups: Sequence[Group], rng: random.Random) -> Iterator[Problem]:
    """Endless problems of one set; each draws its difficulty from `groups`, where a group may stand twice."""
    while True:
        problem = _MAKERS[rng.choice(groups)](rng)
        if split(problem.prompt) == wanted:
            yield problem


def distinct(wanted: Split, per_group: int, seed: int) -> list[Problem]:
    """`per_group` problems of each difficulty, no prompt twice, the same ones for the same seed."""
    chosen: dict[str, Problem] = {}
    rng = random.Random(seed)
    for position, group in enumerate(GROUPS, start=1):
        stream = problems(wanted, [group], rng)
        while len(chosen) < position * per_group:
            problem = next(stream)
            chosen.setdefault(problem.prompt, problem)
    return list(chosen.values())


def add_months(day: date, months: int) -> date:
    """The same day of a month that lies `months` later, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_words(day: date) -> str:
    """ "the third of may nineteen ninety", one fixed wording of several that `words` draws from."""
    return f"the {_ordinal(day.day)} of {_MONTHS[day.month]} {_year_in_words(day.year)}"


def _easy(rng: random.Random) -> Problem:
    day = _any_day(rng)
    month, short = _MONTHS[day.month], _SHORT_MONTHS[day.month]
    text = rng.choice(
        (
            f"{day.day} {short} {day.year}",
            f"{day.day} {month} {day.year}",
            f"{short} {day.day}, {day.year}",
            f"{month} {day.day}, {day.year}",
            f"{day.day}{_suffix(day.day)} of {month} {day.year}",
            f"{day.day:02}/{day.month:02}/{day.year}",
            f"{day.day}.{day.month}.{day.year}",
            f"{day.year}/{day.month:02}/{day.day:02}",
        )
    )
    return Problem(f"{text}=", day.isoformat(), "easy")


def _words(rng: random.Random) -> Problem:
    day = _any_day(rng)
    number, month, year = _ordinal(day.day), _MONTHS[day.month], _year_in_words(day.year)
    text = rng.choice(
        (
            in_words(day),
            f"{number} of {month}, {year}",
            f"{month} the {number}, {year}",
            f"{month} {number} {year}",
            f"the {number} of {month} {day.year}",
        )
    )
    return Problem(f"{text}=", day.isoformat(), "words")


def _arithmetic(rng: random.Random) -> Problem:
    day = _any_day(rng)
    short = _SHORT_MONTHS[day.month]
    written = rng.choice((f"{day.day} {short} {day.year}", f"{short} {day.day}, {day.year}", day.isoformat()))
    move = rng.choices((_by_days, _by_weeks, _by_months, _by_years, _by_one), weights=(8, 3, 3, 2, 1))[0]
    text, result = move(day, rng.choice((1, -1)), rng)
    return Problem(f"{text} {written}=", result.isoformat(), "arithmetic")


def _by_days(day: date, sign: int, rng: random.Random) -> tuple[str, date]:
    count = rng.randint(2, 60)
    return f"{count} days {_direction(sign)}", day + timedelta(days=sign * count)


def _by_weeks(day: date, sign: int, rng: random.Random) -> tuple[str, date]:
    count = rng.randint(2, 8)
    return f"{count} weeks {_direction(sign)}", day + timedelta(weeks=sign * count)


def _by_months(day: date, sign: int, rng: random.Random) -> tuple[str, date]:
    count = rng.randint(2, 18)
    return f"{count} months {_direction(sign)}", add_months(day, sign * count)


def _by_years(day: date, sign: int, rng: random.Random) -> tuple[str, date]:
    count = rng.randint(2, 20)
    return f"{count} years {_direction(sign)}", add_months(day, sign * count * 12)


def _by_one(day: date, sign: int, rng: random.Random) -> tuple[str, date]:
    return f"the day {_direction(sign)}", day + timedelta(days=sign)


_MAKERS: dict[Group, Callable[[random.Random], Problem]] = {"easy": _easy, "words": _words, "arithmetic": _arithmetic}


def _any_day(rng: random.Random) -> date:
    return FIRST_DAY + timedelta(days=rng.randint(0, (LAST_DAY - FIRST_DAY).days))


def _direction(sign: int) -> str:
    return "after" if sign > 0 else "before"


def _suffix(number: int) -> str:
    return "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _ordinal(number: int) -> str:
    if number < 20:
        return _ORDINALS[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ORDINALS[ones]}" if ones else f"{_TENS[tens][:-1]}ieth"


def _year_in_words(year: int) -> str:
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        return f"two thousand and {_ONES[rest]}" if rest else "two thousand"
    if rest == 0:
        return f"{_number_in_words(century)} hundred"
    return f"{_number_in_words(century)} {f'oh {_ONES[rest]}' if rest < 10 else _number_in_words(rest)}"


def _number_in_words(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]


def _test_problems() -> list[Problem]:
    """All of them, one of each class in turn."""
    grouped = distinct("test", TEST_ITEMS_PER_GROUP, TEST_SEED)
    return [problem for start in range(TEST_ITEMS_PER_GROUP) for problem in grouped[start::TEST_ITEMS_PER_GROUP]]


def _items() -> list[Any]:
    return [problem.prompt for problem in _test_problems()]


def _score(values: Sequence[Any]) -> ItemScores:
    truth = _test_problems()[: len(values)]
    right = [float(value.strip() == problem.answer) for value, problem in zip(values, truth, strict=True)]
    return ItemScores(right, [problem.group for problem in truth])


TASK = Task(
    name="dates",
    kind="text-generation",
    unit="request",
    metric="exact_match",
    score_kind="mean",
    items=_items,
    score=_score,
    generation=Generation(max_new_tokens=ANSWER_TOKENS),
    description=(
        "Normalise a written date to ISO 8601, such as '3 days after 27 feb 2020=' to 2020-03-01, in three "
        "difficulties: plain formats, numbers in words, and calendar arithmetic. An answer counts only if every "
        "character is right. No test prompt was trained on, though its date may have been, in other words."
    ),
    source="Generated by energyprof with Python's calendar; Apache-2.0.",
)
