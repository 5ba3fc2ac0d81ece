"""When polls come: never in step with a counter."""

from __future__ import annotations

import pytest

from energyprof.capture.sampler_process import GOLDEN_RATIO, spaced


@pytest.mark.parametrize("phase_s", [0.0, 0.0137, 0.05])
@pytest.mark.parametrize(("counter_s", "poll_s"), [(0.1, 0.02), (0.02, 0.005), (0.04, 0.01), (0.05, 0.0125)])
def test_polls_close_in_on_a_counters_grid_from_both_sides(counter_s: float, poll_s: float, phase_s: float) -> None:
    polls_s, turn = [0.0], 0.0
    while polls_s[-1] < 100 * counter_s:
        turn = (turn + GOLDEN_RATIO) % 1.0
        polls_s.append(polls_s[-1] + spaced(round(poll_s * 1e9), turn) / 1e9)
    # How long before a tick the last poll came that did not see it; and how long after, the first that did.
    after_s = [(poll_s - phase_s) % counter_s for poll_s in polls_s]
    assert min(after_s) < 0.1 * poll_s
    assert counter_s - max(after_s) < 0.1 * poll_s
