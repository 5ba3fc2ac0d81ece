"""What the first polls show of each meter. Kept by the sampler's own process, so standard library only."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from energyprof.capture.meter_cache import device_of, driver_of
from energyprof.capture.pace import CONTRADICTED, MIN_TICKS
from energyprof.model.domain import Domain
from energyprof.model.meter import MeterRecord
from energyprof.model.timeline import seen_period_s, usual_step_s

IDLE_S = 0.5
"""Power is called quiet where it is the lowest over so long: a single tick may be low by chance."""


LEAST_LOOK_S = 1.0
"""A period is kept for later starts where ticks were seen for so long: less would tell it too badly to be of help."""


@dataclass(slots=True)
class _Seen:
    """Of one domain: its ticks, and when its readings began and ended."""

    ticks: list[tuple[float, int]] = field(default_factory=list)
    polls: list[tuple[float, float]] = field(default_factory=list)


class FirstLook:
    """Collects readings until there are enough.

    Args:
        known: for each domain what an earlier start saw of its meter; None = nothing.
    """

    def __init__(self, domains: Sequence[Domain], known: Sequence[MeterRecord | None]) -> None:
        self._domains = domains
        self._known = known
        self._seen = [_Seen() for _ in domains]

    def read(self, index: int, before_s: float, after_s: float) -> None:
        """Notes that a domain was read between two instants."""
        self._seen[index].polls.append((before_s, after_s))

    def ticked(self, index: int, seen_s: float, count: int) -> None:
        """Notes that its counter has moved."""
        self._seen[index].ticks.append((seen_s, count))

    def records(self, since_s: float, *, dense: bool) -> list[MeterRecord]:
        """What is known of every meter now.

        Args:
            since_s: readings before that do not count. dense: polls could see the period of any counter; else what an
                earlier start saw stays.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        fresh = [
            _record(domain, _since(seen, since_s), now) for domain, seen in zip(self._domains, self._seen, strict=True)
        ]
        return [
            _merged(record, known, dense=dense or domain.period_s is not None)
            for domain, record, known in zip(self._domains, fresh, self._known, strict=True)
        ]

    def contradictions(self, records: Sequence[MeterRecord]) -> list[str]:
        """A sentence for each meter that moves at another period than it did at an earlier start."""
        return [
            f"{record.label} moves every {1e3 * record.period_s:.3g} ms now; an earlier start with this driver saw "
            f"{1e3 * known.period_s:.3g} ms, so what was kept of it was replaced. Joules in the first seconds are "
            "less certain; for those, measure again."
            for record, known in zip(records, self._known, strict=True)
            if known is not None and known.period_s is not None and record.period_s is not None
            if abs(record.period_s / known.period_s - 1) > CONTRADICTED
        ]


def _since(seen: _Seen, since_s: float) -> _Seen:
    return _Seen(
        [tick for tick in seen.ticks if tick[0] >= since_s], [poll for poll in seen.polls if poll[0] >= since_s]
    )


def _merged(fresh: MeterRecord, known: MeterRecord | None, *, dense: bool) -> MeterRecord:
    """What was seen now, and what was seen earlier where polls could not see it now."""
    if known is None:
        return fresh
    lowest_w = min((watts for watts in (fresh.idle_w, known.idle_w) if watts is not None), default=None)
    if not dense or fresh.period_s is None:  # a run that was too short
        return replace(known, idle_w=lowest_w)
    return replace(fresh, idle_w=lowest_w)


def _record(domain: Domain, seen: _Seen, now: str) -> MeterRecord:
    latencies_s = sorted(after_s - before_s for before_s, after_s in seen.polls)
    poll_s = usual_step_s([before_s for before_s, _ in seen.polls])
    known = MeterRecord(
        domain.id,
        domain.label,
        device_of(domain),
        driver_of(domain),
        period_s=domain.period_s,
        latency_s=latencies_s[len(latencies_s) // 2] if latencies_s else None,
        latency_p99_s=latencies_s[math.ceil(0.99 * len(latencies_s)) - 1] if latencies_s else None,
        poll_s=poll_s,
        measured=now,
    )
    if domain.model is not None or len(seen.ticks) < MIN_TICKS:
        return known
    steps = [later - earlier for (_, earlier), (_, later) in pairwise(seen.ticks)]
    return replace(
        known,
        period_s=domain.period_s or _period_s([seen_s for seen_s, _ in seen.ticks], poll_s),
        step_j=statistics.median(steps) * domain.joules_per_count,
        resolution_j=math.gcd(*steps) * domain.joules_per_count if domain.basis == "measured" else None,
        idle_w=_lowest_w(seen.ticks, domain.joules_per_count),
    )


def _period_s(seen_s: Sequence[float], poll_s: float | None) -> float | None:
    """Over all ticks, where polls came often enough to see each of them."""
    step_s = None if poll_s is None else seen_period_s(seen_s, poll_s)
    if step_s is None:
        return None
    whole_s = seen_s[-1] - seen_s[0]
    return whole_s / round(whole_s / step_s) if whole_s >= LEAST_LOOK_S else None


def _lowest_w(ticks: Sequence[tuple[float, int]], joules_per_count: float) -> float | None:
    """Lowest mean power from one tick to another at least half a second later; None where none is."""
    lowest_w, first = None, 0
    for seen_s, count in ticks:
        while first + 1 < len(ticks) and seen_s - ticks[first + 1][0] >= IDLE_S:
            first += 1
        if seen_s - ticks[first][0] >= IDLE_S:
            power_w = (count - ticks[first][1]) * joules_per_count / (seen_s - ticks[first][0])
            lowest_w = power_w if lowest_w is None else min(lowest_w, power_w)
    return lowest_w
