"""The carbon intensity of a grid as a service told it while something was measured, and how it came to be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Counts = Literal["lifecycle", "direct", "CO2 only", "mixed", "as given", "marginal"]
"""What an intensity counts. The first five are means over what is generated, as in `footprint.grid.Accounting`.
marginal: of the plants which answer to one kWh more; no mean at all, so that it never becomes the intensity of CO2e."""

Outcome = Literal["live", "cached", "fell back"]


@dataclass(frozen=True, slots=True)
class LiveReading:
    """One slot of time.

    Attributes:
        start_s, end_s: seconds since 1970 in UTC.
        estimated: the service says that it is a forecast or a model's value, to be replaced later.
        source: one sentence: whose number it is, and how it was made.
        shares: fractions of generation by source, summing to 1, "unknown" among them; None where they were not told.
    """

    start_s: float
    end_s: float
    g_per_kwh: float
    counts: Counts
    estimated: bool
    source: str
    shares: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What became of one question.

    Attributes:
        at_s: when it was asked, seconds since 1970 in UTC.
        reason: why there was no answer that could be used; None where there was one.
    """

    at_s: float
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LiveIntensity:
    """What was asked of a service, before and after measuring, and what it told.

    Attributes:
        service, zone: as they were asked for: "neso", "GB".
        epoch_s: seconds since 1970 in UTC at which the monotonic clock of the record was 0, as far as the wall clock
            was right when measuring began.
        readings: in order of time, no two of one start.
        answers: one a question, in order.
    """

    service: str
    zone: str
    epoch_s: float
    readings: list[LiveReading]
    answers: list[LiveAnswer]

    @property
    def outcome(self) -> Outcome:
        """The path taken: live where any question was answered by the service itself."""
        outcomes = {answer.outcome for answer in self.answers}
        if not self.readings or outcomes <= {"fell back"}:
            return "fell back"
        return "live" if "live" in outcomes else "cached"

    @property
    def reason(self) -> str | None:
        """Why the last question that failed did; None where none did."""
        return next((answer.reason for answer in reversed(self.answers) if answer.reason is not None), None)


def live_of(document: Mapping[str, Any]) -> LiveIntensity:
    """The inverse of `dataclasses.asdict`, for a record that was written by this version; it checks nothing."""
    readings = [LiveReading(**reading) for reading in document["readings"]]
    answers = [LiveAnswer(**answer) for answer in document["answers"]]
    return LiveIntensity(document["service"], document["zone"], document["epoch_s"], readings, answers)
