"""What electricity is made of at one time: amounts by a service's own names become shares by ours.

What is discharged from storage is left out: it was generated before, from a mix that nobody noted. What a service does
not name, such as imports, is "unknown"; with more of it than `MOST_UNKNOWN` nothing is derived from the shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from energyprof.footprint.grid import OIL_MATTERS_FROM
from energyprof.footprint.mix import SOURCES, Mix
from energyprof.live.no_answer import NoAnswer
from energyprof.model.live import Counts, LiveReading

UNKNOWN = "unknown"
STORAGE = "storage"
MOST_UNKNOWN = 0.1


def shares_of(amounts: Mapping[str, float | None], names: Mapping[str, str]) -> dict[str, float]:
    """Fractions by source.

    Args:
        amounts: in any one unit; None = nothing was told. Less than 0 is what a plant uses itself, and counts as 0.
        names: the service's name of a source -> ours, `UNKNOWN` or `STORAGE`; one that is not among them is unknown.

    Raises:
        NoAnswer: nothing was generated.
    """
    found: dict[str, float] = {}
    for name, amount in amounts.items():
        source = names.get(name, UNKNOWN)
        if source != STORAGE and amount is not None and amount > 0:
            found[source] = found.get(source, 0.0) + amount
    total = sum(found.values())
    if total <= 0:
        raise NoAnswer("the answer names nothing that generates")
    return {source: found[source] / total for source in (*SOURCES, UNKNOWN) if source in found}


def known_mix(shares: Mapping[str, float], template: Mix) -> Mix | None:
    """The shares as a mix, what is unknown taken to be as the rest; None where that is more than `MOST_UNKNOWN`.

    Args:
        template: all of the mix but its shares.
    """
    known = 1 - shares.get(UNKNOWN, 0.0)
    if known < 1 - MOST_UNKNOWN:
        return None
    fractions = tuple((source, shares.get(source, 0.0) / known) for source in SOURCES)
    return replace(template, shares=fractions)


def derived_reading(start_s: float, end_s: float, shares: dict[str, float], source: str) -> LiveReading:
    """A slot whose intensity is shares x the shipped lifecycle factors, of which oil's counts its combustion alone.

    Raises:
        NoAnswer: too much of it is unknown.
    """
    mix = known_mix(shares, Mix("live", "live", "World", (), "live", 0, None, ""))
    if mix is None:
        raise NoAnswer(f"{100 * shares[UNKNOWN]:.0f} % of the generation is of no source with a known intensity")
    counts: Counts = "lifecycle" if mix.share("oil") < OIL_MATTERS_FROM else "mixed"
    return LiveReading(start_s, end_s, mix.emissions_g_per_kwh(), counts, False, source, shares)
