"""What meters that stand apart saw, beside the sum of the domains that totals add."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from energyprof.analysis.curve import curve
from energyprof.model.domain import Domain
from energyprof.model.timeline import Timeline

HOLDS_THE_MACHINE = ("wall", "battery", "platform")
"""Kinds that the other domains are parts of, so that a share of them means something."""


@dataclass(slots=True)
class Reference:
    """The joules of one domain that stands apart, followed from an instant on.

    Attributes:
        start_s, end_s: from when, and up to when so far. asked_s: up to when it was asked for, which is later where it
            was not read any more.
        start_j: its counter at that instant; None until it has been read around it.
        step_j: what a tick adds; the joules at either end are no better known.
        lost_s: time since in which its joules went uncounted.
    """

    domain: Domain
    start_s: float
    end_s: float
    start_j: float | None = None
    drawn_j: float = 0.0
    step_j: float = 0.0
    lost_s: float = 0.0
    asked_s: float = 0.0

    def follow(self, timeline: Timeline, instant_s: float) -> None:
        """Goes on to an instant, or as far as it has been read; ticks before the last such one may be missing."""
        self.asked_s = max(self.asked_s, instant_s)
        instant_s = min(instant_s, timeline.end_s)
        if instant_s <= self.end_s:
            return
        made = curve(timeline)
        if made is None:
            self.lost_s += instant_s - self.end_s
        else:
            if self.start_j is None:
                self.start_j = float(made.at(self.start_s))
            self.lost_s += made.lost_s(self.end_s, instant_s)
            self.drawn_j = float(made.at(instant_s)) - self.start_j
            self.step_j = statistics.median(map(float, made.energy_j[1:] - made.energy_j[:-1]))
        self.end_s = instant_s

    def sentence(self, counted_j: float | None) -> str:
        """What it saw.

        Args:
            counted_j: joules of the domains that count, in all the time that was asked for; None = unknown.
        """
        label = self.domain.label
        unread_s = self.lost_s + max(self.asked_s - self.end_s, 0.0)
        if self.start_j is None or unread_s > 0:
            return f"{label}, in no total ({self.domain.apart}): not read for {unread_s:.1f} s, so nothing is known"
        seconds = self.end_s - self.start_s
        doubt_j = math.hypot(self.domain.gain * self.drawn_j, self.step_j)
        said = f"{label}, in no total ({self.domain.apart}): {self.drawn_j:.3g} J (±{doubt_j:.2g} J) in {seconds:.1f} s"
        if self.domain.kind not in HOLDS_THE_MACHINE or counted_j is None or self.drawn_j <= 0:
            return said
        return f"{said}; the {counted_j:.3g} J counted here are {100 * counted_j / self.drawn_j:.2g} % of it"


def starting(domains: Sequence[Domain], start_s: float) -> list[Reference]:
    """One for each domain that stands apart."""
    return [Reference(domain, start_s, start_s) for domain in domains if domain.apart is not None]


def follow(references: Sequence[Reference], timelines: Sequence[Timeline], instant_s: float) -> None:
    """Takes all of them on to an instant, or as far as they have been read."""
    by_id = {timeline.domain.id: timeline for timeline in timelines}
    for reference in references:
        reference.follow(by_id[reference.domain.id], instant_s)
