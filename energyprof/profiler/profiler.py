"""A scope in which joules are counted and given to the spans that ran in it."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from energyprof.analysis.cpu_use import CpuUse
from energyprof.analysis.reference import follow
from energyprof.capture.background import start_thread
from energyprof.capture.cpu_use_log import CpuUseLog
from energyprof.capture.cuda import CudaMode, synchronise_devices
from energyprof.capture.sampler import Sampler
from energyprof.capture.spans import CROWDED, Active, Finished, OpenSpan, SpanLog, begin, finish
from energyprof.footprint.factor import Factor
from energyprof.footprint.overrides import factors_from_mapping
from energyprof.footprint.site import Site
from energyprof.model.errors import InvalidValue, NotMeasurable, UnwritableOutput
from energyprof.model.run import SamplerRecord
from energyprof.model.timeline import Timeline
from energyprof.profiler import registry
from energyprof.profiler.fold import NS_PER_S, Books, covered_s, meters_cpu
from energyprof.profiler.gaps import gap_warnings
from energyprof.profiler.journal import JOURNAL_PERIOD_S, Journal, read_journal, unwritable
from energyprof.profiler.measurement import Measurement
from energyprof.profiler.recovery import replayed
from energyprof.profiler.result import Result, measurement_of, result_of
from energyprof.profiler.session import Evidence, Scope, session_document, write_session
from energyprof.profiler.units import given

if TYPE_CHECKING:
    from energyprof.live.intensity import Derived
    from energyprof.live.watch import LiveWatch
    from energyprof.model.live import LiveIntensity

QUIET_TICKS = 4
"""Ticks waited for after the last span, so that the power just after it is known."""

SETTLE_LIMIT_S = 1.0
FOLD_PERIOD_S = 10.0
"""How often a running profiler accounts for what has been recorded, so that its memory stays bounded."""

JOURNALLED_SPANS = 500
"""With more of them in a second the short ones are written down as bundles, millisecond by millisecond."""

STALLED_S = 30.0
"""A counter that was not read for so long does not hold back the others any more: that time counts as lost."""

LOOK_S = 0.1
"""Two looks within so much see the same: most counters have not moved in between."""

KEPT_TICKS = 64
"""Ticks kept from before the accounted time: enough to fit the counter's grid."""

FORKED = (
    "This process was forked from the one that started the profiler, so its figures end with the fork. "
    "Use a Profiler of its own in the child."
)


class _Look(NamedTuple):
    """The books as somebody saw them: with how many of the spans that are not in them for good, and when."""

    books: Books
    spans: int
    at_s: float


class Profiler:
    """Counts the joules of a scope and shares them out among the spans in it.

    Args:
        sensors: names of device families, such as ["nvml", "rapl", "cpu-model"]; None = all that can be used.
        grid: ISO 3166 alpha-3 ("FRA"), a region ("US-CA"), or g CO2e/kWh; None = CO2e and water stay unknown.
        pue: power usage effectiveness of the place. wue_l_per_kwh: on-site water per kWh of IT energy.
        cuda: how CUDA work comes to lie inside its span: "synchronise" waits for the device at both edges; "events"
            leaves marks in the stream and waits for next to nothing until the profiler stops.
        out: folder for the record of the run, to which evidence is added every second; None = none is written.
        factors: your numbers in place of shipped ones: {"water.coal.tower": "2.2:1.8:3.0"}, or the path of a CSV table.
        site: the whole place at once, in place of grid, pue, wue_l_per_kwh and factors.
        live: a service and a zone, such as "electricity-maps:FR", that is asked over HTTP for the carbon intensity of
            now, before measuring and after it; None = nothing goes over the network.

    Raises:
        InvalidValue, UnknownName: an option cannot be, or a token is missing; raised before anything is measured.
    """

    def __init__(
        self,
        sensors: Sequence[str] | None = None,
        grid: str | float | None = None,
        pue: float = 1.0,
        wue_l_per_kwh: float = 0.0,
        out: str | Path | None = None,
        cuda: CudaMode = "synchronise",
        *,
        factors: Mapping[str, float | str] | str | Path | None = None,
        site: Site | None = None,
        live: str | LiveWatch | None = None,
    ) -> None:
        if cuda not in get_args(CudaMode):
            known = " or ".join(get_args(CudaMode))
            raise InvalidValue(
                f"cuda={cuda!r} is no way to find out when CUDA work ran, so none is begun. Use {known}."
            )
        self._site = site or Site(grid, pue, wue_l_per_kwh, factors=_given_factors(factors))
        self._watch = None if live is None else _watch(live)
        self._live: LiveIntensity | None = None
        self._course: list[tuple[float, float]] = []
        self._out = None if out is None else Path(out)
        self._journal = None if self._out is None else Journal(self._out)
        tell = None if self._journal is None else self._journal.write
        self._sampler = Sampler(sensors, folder=self._out, tell=tell)
        self._wanted = threading.Event()
        self._log = SpanLog(crowded=self._wanted.set, cuda=cuda)
        self._books: Books | None = None
        self._look: _Look | None = None
        self._scope: dict[str, Any] = {}
        self._pending: list[Finished] = []
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._result: Result | None = None
        self._begun = False
        self._at_it = False
        self._forked = False
        self._warnings: list[str] = []
        self._folded_s = time.monotonic()
        self._unfinished: Counter[str] = Counter()
        self._cpu_use = CpuUseLog() if self._journal is None else CpuUseLog(partial(self._journal.write, "cpu"))

    def start(self) -> Profiler:
        """Starts counting.

        Raises:
            UnknownName, NotMeasurable: the sensors asked for cannot be used, or it was started before, or there is no
                thread to be had.
            UnwritableOutput: `out` cannot be written.
        """
        with self._lock:
            if self._begun:
                raise NotMeasurable(
                    "This profiler was started before, so it would measure nothing more: one profiler is one scope. "
                    "Make a new Profiler."
                )
            self._begun = True
        if self._journal is not None:
            self._journal.open()
        try:
            self._ask_before()
            self._start_sampler()
            self._open()
        except BaseException:
            if self._journal is not None:
                self._journal.remove()
            raise
        self._log.activate()
        registry.started(self)
        return self

    def _ask_before(self) -> None:
        if self._watch is not None:
            self._live = self._watch.begin()  # before anything is read, since asking costs energy
        if self._journal is not None and self._live is not None:
            self._journal.write("live", asdict(self._live))

    def _open(self) -> None:
        """Opens the books, and starts the threads that keep them."""
        start_s = time.monotonic()
        self._scope = Scope(datetime.now(UTC).isoformat(timespec="seconds"), start_s, self._site).to_json()
        if self._journal is not None:
            self._journal.write("scope", self._scope)
        self._books = Books(self._log, self._sampler.domains, start_s)
        try:
            if any(map(meters_cpu, self._books.domains)):
                self._cpu_use.start()
            start_thread(self._fold_forever, "fold")
        except NotMeasurable:
            self._books = None
            self._cpu_use.stop()
            self._sampler.stop()
            raise

    def _start_sampler(self) -> None:
        self._sampler.start(wait=False)
        import numpy  # noqa: F401 - while the sampler starts; else the first call that needs it would be held up

        self._sampler.ready_or_stopped()
        if self._journal is not None:
            self._journal.write("sampler", self._sampler.to_json())

    def stop(self) -> Result:
        """Stops counting and works out the result; safe to call twice.

        In the child of a fork the profiler stays its parent's, and the result is what was known at the fork. A signal
        handler that comes while its own thread asks for a result stops nothing, and gets what was known before.

        Raises:
            UnwritableOutput: the record is lost; the result is kept.
        """
        with self._lock:
            if self._result is None and not self._forked and not self._at_it:
                with self._at_work():
                    self._stop()
            return self.result

    def _stop(self) -> None:
        synchronise_devices()  # what was left marks in its stream for can then be placed
        end_s = time.monotonic()
        self._open_books()
        self._log.deactivate()
        self._ended.set()
        self._wanted.set()
        self._cpu_use.stop()
        self._settle(end_s)
        self._fold(end_s)
        timelines = self._sampler.timelines()
        reasons = self._sampler.fault_reasons()
        sampler = self._sampler.stop()
        result = self._result = result_of(self._open_books(), self._site, self._sampler.records, self._all_warnings())
        registry.stopped(self, [measurement.name for measurement in result])
        try:
            if self._watch is not None:
                self._live = self._watch.finish()  # only now, so that a Ctrl-C while it waits loses no result
        finally:
            result = self._result = self._by_live_grid(result)
            if self._journal is not None:
                self._write_record(self._journal, result, timelines, reasons, sampler)

    def _write_record(
        self,
        journal: Journal,
        result: Result,
        timelines: Sequence[Timeline],
        reasons: list[str],
        sampler: SamplerRecord,
    ) -> None:
        """Puts the finished record in the place of the journal, which stays where that cannot be done.

        Args:
            timelines: what is in memory: the last ticks; the journal holds all of them.
        """
        assert self._out is not None
        try:
            spans = list(journal.all_spans())
            if journal.failure is None:
                ticks = replayed(read_journal(journal.path), [timeline.domain for timeline in timelines], reasons)
                timelines = ticks.timelines(max((timeline.end_s for timeline in timelines), default=None))
        except OSError as error:
            raise unwritable(self._out, error) from error
        evidence = Evidence(
            timelines,
            spans,
            self._sampler.records,
            sampler,
            self._open_books().closed_s,
            True,
            self._unfinished,
            self._sampler.meters,
            self._live,
        )
        write_session(self._out, session_document(self._scope, result, evidence))
        journal.remove()

    @property
    def result(self) -> Result:
        """What is known so far; final once the profiler has stopped."""
        with self._lock:
            if self._result is not None:
                return self._result
            books = self._up_to_date()
            return result_of(books, self._site, self._sampler.records, self._all_warnings())

    def _by_live_grid(self, result: Result) -> Result:
        """The result with CO2e and water by the grid as the service told it; the same where that cannot be used."""
        derived = self.live
        supply = None if derived is None else derived.supply()
        if supply is None:
            return result
        site = replace(self._site, live=supply)
        return result_of(self._open_books(), site, self._sampler.records, self._all_warnings())

    @property
    def live(self) -> Derived | None:
        """The carbon intensity that a service told of the time up to now; None where none was asked."""
        with self._lock:
            if self._live is None or self._books is None:
                return None
            from energyprof.live.intensity import derived
            from energyprof.live.weighted import along

            start_s, end_s, epoch_s = self._books.start_s, self._books.closed_s, self._live.epoch_s
            course = [(instant_s + epoch_s, energy_j) for instant_s, energy_j in [(start_s, 0.0), *self._course]]
            return derived(self._live, [(start_s, end_s)], along(course), self._site)

    @contextmanager
    def span(self, name: str, **units: float) -> Iterator[None]:
        """A block of work, with the work units done in it, such as span("rerank", requests=32)."""
        span = begin(name)
        try:
            given(span, units)
            with Active(span):
                yield
        except BaseException as error:
            finish(span, error)
            raise
        finish(span)

    def measurement(self, name: str) -> Measurement:
        """The spans of one name for which this was the innermost active profiler."""
        with self._lock:
            books = self._open_books() if self._result is not None else self._up_to_date()
            return measurement_of(books, name, self._site, primary=True)

    def leave_to_parent(self) -> None:
        """In the child of a fork: the parent goes on with it, and any thread that held its lock is not here."""
        self._lock = threading.RLock()
        self._forked, self._at_it = True, False
        if self._journal is not None:
            self._journal.leave_to_parent()
        self._warnings.append(FORKED)

    def _all_warnings(self) -> list[str]:
        failure = None if self._journal is None else self._journal.failure
        return [*self._sampler.cautions, *self._sampler.warnings, *self._warnings, *([failure] if failure else [])]

    def _open_books(self) -> Books:
        if self._books is None:
            raise NotMeasurable("The profiler was not started, so it has no result. Use `with Profiler()` or start().")
        return self._books

    def _up_to_date(self) -> Books:
        """The books with every span that has closed, once the ticks that cover it have arrived.

        They are closed for good only every ten seconds, however often somebody looks: a counter shows too few ticks
        at a time to tell the power of several functions apart. Whoever interrupts this thread while it does so, a
        signal handler or a finaliser, finds them as they were at the last look.
        """
        if self._at_it or not self._sampler.running:
            return self._open_books() if self._look is None else self._look.books
        if self._look is not None and self._still_holds(self._look):
            return self._look.books
        with self._at_work():
            ended = [*self._pending, *self._open_books().waiting]
            pending_ns = [span.segments[-1][1] for span in ended if span.segments]
            if last_ns := max(self._log.last_ns(), *pending_ns, 0):
                self._settle(last_ns / NS_PER_S)
            books, _ = self._closed(None)
            self._look = _Look(books, len(self._pending), time.monotonic())
            if len(self._pending) > CROWDED:
                self._wanted.set()
            return books

    def _still_holds(self, look: _Look) -> bool:
        """Whether it is of just now, and no span has closed since: each attribute of `fn.energy` is a look."""
        return time.monotonic() < look.at_s + LOOK_S and look.spans == len(self._pending) and not self._log.last_ns()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """The thread that holds the lock changes what the profiler knows, and may be interrupted."""
        self._at_it = True
        try:
            yield
        finally:
            self._at_it = False

    def _settle(self, end_s: float) -> None:
        """Waits until every counter has ticked a few times after an instant, or clearly will not."""
        if self._open_books().references:  # some of which are read seldom
            self._sampler.wait_past(end_s)
        deadline_s = time.monotonic() + SETTLE_LIMIT_S
        while time.monotonic() < deadline_s and self._sampler.running:
            counted = [timeline for timeline in self._sampler.timelines() if timeline.domain.apart is None]
            if all(_ticks_after(timeline, end_s) >= QUIET_TICKS for timeline in counted):
                return
            time.sleep(0.01)

    def _fold(self, end_s: float | None) -> None:
        """Accounts for good, up to `end_s` or as far as every counter has been read."""
        with self._lock:
            books, running = self._closed(end_s)
            # Only now, so that a fold that fails loses no call.
            self._books, self._look, self._pending = books, _Look(books, 0, -math.inf), []
            self._cpu_use.forget_before(books.closed_s)
            if self._watch is not None:
                self._course.append((books.closed_s, books.total_j()))
            self._folded_s = time.monotonic()
            self._unfinished = Counter(span.name for span in running)
            if self._journal is None or self._journal.failure is None:
                self._sampler.forget_before(books.closed_s, keep_ticks=KEPT_TICKS)

    def _closed(self, end_s: float | None) -> tuple[Books, list[OpenSpan]]:
        """A copy of the books, closed at `end_s` or as far as every counter has been read; and the spans open then."""
        books = self._open_books().copy()
        everything = self._sampler.timelines()
        timelines = [timeline for timeline in everything if timeline.domain in books.domains]
        known_s = min((covered_s(timeline) for timeline in timelines), default=books.closed_s)
        known_s = max(known_s, time.monotonic() - STALLED_S)
        self._warnings += [each for each in gap_warnings(timelines) if each not in self._warnings]
        running = self._collect()
        books.close_until(known_s if end_s is None else end_s, self._pending, running, timelines, self._used())
        follow(books.references, everything, books.closed_s)
        return books, running

    def _used(self) -> CpuUse | None:
        return CpuUse(*self._cpu_use.columns()) if self._cpu_use.read() else None

    def _collect(self) -> list[OpenSpan]:
        """Takes what has been recorded and writes it down; returns the spans that are open."""
        closed, running = self._log.take() if self._journal is None else self._log.take(JOURNALLED_SPANS)
        self._pending += closed
        if self._journal is not None:
            self._journal.spans(closed, running)
        return running

    def _fold_forever(self) -> None:
        period_s = FOLD_PERIOD_S if self._journal is None else JOURNAL_PERIOD_S
        while not self._ended.is_set():
            wanted = self._wanted.wait(period_s)
            self._wanted.clear()
            with self._lock:
                if self._ended.is_set():
                    return
                with self._at_work():
                    if wanted or time.monotonic() > self._folded_s + FOLD_PERIOD_S - period_s / 2:
                        self._fold(None)
                    else:
                        self._collect()

    def __enter__(self) -> Profiler:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(error)

    async def __aenter__(self) -> Profiler:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        """Stops; an error of the block stays what the caller sees, with a note where the record is lost as well."""
        if error is None:
            self.stop()
            return
        try:
            self.stop()
        except UnwritableOutput as failure:
            error.add_note(str(failure))


def _given_factors(factors: Mapping[str, float | str] | str | Path | None) -> tuple[Factor, ...]:
    if factors is None:
        return ()
    shape = factors if isinstance(factors, Mapping) else str(factors)
    return factors_from_mapping(shape, "Profiler", Path())


def _watch(live: str | LiveWatch) -> LiveWatch | None:
    """Imported here, since hardly any profiler asks a service."""
    from energyprof.live.watch import watching

    return watching(live) if isinstance(live, str) else live


def _ticks_after(timeline: Timeline, instant_s: float) -> int:
    if timeline.domain.model is not None:
        return QUIET_TICKS if timeline.end_s > instant_s else 0
    return sum(seen_s > instant_s for seen_s in timeline.seen_s[-2 * QUIET_TICKS :])
