"""The tools that are compared, each behind the same few verbs, in the environment that it is installed in.

A tool measures either the GPUs or the CPUs of the machine and knows named windows. Everything is used as its own
documentation shows; what a tool has no notion of is None here and "-" in the tables.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

JOULES_PER_KWH = 3.6e6


@dataclass
class Found:
    """What a tool says of one name.

    Attributes:
        energy_j: over all its windows; None where the tool says that it does not know.
        low_j, high_j: 95 % interval; None where the tool gives none.
        said: sentences with which it qualifies its figure.
    """

    energy_j: float | None = None
    low_j: float | None = None
    high_j: float | None = None
    said: list[str] = field(default_factory=list)

    def add(self, energy_j: float) -> None:
        """Another window of the name."""
        self.energy_j = (self.energy_j or 0.0) + energy_j


class Tool(Protocol):
    """One tool that measures; `start` before the first window, `stop` after the last."""

    def start(self) -> None: ...
    def window(self, name: str) -> AbstractContextManager[None]: ...
    def decorated(self, function: Callable[..., Any], name: str) -> Callable[..., Any] | None: ...
    def stop(self) -> dict[str, Found]: ...


class Energyprof:
    """`Profiler`, its spans and `@profile`."""

    def __init__(self, device: str) -> None:
        from energyprof import Profiler

        self._profiler = Profiler(sensors=["nvml" if device == "gpu" else "rapl"])

    def start(self) -> None:
        self._profiler.start()

    def window(self, name: str) -> AbstractContextManager[None]:
        return self._profiler.span(name)

    def decorated(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        from energyprof import profile

        decorated: Callable[..., Any] = profile(name=name)(function)
        return decorated

    def stop(self) -> dict[str, Found]:
        result = self._profiler.stop()
        said = [*result.warnings, *result.coverage.not_included]
        found = {m.name: Found(m.energy.value, m.energy.low, m.energy.high, said) for m in result}
        for name, quantity in (("(total)", result.total), ("(idle)", result.idle), ("(rest)", result.unattributed)):
            found[name] = Found(quantity.value, quantity.low, quantity.high)
        return found


class Zeus:
    """`ZeusMonitor` with a window; there is no PyTorch to wait for, so it need not be synchronised."""

    def __init__(self, device: str) -> None:
        from zeus.monitor import ZeusMonitor

        self._gpu = device == "gpu"
        self._monitor = ZeusMonitor(gpu_indices=None if self._gpu else [], cpu_indices=[] if self._gpu else None)
        self._found: dict[str, Found] = {}
        self._log = Log("zeus")
        self._open = 0

    def start(self) -> None:
        with self.window("warm-up"):
            pass
        self._found.clear()

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        self._open += 1  # a key may be open once only
        key = f"{name} {self._open}"
        self._monitor.begin_window(key, sync_execution=False)
        yield
        measured = self._monitor.end_window(key, sync_execution=False)
        by_device = measured.gpu_energy if self._gpu else measured.cpu_energy or {}
        self._found.setdefault(name, Found()).add(sum(by_device.values()))

    def decorated(self, function: Callable[..., Any], name: str) -> None:
        return None

    def stop(self) -> dict[str, Found]:
        return self._log.with_sentences(self._found)


class ZeusPower:
    """`PowerMonitor`, which samples in processes of its own; here only what that costs is of interest."""

    def __init__(self, device: str) -> None:
        self._monitor: Any = None

    def start(self) -> None:
        from zeus.monitor import PowerMonitor

        self._monitor = PowerMonitor()

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        yield

    def decorated(self, function: Callable[..., Any], name: str) -> None:
        return None

    def stop(self) -> dict[str, Found]:
        self._monitor.stop()
        return {}


class CodeCarbon:
    """`@track_emissions`, and the tracker that it makes for each call."""

    def __init__(self, device: str) -> None:
        self._field = "gpu_energy" if device == "gpu" else "cpu_energy"
        self._found: dict[str, Found] = {}
        self._log = Log("codecarbon")

    def start(self) -> None:
        with self.window("warm-up"):  # the first tracker of a process loads its tables, which takes a second
            pass
        self._found.clear()
        self._log.sentences.clear()

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        tracker = offline_tracker()
        tracker.start()
        yield
        tracker.stop()
        self._keep(name, tracker.final_emissions_data)

    def decorated(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        from codecarbon import track_emissions
        from codecarbon.output_methods.base_output import BaseOutput

        class Kept(BaseOutput):  # type: ignore[misc, unused-ignore]
            @staticmethod
            def out(total: Any, delta: Any) -> None:
                self._keep(name, total)

        decorated: Callable[..., Any] = track_emissions(
            function,
            offline=True,
            country_iso_code="FRA",
            save_to_file=False,
            log_level="warning",
            output_handlers=[Kept()],
        )
        return decorated

    def stop(self) -> dict[str, Found]:
        return self._log.with_sentences(self._found)

    def _keep(self, name: str, kept: Any) -> None:
        self._found.setdefault(name, Found()).add(getattr(kept, self._field) * JOULES_PER_KWH)


class CodeCarbonTasks(CodeCarbon):
    """`start_task` and `stop_task` of one tracker; a tracker has one task at a time."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self._tracker = offline_tracker()

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        self._tracker.start_task()
        yield
        self._keep(name, self._tracker.stop_task())

    def decorated(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            with self.window(name):
                return function(*args)

        return wrapped


def offline_tracker() -> Any:
    """As a user without network would make it; its files are of no interest here."""
    from codecarbon import OfflineEmissionsTracker

    return OfflineEmissionsTracker(country_iso_code="FRA", save_to_file=False, log_level="warning")


class Log(logging.Handler):
    """The warnings that a library writes to its log."""

    def __init__(self, logger: str) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []
        logging.getLogger(logger).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())

    def with_sentences(self, found: dict[str, Found]) -> dict[str, Found]:
        """The same, each figure with what was said meanwhile."""
        for one in found.values():
            one.said = list(dict.fromkeys(self.sentences))
        return found


TOOLS: dict[str, Callable[[str], Tool]] = {
    "energyprof": Energyprof,
    "zeus": Zeus,
    "zeus-power": ZeusPower,
    "codecarbon": CodeCarbon,
    "codecarbon-tasks": CodeCarbonTasks,
}
