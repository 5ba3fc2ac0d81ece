"""What a fleet is asked for: requests a day, their growth, and the headroom that peaks need."""

from __future__ import annotations

from dataclasses import dataclass

from energyprof.model.errors import InvalidValue

SECONDS_PER_DAY = 86_400.0
DAYS_PER_YEAR = 365

DEFAULT_UTILISATION = 0.5
"""An assumption, said beside every result."""

MOST_A_DAY = 1e13
"""More than a thousand requests a day of every human being."""

LONGEST_YEARS = 30
STRONGEST_GROWTH = 10.0
HIGHEST_PEAK = 1000.0


@dataclass(frozen=True, slots=True)
class Demand:
    """Requests over some years.

    Attributes:
        requests_per_day: mean over the first year.
        utilisation: busy time over all time that a device may reach at mean load, above 0 and at most 1.
        years: whole years that are looked at.
        growth: relative, a year on the year before: 0.2 = a fifth more; above -1.
        peak_to_mean: highest load over mean load; None = as high as `utilisation` leaves room for.

    Raises:
        InvalidValue: a number lies outside what it can mean, or the last year asks for more than anybody can.
    """

    requests_per_day: float
    utilisation: float = DEFAULT_UTILISATION
    years: int = 1
    growth: float = 0.0
    peak_to_mean: float | None = None

    def __post_init__(self) -> None:
        _require(
            0 < self.requests_per_day <= MOST_A_DAY,
            f"{self.requests_per_day:g} requests a day cannot be projected: give a number above 0 and at most "
            f"{MOST_A_DAY:g}, more than a thousand a day of every human being.",
        )
        _require(
            0 < self.utilisation <= 1,
            f"A utilisation of {self.utilisation:g} cannot be: a device is busy for a part of its time above 0 and at "
            "most 1. A service with peaks reaches about 0.3-0.6.",
        )
        _require(
            isinstance(self.years, int) and 1 <= self.years <= LONGEST_YEARS,
            f"{self.years} years cannot be projected: give whole years from 1 to {LONGEST_YEARS}; nothing measured "
            "today says anything of later ones.",
        )
        _require(
            -1 < self.growth <= STRONGEST_GROWTH,
            f"A growth of {self.growth:g} a year cannot be: it is the change on the year before, above -1 (all of it "
            f"gone) and at most {STRONGEST_GROWTH:g}; 0.2 is a fifth more.",
        )
        _require(
            self.peak_to_mean is None or 1 <= self.peak_to_mean <= HIGHEST_PEAK,
            f"A peak of {self.peak_to_mean} times the mean cannot be: it lies between 1 and {HIGHEST_PEAK:g}.",
        )
        last = self.per_day(self.years)
        _require(
            last <= MOST_A_DAY,
            f"With a growth of {self.growth:g} a year, year {self.years} asks for {last:.2g} requests a day, more than "
            f"the {MOST_A_DAY:g} that can be projected. Lower the growth or the years.",
        )

    def per_day(self, year: int) -> float:
        """Mean requests a day in a year, the first being 1."""
        return self.requests_per_day * (1 + self.growth) ** (year - 1)

    def per_s(self, year: int) -> float:
        """Mean requests a second in a year."""
        return self.per_day(year) / SECONDS_PER_DAY

    @property
    def peak(self) -> float:
        """Highest load over mean load."""
        return 1 / self.utilisation if self.peak_to_mean is None else self.peak_to_mean

    @property
    def headroom(self) -> float:
        """Capacity over mean load: what utilisation or peak asks for, whichever is more."""
        return max(1 / self.utilisation, self.peak)

    @property
    def busiest_year(self) -> int:
        """The year of the highest demand."""
        return self.years if self.growth > 0 else 1


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InvalidValue(sentence)
