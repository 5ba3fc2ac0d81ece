"""What every service looks like from here."""

from __future__ import annotations

from typing import Protocol

from energyprof.model.live import LiveReading

TIMEOUT_S = 5.0
"""For one request over HTTP; an answer may need two."""

HOUR_S = 3600.0


class Provider(Protocol):
    """One service and one zone of it."""

    def readings(self, start_s: float, end_s: float) -> list[LiveReading]:
        """What it tells of a stretch of time, seconds since 1970 in UTC; both ends now = the newest value there is.

        Readings may lie outside the stretch, such as the newest one where the service lags behind.

        Raises:
            NoAnswer: nothing that could be used.
        """
