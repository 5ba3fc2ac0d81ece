"""CUDA work of spans: waited for at their edges, or marked there by events whose times are read later.

A kernel runs after the call that started it has returned. Waiting at both edges puts it into its span; where that
would cost too much, an event is put into the stream instead, and the device says later when it got there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic_ns
from types import ModuleType
from typing import Any, Literal, NamedTuple

CudaMode = Literal["synchronise", "events"]

ANCHOR_NS = 10_000_000_000
"""How long two clocks are taken to run alike: at 10 parts in a million they part by 0.1 ms."""

STALE_NS = 300_000_000_000
"""When a device that was never seen idle is waited for, so that the clocks part by no more than 3 ms; CUDA tells the
time between two events as a float of 32 bits, which is by then good to 0.03 ms."""

PROMPT_NS = 100_000
"""An event that is passed so soon after it was put into the stream found the device idle, and tells its time."""

NOTHING_NS = 20_000
"""Two events nearer to each other than this had no work between them."""

Stretch = tuple[int, int]


class Mark(NamedTuple):
    """An event in a stream, and the one from which its time is told.

    Attributes:
        anchor: passed at `anchor_ns` on the host's clock.
    """

    event: Any
    anchor: Any
    anchor_ns: int

    def passed_ns(self) -> int | None:
        """When the device got there, on the host's clock; None while it has not."""
        if not self.event.query():
            return None
        return on_host_clock(self.anchor_ns, self.anchor.elapsed_time(self.event))


Marks = dict[int, tuple[Mark, Mark | None]]
"""The marks at both edges of a span's active stretches, by the number of the stretch; where there could be none, as
while a CUDA graph was captured, an edge has no mark."""


def on_host_clock(anchor_ns: int, elapsed_ms: float) -> int:
    """The instant so many device milliseconds after an event that was passed at `anchor_ns`."""
    return anchor_ns + round(elapsed_ms * 1e6)


def device_stretch(host_ns: Stretch, device_ns: Stretch) -> Stretch:
    """When a span was at work of which the host saw one part and the device another.

    From when the device began with it, since before that it was at the work of others that had queued up, to when both
    were done. A span without work on the device is left where the host saw it.
    """
    if device_ns[1] - device_ns[0] < NOTHING_NS:
        return host_ns
    return max(host_ns[0], device_ns[0]), max(host_ns[1], device_ns[1])


def device_stretches(host_ns: Sequence[Stretch], marks: Marks) -> list[Stretch] | None:
    """The active stretches of a span by its marks, in order and free of overlap; None while the device is not done.

    A stretch without marks at both edges is left where the host saw it, as is one whose device failed.
    """
    placed: list[Stretch] = []
    for number, host in enumerate(host_ns):
        begin, end = marks.get(number, (None, None))
        stretch = host if begin is None or end is None else marked_stretch(host, begin, end)
        if stretch is None:
            return None
        placed.append(stretch)
    found: list[Stretch] = []
    for low, high in sorted(placed):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def marked_stretch(host_ns: Stretch, begin: Mark, end: Mark) -> Stretch | None:
    """When a span was at work between two marks; None while the device is not done."""
    try:
        first_ns, last_ns = begin.passed_ns(), end.passed_ns()
    except RuntimeError:  # of the user's own work, whose next call raises it again; what the device did is not known
        return host_ns
    return None if first_ns is None or last_ns is None else device_stretch(host_ns, (first_ns, last_ns))


class Marker:
    """Puts marks into the current stream of the current device."""

    def __init__(self) -> None:
        self._anchors: dict[int, tuple[Any, int]] = {}

    def mark(self, cuda: Any) -> Mark | None:
        """A mark; None where there can be none, as while a CUDA graph is captured or after the user's work failed.

        The first on a device waits for it, to learn its clock; later the clock is read again when a mark happens to
        find the device idle, or waits for it after all where none did for minutes.
        """
        try:
            return None if cuda.is_current_stream_capturing() else self._mark(cuda)
        except RuntimeError:  # CUDA raises it again at the user's next call, where it is awaited
            return None

    def _mark(self, cuda: Any) -> Mark:
        device = cuda.current_device()
        age_ns = monotonic_ns() - self._anchors[device][1] if device in self._anchors else STALE_NS
        if age_ns >= STALE_NS:
            cuda.synchronize(device)
        before_ns = monotonic_ns()
        event = cuda.Event(enable_timing=True)
        event.record()
        if age_ns >= STALE_NS:
            event.synchronize()
            self._anchors[device] = (event, (before_ns + monotonic_ns()) // 2)
        elif age_ns > ANCHOR_NS and event.query():
            after_ns = monotonic_ns()
            if after_ns - before_ns < PROMPT_NS:
                self._anchors[device] = (event, (before_ns + after_ns) // 2)
        return Mark(event, *self._anchors[device])


def initialised_cuda() -> ModuleType | None:
    """`torch.cuda`, where this process has loaded it and used it."""
    cuda = sys.modules.get("torch.cuda")
    return cuda if cuda is not None and getattr(cuda, "_initialized", False) else None


def synchronise_devices() -> None:
    """Waits for the CUDA work of this process on all its devices, so that it lies in its span; free where none is used.

    While a CUDA graph is captured nothing runs, so there is nothing to wait for, and waiting would break the capture.
    """
    cuda = initialised_cuda()
    if cuda is None:
        return
    with suppress(RuntimeError):  # of the user's own work: CUDA raises it again at the next call, where it is awaited
        if not cuda.is_current_stream_capturing():
            for device in _devices_in_use(cuda):
                cuda.synchronize(device)


def _devices_in_use(cuda: ModuleType) -> list[int]:
    """Those on which this process has a context: waiting for another one would make one there, of hundreds of MiB.

    PyTorch has no public name for the question; where a version lacks the private one, only the current device counts.
    """
    has_context = getattr(sys.modules["torch"]._C, "_cuda_hasPrimaryContext", None)
    if has_context is None:
        return [cuda.current_device()]
    return [device for device in range(cuda.device_count()) if has_context(device)]
