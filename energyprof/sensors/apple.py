"""Apple silicon through the system's energy model: processor, graphics, memory and neural engine.

The Python interface is that of zeus-apple-silicon 1.1.0 (2026): `AppleEnergyMonitor().get_cumulative_energy()` gives
`cpu_total_mj`, `gpu_mj`, `gpu_sram_mj`, `dram_mj` and `ane_mj` since a fixed moment, each None where a chip does not
tell it. Its documentation says what the numbers are: estimates of the chip from its own activity, in steps of 1 mJ.
"""

from __future__ import annotations

import importlib
import platform
from dataclasses import dataclass
from typing import Any

from energyprof.model.domain import Domain, Kind
from energyprof.sensors.sensor import Finding

GAIN = 0.20
"""A prior, as for other counters that a chip fills from a model of itself."""

FAULTS = (RuntimeError, ValueError)
"""What the library's C++ exceptions become in Python."""

NOTE = "the chip's own estimate from its activity, not a power sensor"


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the library's metrics."""

    field: str
    id: str
    kind: Kind
    label: str
    apart: str | None = None


PARTS = (
    Part("cpu_total_mj", "cpu:apple", "cpu", "Apple CPU"),
    Part("gpu_mj", "gpu:apple", "gpu", "Apple GPU"),
    Part("dram_mj", "dram:apple", "dram", "Apple memory"),
    Part("ane_mj", "npu:apple", "npu", "Apple Neural Engine"),
    Part(
        "gpu_sram_mj",
        "gpu:apple-sram",
        "gpu",
        "Apple GPU memory on chip",
        "it is not documented whether the GPU's counter holds it",
    ),
)


class AppleSensor:
    """The parts that this chip tells of, in mJ."""

    name = "apple"
    own_period_s = None

    def __init__(self, monitor: Any, parts: list[Part]) -> None:
        self._monitor = monitor
        self._parts = parts
        self.domains = [_domain(part) for part in parts]

    def read(self) -> list[int | str]:
        try:
            metrics = self._monitor.get_cumulative_energy()
        except FAULTS as error:
            return [f"energy model: {error}" for _ in self._parts]
        values = [getattr(metrics, part.field) for part in self._parts]
        return [
            f"energy model: no {part.field}" if value is None else int(value)
            for part, value in zip(self._parts, values, strict=True)
        ]

    def close(self) -> None:
        """The library closes by itself."""


def find() -> Finding:
    """Looks for an Apple chip."""
    try:
        library: Any = importlib.import_module("zeus_apple_silicon")
    except ImportError:
        if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
            return Finding(None, "This is no Mac with Apple silicon.", "Measure on one.")
        return Finding(None, "The library for Apple silicon is not installed.", "pip install 'energyprof[apple]'")
    try:
        monitor = library.AppleEnergyMonitor()
        metrics = monitor.get_cumulative_energy()
    except FAULTS as error:
        remedy = "python -m pip install --upgrade zeus-apple-silicon   (newer chips need a newer one)"
        return Finding(None, f"The energy model of this system cannot be read: {error}.", remedy)
    parts = [part for part in PARTS if getattr(metrics, part.field) is not None]
    if not parts:
        return Finding(None, "The energy model of this chip tells of no part.", "pip install -U zeus-apple-silicon")
    return Finding(AppleSensor(monitor, parts))


def _domain(part: Part) -> Domain:
    return Domain(
        id=part.id,
        kind=part.kind,
        sensor="apple",
        label=part.label,
        joules_per_count=1e-3,
        gain=GAIN,
        note=NOTE,
        apart=part.apart,
    )
