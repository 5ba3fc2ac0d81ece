"""The first polls of a sampler: what they show of each meter, and how often to poll then. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energyprof.capture.first_look import FirstLook
from energyprof.capture.first_look_file import write_first_look
from energyprof.capture.meter_cache import remember_meter
from energyprof.capture.pace import DENSE_S, Pace
from energyprof.capture.ring import Ring
from energyprof.model.domain import Domain
from energyprof.model.meter import MeterRecord


class Beginning:
    """Follows them until enough has been seen.

    Args:
        known: for each domain what an earlier start saw of its meter; None = nothing.
        polled: how many of the domains, the first ones, are read at every poll; the others have threads of their own.
        period_s: seconds between two polls, as asked for.
    """

    def __init__(
        self,
        domains: Sequence[Domain],
        known: Sequence[MeterRecord | None],
        *,
        polled: int,
        period_s: float,
        start_s: float,
    ) -> None:
        self._domains = [expecting(domain, meter) for domain, meter in zip(domains, known, strict=True)]
        self._look = FirstLook(self._domains, known)
        expected_s = {
            index: domain.expected_period_s
            for index, domain in enumerate(self._domains[:polled])
            if domain.expected_period_s is not None
        }
        cost_s = sum({meter.latency_s for meter in known[:polled] if meter is not None and meter.latency_s is not None})
        self._pace = Pace(self._domains[:polled], period_s, start_s, expected_s, cost_s)

    def read(self, index: int, before_s: float, after_s: float) -> None:
        """Notes that a domain was read between two instants."""
        self._look.read(index, before_s, after_s)

    def ticked(self, index: int, seen_s: float, count: int) -> None:
        """Notes that its counter has moved."""
        self._look.ticked(index, seen_s, count)
        self._pace.ticked(index, seen_s)

    def next_s(self, began_s: float, ended_s: float) -> float:
        """Seconds until the next poll, but for the sampler's dither, after one between these two instants."""
        return self._pace.next_s(began_s, ended_s)

    @property
    def period_s(self) -> float:
        """Seconds between two polls as far as it is known now; once it is over, for good."""
        return self._pace.period_s

    def over(self, now_s: float) -> bool:
        """Whether enough has been seen."""
        return self._pace.settled and now_s > self._pace.since_s + DENSE_S

    def keep(self, ring: Ring) -> None:
        """Writes what has been seen of the meters beside the ring, and keeps it for later starts."""
        records = self._look.records(self._pace.since_s, dense=self._pace.dense)
        for domain, record in zip(self._domains, records, strict=True):
            if domain.model is None and domain.period_s is None and record.period_s is not None:
                remember_meter(domain, record)
        write_first_look(ring.path, records, self._look.contradictions(records))


def expecting(domain: Domain, known: MeterRecord | None) -> Domain:
    """The domain with the period that an earlier start saw."""
    return domain if known is None else replace(domain, expected_period_s=known.period_s)
