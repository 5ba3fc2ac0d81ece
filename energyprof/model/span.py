"""One piece of work: what ran when."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """One call or block.

    Attributes:
        id: unique within a run.
        name: the function or block.
        segments: (start_s, end_s) of each stretch in which it was active, in order; a generator has one
            for each `next()`. Times in which nested spans were active are part of it.
        units: work done, such as {"requests": 32, "tokens": 512}; a unit nobody counted is absent.
        parent: id of the span in which it ran.
        error: the exception's type name, where it ended with one.
    """

    id: int
    name: str
    segments: list[tuple[float, float]]
    units: dict[str, float] = field(default_factory=dict)
    parent: int | None = None
    error: str | None = None

    @property
    def start_s(self) -> float:
        return self.segments[0][0]

    @property
    def end_s(self) -> float:
        return self.segments[-1][1]

    @property
    def duration_s(self) -> float:
        """Seconds in which it was active."""
        return sum(end_s - start_s for start_s, end_s in self.segments)
