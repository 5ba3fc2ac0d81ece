from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energyprof.tasks.dates import (
    ANSWER_TOKENS,
    FIRST_DAY,
    GROUPS,
    LAST_DAY,
    TASK,
    TEST_ITEMS_PER_GROUP,
    Group,
    Problem,
    add_months,
    distinct,
    in_words,
    problems,
    split,
)

LAYOUTS = (
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d of %B %Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y-%m-%d",
)
OFFSET = re.compile(r"(?:(\d+) (days|weeks|months|years)|(the day)) (after|before) (.+)")


def sample(group: Group, count: int) -> list[Problem]:
    return list(itertools.islice(problems("train", [group], random.Random(7)), count))


def read(text: str) -> date:
    """The date as Python's own parser reads it."""
    plain = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)
    for layout in LAYOUTS:
        try:
            return datetime.strptime(plain, layout).date()
        except ValueError:
            continue
    raise AssertionError(text)


def months_later(day: date, months: int) -> date:
    """Month by month, and at the end back to the last day that exists."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        year, month = (year + 1, 1) if month > 12 else (year - 1, 12) if month < 1 else (year, month)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def moved(day: date, count: int, unit: str) -> date:
    if unit in ("days", "weeks"):
        return day + timedelta(**{unit: count})
    return months_later(day, count if unit == "months" else 12 * count)


def test_plain_dates_mean_what_the_calendar_reads() -> None:
    for problem in sample("easy", 2000):
        assert read(problem.prompt.removesuffix("=")).isoformat() == problem.answer, problem


def test_arithmetic_agrees_with_the_calendar() -> None:
    for problem in sample("arithmetic", 2000):
        found = OFFSET.fullmatch(problem.prompt.removesuffix("="))
        assert found, problem
        count, unit = int(found[1] or 1), found[2] or "days"
        count = count if found[4] == "after" else -count
        assert moved(read(found[5]), count, unit).isoformat() == problem.answer, problem


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2020, 2, 29), 48, date(2024, 2, 29)),
        (date(2021, 3, 31), -1, date(2021, 2, 28)),
        (date(2021, 12, 15), 1, date(2022, 1, 15)),
        (date(2021, 1, 15), -1, date(2020, 12, 15)),
        (date(2021, 5, 31), 0, date(2021, 5, 31)),
    ],
)
def test_months_end_on_the_last_day_that_exists(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(1990, 5, 3), "the third of may nineteen ninety"),
        (date(2000, 2, 29), "the twenty-ninth of february two thousand"),
        (date(2005, 12, 20), "the twentieth of december two thousand and five"),
        (date(1905, 1, 31), "the thirty-first of january nineteen oh five"),
        (date(1900, 8, 12), "the twelfth of august nineteen hundred"),
        (date(2012, 10, 1), "the first of october twenty twelve"),
        (date(2049, 9, 30), "the thirtieth of september twenty forty-nine"),
    ],
)
def test_dates_are_spoken_as_people_say_them(day: date, words: str) -> None:
    assert in_words(day) == words


def test_no_two_days_are_spoken_alike() -> None:
    days = [FIRST_DAY + timedelta(number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    assert len({in_words(day) for day in days}) == len(days)


def test_words_mean_the_day_they_were_made_from() -> None:
    spoken = {in_words(FIRST_DAY + timedelta(number)): FIRST_DAY + timedelta(number) for number in range(36_525)}
    seen = [problem for problem in sample("words", 2000) if problem.prompt.removesuffix("=") in spoken]
    assert len(seen) > 200
    assert all(spoken[problem.prompt.removesuffix("=")].isoformat() == problem.answer for problem in seen)


@given(st.text())
def test_a_prompt_belongs_to_one_set_for_ever(prompt: str) -> None:
    assert split(prompt) == split(prompt)
    assert split(prompt) in ("train", "dev", "test")


def test_training_never_meets_a_test_prompt() -> None:
    tested = set(TASK.items())
    trained = {problem.prompt for problem in itertools.islice(problems("train", GROUPS, random.Random(0)), 20_000)}
    assert not tested & trained
    assert {split(prompt) for prompt in tested} == {"test"}
    assert {split(prompt) for prompt in trained} == {"train"}


def test_the_test_set_has_every_difficulty_alike_and_no_prompt_twice() -> None:
    found = distinct("test", TEST_ITEMS_PER_GROUP, 1)
    assert Counter(problem.group for problem in found) == dict.fromkeys(GROUPS, TEST_ITEMS_PER_GROUP)
    assert len({problem.prompt for problem in found}) == len(found)
    assert len(set(TASK.items())) == len(TASK.items()) == 3 * TEST_ITEMS_PER_GROUP


def test_only_the_exact_answer_scores() -> None:
    assert TASK.score is not None
    answers = {problem.prompt: problem.answer for problem in distinct("test", TEST_ITEMS_PER_GROUP, 20_001)}
    truth = [answers[prompt] for prompt in TASK.items()]
    scores = TASK.score([f" {truth[0]}\n", truth[1][:-1], "", *truth[3:]])
    assert scores.values == [1.0, 0.0, 0.0] + [1.0] * (len(truth) - 3)
    assert scores.groups == ["easy", "words", "arithmetic"] * 200


def test_there_is_room_for_the_whole_answer() -> None:
    assert TASK.generation is not None
    assert TASK.generation.max_new_tokens == ANSWER_TOKENS == len("2011-03-05") + 1
