"""The sampler as the profiled process sees it: starts the child, collects its ticks, stops it."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from energyprof.capture.background import start_thread
from energyprof.capture.collected import Collected, fault_reasons
from energyprof.capture.first_look_file import FirstLookFile, read_first_look, unseen_meter
from energyprof.capture.ring import Ring
from energyprof.capture.ring_folder import memory_folder, remove_files, remove_folder, temporary_folder
from energyprof.capture.sampler_child import SamplerChild
from energyprof.capture.sampler_thread import SamplerThread
from energyprof.model import errors
from energyprof.model.domain import Domain, domain_of
from energyprof.model.errors import NotMeasurable, UnknownName
from energyprof.model.meter import MeterRecord
from energyprof.model.run import SamplerRecord, SensorRecord
from energyprof.model.timeline import Timeline

DEFAULT_PERIOD_S = 0.039
"""Waking up is most of what a poll costs; `make bench` shows the share of a core that all polls take."""

LOOK_PERIOD_S = 1.0
"""So often it is looked whether the child still lives; what is drawn until another one reads is lost."""

LOOKS_PER_DRAIN = 5
"""The ring holds minutes. A thread that wakes up finds its caches cold: the less it does, the less it costs. Where a
journal is kept, the ring is emptied into it at every look."""

MAX_RESTARTS = 1
"""A sampler that was killed is started again once; one that dies twice has a reason to."""

MODE = "ENERGYPROF_SAMPLER"
MODES = ("process", "thread")
IN_THREAD = (
    "The sensors are read by a thread of the measured process, {why}: while Python code runs readings come late, so "
    "that intervals are wider, and what sampling draws is in the joules of your own code. Allow child processes to "
    "measure from a process of its own."
)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk or a quota is full, or a file may not be as large as the ring: what more room would mend."""

HANDSHAKE_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


class Sampler:
    """Counts the joules of this machine from a process of its own.

    Args:
        sensors: names of device families; None = all that can be used here.
        period_s: seconds between polls.
        root_pid: the process whose tree a CPU model follows; None = this one.
        folder: where the ring file lies and is left if this process dies; None = a temporary folder.
        tell: called with whatever is new: ("ticks", [records, lost, position]) or ("restarted", None).
    """

    def __init__(
        self,
        sensors: Sequence[str] | None = None,
        *,
        period_s: float = DEFAULT_PERIOD_S,
        root_pid: int | None = None,
        folder: Path | None = None,
        tell: Callable[[str, object], None] | None = None,
    ) -> None:
        self._sensors = None if sensors is None else list(sensors)
        self._period_s = period_s
        self._root_pid = root_pid
        self._folder = folder
        self._tell = tell
        self._child: SamplerChild | SamplerThread | None = None
        self._caution: str | None = None
        self._ring: Ring | None = None
        self._collected: Collected | None = None
        self._records: list[SensorRecord] = []
        self._first_look: FirstLookFile | None = None
        self._started_s: float | None = None
        self._finished: SamplerRecord | None = None
        self._restarts = 0
        self._lock = threading.RLock()
        self._ended = threading.Event()

    def start(self, *, wait: bool = True) -> None:
        """Starts the child.

        Args:
            wait: for the first reading of every sensor; else the first use of the results waits.

        Raises:
            UnknownName: there is no sensor of such a name, or no such way to sample.
            NotMeasurable: nothing can be measured, or there is no room for the ring, or no process or thread.
        """
        if _mode() not in MODES:
            raise UnknownName(
                f"{MODE}={os.environ[MODE]!r} is no way to sample, so nothing was measured. "
                f"Unset it, or set it to one of {', '.join(MODES)}."
            )
        try:
            self._launch()
        except OSError as error:
            place = self._folder or memory_folder() or "the temporary folder"
            raise NotMeasurable(
                f"The sampler cannot be started ({error}), so no energy can be measured. "
                + (
                    f"Free some space in {place}."
                    if error.errno in NO_ROOM
                    else f"See to it that files can be made in {place}."
                )
            ) from error
        if wait:
            self.ready_or_stopped()
        try:
            start_thread(self._drain_forever, "drain")
        except NotMeasurable:
            self.stop()
            raise

    def _launch(self) -> None:
        folder = self._folder or temporary_folder()
        path = folder / f"samples-{os.getpid()}-{id(self):x}.ring"
        self._started_s = time.monotonic()
        try:
            self._ring = Ring.create(path, self._period_s)
            self._child = self._spawn(path)
        except (OSError, NotMeasurable):
            if self._ring is not None:
                self._close(self._ring)
            self._remove_files(path)
            raise
        _running.add(self)

    def ready_or_stopped(self) -> None:
        """Waits for the first readings; where there are none, nothing that was started may go on."""
        try:
            self.ready()
        except BaseException:
            self.stop()
            raise

    def _spawn(self, ring: Path) -> SamplerChild | SamplerThread:
        """A child process, or a thread of this one where none can be had or wanted."""
        request = {
            "sensors": self._sensors,
            "root_pid": self._root_pid or os.getpid(),
            "parent_pid": os.getpid(),
            "period_s": self._period_s,
            "ring": str(ring),
            "keep": self._folder is not None,
            "domains": None if self._collected is None else [domain.id for domain in self._collected.domains],
        }
        if _mode() == "thread":
            return self._thread(request, f"because {MODE}=thread asks for it")
        try:
            return SamplerChild(request, heard=self._collected is None)
        except OSError as error:
            return self._thread(request, f"since no child process can be started here ({error})")

    def _thread(self, request: dict[str, Any], why: str) -> SamplerThread:
        assert self._ring is not None
        self._ring.say_thread()
        self._caution = IN_THREAD.format(why=why)
        return SamplerThread(request)

    @property
    def cautions(self) -> list[str]:
        """What a reader must know of how it samples: sentences."""
        return [] if self._caution is None else [self._caution]

    def ready(self) -> None:
        """Waits until the first reading of every sensor is there.

        Raises:
            UnknownName, NotMeasurable: what the child found when it looked for its sensors.
        """
        with self._lock:
            if self._collected is not None:
                return
            self._shake_hands()
        self.wait_past(time.monotonic())

    def _shake_hands(self) -> None:
        child = self._running_child()
        line = child.first_line(HANDSHAKE_TIMEOUT_S)
        if line is None:
            raise NotMeasurable(
                f"Looking for the sensors took more than {HANDSHAKE_TIMEOUT_S:g} s, so no energy was recorded. "
                "Name those that you need, such as with --sensors, and leave out one that hangs."
            )
        if not line:
            raise NotMeasurable(
                f"The sampler ended before it could measure anything: {child.last_words()}. "
                "No energy was recorded; report this with the output of `energyprof sensors`."
            )
        message = json.loads(line)
        if "error" in message:
            raise getattr(errors, message["error"], NotMeasurable)(message["message"])
        self._records = [SensorRecord(**record) for record in message["records"]]
        self._collected = Collected([domain_of(shape) for shape in message["domains"]])

    def to_json(self) -> dict[str, Any]:
        """What another process needs to read the ring."""
        return {
            "ring": None if self._ring is None else self._ring.path.name,
            "pid": os.getpid(),
            "started_s": self._started_s,
            "domains": [asdict(domain) for domain in self.domains],
            "sensors": [asdict(record) for record in self.records],
        }

    @property
    def domains(self) -> list[Domain]:
        """What is metered."""
        return list(self._evidence().domains)

    @property
    def records(self) -> list[SensorRecord]:
        """What each device family could do here."""
        self.ready()
        return list(self._records)

    @property
    def meters(self) -> list[MeterRecord]:
        """What is known of each meter: after the first second and a half what was seen of it, before that little."""
        found = self._look().meters
        return found or [unseen_meter(domain) for domain in self.domains]

    @property
    def warnings(self) -> list[str]:
        """What a reader must know of the meters: sentences."""
        return self._look().warnings

    def _look(self) -> FirstLookFile:
        with self._lock:
            if self._first_look is None and self._ring is not None:
                self._first_look = read_first_look(self._ring.path)
            return self._first_look or FirstLookFile()

    def timelines(self) -> list[Timeline]:
        """All ticks that have been kept, one timeline a domain."""
        with self._lock:
            evidence = self._evidence()
            polled_s = self._polled_s()  # before the ring is read: what comes in meanwhile is not known yet
            self._drain()
            return evidence.timelines(polled_s)

    def fault_reasons(self) -> list[str]:
        """Why readings failed, by number."""
        return [] if self._ring is None else fault_reasons(self._ring.path)

    def forget_before(self, instant_s: float, *, keep_ticks: int) -> None:
        """Drops the ticks before an instant, but for the last `keep_ticks` of them."""
        with self._lock:
            self._evidence().forget_before(instant_s, keep_ticks)

    def wait_past(self, instant_s: float) -> None:
        """Returns when every sensor has been read after `instant_s`, or the sampler has ended."""
        deadline_s = time.monotonic() + HANDSHAKE_TIMEOUT_S
        while (self._polled_s() or 0.0) < instant_s and time.monotonic() < deadline_s:
            if self._child is None or self._child.poll() is not None:
                return
            time.sleep(self._period_s / 4)

    @property
    def running(self) -> bool:
        """Whether the child still reads its sensors."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> SamplerRecord:
        """Stops the child and keeps what it had measured; safe to call twice."""
        with self._lock:
            if self._finished is None:
                self._finished = self._stop()
            return self._finished

    def _stop(self) -> SamplerRecord:
        child, ring = self._running_child(), self._ring
        assert ring is not None
        self._ended.set()
        ring.want_stop()
        child.wait(STOP_TIMEOUT_S)
        if self._collected is not None:
            self._drain()
        self._look()
        record = self._close(ring)
        self._remove_files(ring.path)
        return record

    def _close(self, ring: Ring) -> SamplerRecord:
        assert self._started_s is not None
        record = SamplerRecord(ring.mode, ring.period_s, ring.cpu_s, time.monotonic() - self._started_s)
        self._last_polled_s = ring.polled_s
        ring.close()
        self._ring = None
        _running.discard(self)
        return record

    def _remove_files(self, ring: Path) -> None:
        remove_files(ring)
        if self._folder is None:
            remove_folder(ring)

    def leave_to_parent(self) -> None:
        """In the child of a fork: keeps what has been read so far, and lets go of what the parent still uses.

        The lock is a new one, because the thread that may have held the old one does not live here.
        """
        self._lock = threading.RLock()
        self._child = None
        if self._ring is not None:
            self._finished = self._close(self._ring)

    def __enter__(self) -> Sampler:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running_child(self) -> SamplerChild | SamplerThread:
        if self._child is None:
            raise NotMeasurable("The sampler was not started, so there is nothing to read. Call start() first.")
        return self._child

    def _evidence(self) -> Collected:
        self.ready()
        assert self._collected is not None
        return self._collected

    _last_polled_s: float | None = None

    def _polled_s(self) -> float | None:
        ring = self._ring
        return self._last_polled_s if ring is None else ring.polled_s

    def _drain(self) -> None:
        if self._ring is not None and self._collected is not None:
            records, lost = self._collected.take(self._ring)
            if self._tell is not None and (records or lost):
                self._tell("ticks", [records, lost, self._collected.position])

    def _drain_forever(self) -> None:
        looks = 0
        while not self._ended.wait(LOOK_PERIOD_S):
            looks += 1
            with self._lock:
                if looks % LOOKS_PER_DRAIN == 0 or self._tell is not None:
                    self._drain()
                if not self._ended.is_set() and not self.running and self._restarts < MAX_RESTARTS:
                    self._restart()

    def _restart(self) -> None:
        """A new child on the same ring; what was drawn in between is a gap of unknown energy.

        A child that finds other domains than the first one did ends: its readings would go to wrong ones.
        """
        if self._collected is None or self._ring is None:
            return
        self._restarts += 1
        self._running_child().wait(STOP_TIMEOUT_S)
        self._drain()
        self._collected.resume()
        if self._tell is not None:
            self._tell("restarted", None)
        with suppress(NotMeasurable):  # neither a process nor a thread: the gap lasts to the end
            self._child = self._spawn(self._ring.path)


def _mode() -> str:
    return os.environ.get(MODE, "").strip().lower() or "process"


_running: weakref.WeakSet[Sampler] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for sampler in list(_running):
        sampler.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
