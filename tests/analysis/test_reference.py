"""A meter that stands apart, followed over timelines whose course is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulated.readings import GPU, Course, polled

from energyprof.analysis.reference import Reference, follow, starting
from energyprof.model.timeline import Gap

PLUG = replace(GPU, id="wall:plug", kind="wall", label="Wall plug", apart="a reference")
BOARD = replace(PLUG, id="board:x", kind="board", label="x", apart="who knows")


def followed(*instants_s: float, domain: object = PLUG) -> Reference:
    timeline = polled(Course(idle_w=70), 10.0, domain=domain)  # type: ignore[arg-type]
    [reference] = starting([GPU, timeline.domain], 1.0)
    for instant_s in instants_s:
        follow([reference], [timeline], instant_s)
    return reference


@pytest.mark.parametrize("instants_s", [(9.0,), (2.0, 2.5, 9.0), (9.0, 9.0)])
def test_its_joules_do_not_depend_on_how_often_it_is_asked(instants_s: tuple[float, ...]) -> None:
    reference = followed(*instants_s)
    assert reference.drawn_j == pytest.approx(70 * 8, rel=1e-3)
    assert (
        reference.sentence(140.0)
        == "Wall plug, in no total (a reference): 560 J (±7 J) in 8.0 s; the 140 J counted here are 25 % of it"
    )


def test_what_has_not_been_read_yet_is_waited_for() -> None:
    reference = followed(5.0, 60.0)
    assert reference.lost_s == 0
    assert reference.end_s == pytest.approx(10.0, abs=0.05)


def test_one_that_ends_early_is_not_held_against_joules_of_another_time() -> None:
    reference = followed(5.0, 20.0)
    said = reference.sentence(counted_j=70 * 19)
    assert said == "Wall plug, in no total (a reference): not read for 10.0 s, so nothing is known"


def test_without_the_others_joules_there_is_no_share() -> None:
    assert followed(9.0).sentence(None) == "Wall plug, in no total (a reference): 560 J (±7 J) in 8.0 s"


def test_a_share_of_an_unknown_board_means_nothing() -> None:
    assert followed(9.0, domain=BOARD).sentence(140.0) == "x, in no total (who knows): 560 J (±7 J) in 8.0 s"


def test_a_loss_leaves_nothing_to_compare() -> None:
    timeline = polled(Course(idle_w=70), 10.0, domain=PLUG)
    timeline.gaps.append(Gap(3.0, 4.5, "no answer", energy_known=False))
    [reference] = starting([PLUG], 1.0)
    follow([reference], [timeline], 9.0)
    assert reference.sentence(140.0) == (
        "Wall plug, in no total (a reference): not read for 1.5 s, so nothing is known"
    )


def test_one_that_was_never_read_is_said_so() -> None:
    [reference] = starting([PLUG], 1.0)
    assert "so nothing is known" in reference.sentence(140.0)
