"""A machine's own battery while it discharges: what everything in it draws, screen and losses included.

Source of files and units: Documentation/ABI/testing/sysfs-class-power (Linux 6.12, 2024): uW, uA, uV, uWh.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis
from energyprof.sensors import procfs
from energyprof.sensors.number_file import CannotRead, NumberFile, remedy_of, text
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

OWN_PERIOD_S = 0.5
"""Embedded controllers measure every second or so, and asking one may take tens of milliseconds."""

GAIN = 0.10
"""A prior: fuel gauges are made to say when the battery is empty, and their makers promise little of their power."""

APART = "a reference: the battery feeds the whole machine"
NOTE = "all that the machine draws, screen and losses included; it moves every few seconds"
POWER = ("power_now",)
CURRENT = ("current_now", "voltage_now")
ENERGY = "energy_now"
UNPLUG = "Unplug the charger, and measure until you plug it in again."
UWH_PER_COUNT_J = 3.6e-3
COUNT_START = 1 << 40


class Charge:
    """What was taken from batteries that only show their charge, in uWh; a new segment after each fault."""

    basis: Basis = "measured"
    joules_per_count = UWH_PER_COUNT_J

    def __init__(self, charge_uwh: Callable[[], float]) -> None:
        self._charge_uwh = charge_uwh
        self._start = COUNT_START
        self._full_uwh: float | None = None

    def read(self) -> int:
        """The count after one more reading. Raises `CannotRead`."""
        full_uwh, self._full_uwh = self._full_uwh, None
        charge_uwh = self._charge_uwh()
        if full_uwh is None:
            self._start -= 1
            full_uwh = charge_uwh
        self._full_uwh = full_uwh
        return self._start + round(full_uwh - charge_uwh)


class Power:
    """Their power, integrated between readings, in uJ."""

    basis: Basis = "derived"
    joules_per_count = 1e-6

    def __init__(self, power_w: Callable[[], float], clock_ns: Callable[[], int]) -> None:
        self.read = PowerIntegral(power_w, clock_ns).read


class BatterySensor:
    """All batteries of the machine as one."""

    name = "battery"
    own_period_s = OWN_PERIOD_S

    def __init__(self, folders: list[Path], clock_ns: Callable[[], int]) -> None:
        self._folders = folders
        self._files = [[NumberFile(folder / name) for name in _shown(folder)] for folder in folders]
        charge_only = any(_shown(folder) == (ENERGY,) for folder in folders)
        self._meter = Charge(self._charge_uwh) if charge_only else Power(self._power_w, clock_ns)
        self.domains = [
            Domain(
                id="battery",
                kind="battery",
                sensor="battery",
                label=f"Battery ({' + '.join(folder.name for folder in folders)})",
                basis=self._meter.basis,
                joules_per_count=self._meter.joules_per_count,
                gain=GAIN,
                note=NOTE,
                apart=APART,
            )
        ]

    def measure(self) -> int:
        """The count after one more reading. Raises `CannotRead`."""
        return self._meter.read()

    def read(self) -> list[int | str]:
        try:
            return [self.measure()]
        except CannotRead as reason:
            return [str(reason)]

    def close(self) -> None:
        for files in self._files:
            for file in files:
                file.close()

    def _power_w(self) -> float:
        _require_discharging(self._folders)
        return sum(_product(files) for files in self._files)

    def _charge_uwh(self) -> float:
        _require_discharging(self._folders)
        return sum(file.value() for files in self._files for file in files)


def find(sysfs: Path, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Looks for batteries of the machine itself; those of a mouse or a headset are not.

    Args:
        sysfs: where the kernel's tree is. clock_ns: monotonic, for power that is integrated here.
    """
    folders = [
        folder
        for folder in sorted(sysfs.glob("class/power_supply/*"))
        if text(folder / "type") == "Battery" and text(folder / "scope") != "Device"
    ]
    if not folders:
        remedy = "Measure on a machine with a battery." if procfs.available() else "Measure on Linux."
        return Finding(None, f"There is no battery below {sysfs}/class/power_supply.", remedy)
    silent = [folder.name for folder in folders if not _shown(folder)]
    if silent or (len({_shown(folder) == (ENERGY,) for folder in folders}) > 1):
        return Finding(
            None, f"{', '.join(silent) or 'Not every battery'} shows neither power nor current.", "upower --dump"
        )
    sensor = BatterySensor(folders, clock_ns)
    try:
        sensor.measure()
    except CannotRead as reason:
        sensor.close()
        return Finding(None, f"{reason}.", UNPLUG if reason.path is None else remedy_of([reason]))
    return Finding(sensor)


def _shown(folder: Path) -> tuple[str, ...]:
    """The files that tell what a battery gives: the best that it has."""
    for names in (POWER, CURRENT, (ENERGY,)):
        if all((folder / name).exists() for name in names):
            return names
    return ()


def _require_discharging(folders: list[Path]) -> None:
    """One gives power and the others rest; while one charges, or none gives, the power is the charger's."""
    states = {folder.name: text(folder / "status") or "not known" for folder in folders}
    if "Discharging" in states.values() and "Charging" not in states.values():
        return
    said = ", ".join(f"{name} is {status.lower()}" for name, status in states.items())
    raise CannotRead(f"{said}: what the machine draws comes from the charger; unplug it")


def _product(files: list[NumberFile]) -> float:
    """W of one battery: uW, or uA x uV. Some drivers write what flows out as negative."""
    values = [abs(file.value()) for file in files]
    return values[0] / 1e6 if len(values) == 1 else values[0] * values[1] / 1e12
