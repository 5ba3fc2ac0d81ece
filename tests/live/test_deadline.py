"""A question ends in time, and whatever it raises is a reason."""

from __future__ import annotations

import threading

import pytest
import requests

from energyprof.live.deadline import within
from energyprof.live.no_answer import NoAnswer


def test_an_answer_in_time_comes_back() -> None:
    assert within(30, lambda: None) is None
    assert within(30, lambda: 7) == 7


def test_what_takes_too_long_is_left_to_itself() -> None:
    over = threading.Event()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.05 s"):
        within(0.05, over.wait)
    over.set()


def test_a_foreign_error_is_told_by_its_kind_alone() -> None:
    def refuse() -> None:
        raise LookupError("https://service/api?securityToken=s3cret")

    with pytest.raises(NoAnswer) as refusal:
        within(30, refuse)
    assert str(refusal.value) == "the question failed (LookupError)"
    assert refusal.value.__cause__ is None


def test_a_status_that_came_with_a_foreign_error_is_told() -> None:
    refused = requests.Response()
    refused.status_code = 401

    def refuse() -> None:
        raise requests.HTTPError("401 for https://service/api?securityToken=s3cret", response=refused)

    with pytest.raises(NoAnswer, match=r"^the question failed \(HTTPError, status 401\)$"):
        within(30, refuse)


def test_a_reason_stays_as_it_is() -> None:
    def refuse() -> None:
        raise NoAnswer("it does not know this zone")

    with pytest.raises(NoAnswer, match=r"^it does not know this zone$"):
        within(30, refuse)
