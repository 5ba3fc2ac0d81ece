"""What a reader must know of times in which nothing was read: sentences."""

from __future__ import annotations

from collections.abc import Sequence

from energyprof.capture.collected import RESTARTED
from energyprof.capture.counter_watch import SUSPENDED
from energyprof.model.timeline import Timeline


def gap_warnings(timelines: Sequence[Timeline]) -> list[str]:
    """A sentence for each suspension and each restart of the sampler; other gaps are told with the joules they cost."""
    found: dict[str, None] = {}
    for timeline in timelines:
        for gap in timeline.gaps:
            if gap.reason.startswith(SUSPENDED):
                found[f"T{gap.reason[1:]}: it is neither in a call's joules nor in the total."] = None
            elif gap.reason == RESTARTED:
                found[
                    f"T{gap.reason[1:]}: its joules of {gap.end_s - gap.start_s:.2f} s are lost, and the total with "
                    "them; what had ended before keeps its joules. See whether the machine runs out of memory."
                ] = None
    return list(found)
