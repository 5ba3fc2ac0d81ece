"""AMD GPUs through AMD SMI: the energy counter, and socket power integrated here where a GPU has no counter.

The Python interface is that of amdsmi 7.0.2 (`amdsmi_interface.py`; ROCm 7.0, 2025): `amdsmi_init()` opens the GPUs,
`amdsmi_get_energy_count(handle)` gives `energy_accumulator` in steps of `counter_resolution` uJ, and
`amdsmi_get_power_info(handle)` gives W, with "N/A" for what a GPU does not say.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis
from energyprof.sensors.amd_chip import is_whole_chip
from energyprof.sensors.cuda_visible import visible_gpus
from energyprof.sensors.number_file import CannotRead
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

GAIN = 0.10
"""A prior: no study known here has held this counter against a reference meter over many cards."""

NO_DRIVER = (
    "With an AMD GPU in this machine, install ROCm until `amd-smi list` shows it; start a container with "
    "`docker run --device /dev/kfd --device /dev/dri`."
)
POWERS = ("current_socket_power", "average_socket_power", "socket_power")
"""Of the power readings the first that a GPU gives: newer ones give the first, others the second."""

CHIP_NOTE = "the whole chip, its CPU included"
INTEGRATED_NOTE = "no energy counter: socket power integrated between readings"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as AMD SMI lists it, in the order of the bus."""

    index: int
    handle: Any
    name: str
    uuid: str


class Meter(Protocol):
    """Reads one GPU. Raises `AmdSmiException` and `CannotRead`."""

    basis: Basis
    note: str | None
    joules_per_count: float

    def read(self) -> int: ...


class EnergyCounter:
    """The accumulator, in steps of its resolution."""

    basis: Basis = "measured"
    note: str | None = None

    def __init__(self, smi: Any, handle: Any) -> None:
        self._smi = smi
        self._handle = handle
        self.joules_per_count = float(smi.amdsmi_get_energy_count(handle)["counter_resolution"]) * 1e-6

    def read(self) -> int:
        count = int(self._smi.amdsmi_get_energy_count(self._handle)["energy_accumulator"])
        if count == 0 or self.joules_per_count <= 0:  # never taken for energy: it may be a die without a meter
            raise CannotRead("the energy counter says 0")
        return count


class PowerMeter:
    """Socket power, integrated here into uJ."""

    basis: Basis = "derived"
    note: str | None = INTEGRATED_NOTE
    joules_per_count = 1e-6

    def __init__(self, smi: Any, handle: Any, clock_ns: Callable[[], int]) -> None:
        self._smi = smi
        self._handle = handle
        self.read = PowerIntegral(self._power_w, clock_ns).read

    def _power_w(self) -> float:
        said = self._smi.amdsmi_get_power_info(self._handle)
        powers = [said[name] for name in POWERS if isinstance(said.get(name), int | float) and said[name] > 0]
        if not powers:
            raise CannotRead("no socket power is given")
        return float(powers[0])


class AmdSensor:
    """The GPUs that HIP may use here."""

    name = "amd"
    own_period_s = None

    def __init__(self, smi: Any, meters: list[Meter], domains: list[Domain]) -> None:
        self.domains = domains
        self._smi = smi
        self._meters = meters

    def read(self) -> list[int | str]:
        return [self._reading(meter) for meter in self._meters]

    def close(self) -> None:
        self._smi.amdsmi_shut_down()

    def _reading(self, meter: Meter) -> int | str:
        try:
            return meter.read()
        except (self._smi.AmdSmiException, CannotRead) as error:
            return f"AMD SMI: {_sentence(error)}"


def find(
    environ: Mapping[str, str], *, sysfs: Path = Path("/sys"), clock_ns: Callable[[], int] = time.monotonic_ns
) -> Finding:
    """Looks for GPUs that HIP may use and AMD SMI can meter.

    Args:
        environ: ROCR_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES and CUDA_VISIBLE_DEVICES are read from it.
        sysfs: where the kernel's tree is; there it says which GPUs have a CPU beside them on their chip.
        clock_ns: monotonic, for power that is integrated here.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # without its library the package prints, then fails
            smi: Any = importlib.import_module("amdsmi")
    except ImportError:
        return Finding(None, "The AMD SMI bindings are not installed.", "pip install 'energyprof[amd]'")
    except (OSError, KeyError, AttributeError):
        return Finding(None, "The library of AMD SMI, libamd_smi.so, cannot be loaded.", NO_DRIVER)
    try:
        smi.amdsmi_init()
    except smi.AmdSmiException as error:
        return Finding(None, f"AMD SMI does not start: {_sentence(error)}.", NO_DRIVER)
    finding = _metered(smi, environ, sysfs, clock_ns)
    if finding.sensor is None:
        smi.amdsmi_shut_down()
    return finding


def _metered(smi: Any, environ: Mapping[str, str], sysfs: Path, clock_ns: Callable[[], int]) -> Finding:
    try:
        gpus = [_gpu(smi, index, handle) for index, handle in enumerate(smi.amdsmi_get_processor_handles())]
    except smi.AmdSmiException as error:
        return Finding(None, f"AMD SMI lists no GPU: {_sentence(error)}.", NO_DRIVER)
    if not gpus:
        return Finding(None, "AMD SMI lists no GPU.", NO_DRIVER)
    chosen = _visible(environ, gpus)
    if not chosen:
        return Finding(
            None,
            "ROCR_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES or CUDA_VISIBLE_DEVICES shows HIP no GPU.",
            "unset ROCR_VISIBLE_DEVICES HIP_VISIBLE_DEVICES CUDA_VISIBLE_DEVICES",
        )
    meters: list[Meter] = []
    domains: list[Domain] = []
    missed: list[str] = []
    for gpu in chosen:
        try:
            meter = _meter(smi, gpu.handle, clock_ns)
        except (smi.AmdSmiException, CannotRead) as error:
            missed.append(f"GPU {gpu.index} ({gpu.name}) gives neither energy nor power: {_sentence(error)}.")
            continue
        meters.append(meter)
        domains.append(_domain(smi, gpu, meter, sysfs))
    reason = " ".join(missed) or None
    return Finding(AmdSensor(smi, meters, domains) if meters else None, reason, "amd-smi metric" if reason else None)


def _visible(environ: Mapping[str, str], gpus: list[Gpu]) -> list[Gpu]:
    """As HIP does: the runtime below it hides GPUs first, and it numbers those that are left.

    Source: ROCm documentation, "GPU isolation techniques" (2024).
    """
    hip = environ.get("HIP_VISIBLE_DEVICES", environ.get("CUDA_VISIBLE_DEVICES"))
    for value in (environ.get("ROCR_VISIBLE_DEVICES"), hip):
        gpus = [gpus[index] for index in visible_gpus(value, [gpu.uuid for gpu in gpus], lambda _: None)]
    return gpus


def _gpu(smi: Any, index: int, handle: Any) -> Gpu:
    """HIP knows a GPU by its serial number; one that does not tell it has its index alone."""
    try:
        asic = smi.amdsmi_get_gpu_asic_info(handle)
    except smi.AmdSmiException as error:
        return Gpu(index, handle, _sentence(error), "")
    return Gpu(index, handle, asic["market_name"], f"GPU-{asic['asic_serial'].removeprefix('0x').lower()}")


def _meter(smi: Any, handle: Any, clock_ns: Callable[[], int]) -> Meter:
    """The best meter of a GPU, read once; raises where there is none."""
    try:
        counter = EnergyCounter(smi, handle)
        counter.read()
        return counter
    except (smi.AmdSmiLibraryException, CannotRead):
        power = PowerMeter(smi, handle, clock_ns)
        power.read()
        return power


def _domain(smi: Any, gpu: Gpu, meter: Meter, sysfs: Path) -> Domain:
    module = "MI300A" in gpu.name or _is_whole_chip(smi, gpu.handle, sysfs)
    notes = [CHIP_NOTE if module else None, meter.note]
    return Domain(
        id=f"gpu:amd-{gpu.index}",
        kind="module" if module else "gpu",
        sensor="amd",
        label=f"AMD GPU {gpu.index} ({gpu.name})",
        basis=meter.basis,
        joules_per_count=meter.joules_per_count,
        device=_device(gpu.uuid),
        gain=GAIN,
        max_power_w=_power_cap_w(smi, gpu.handle),
        note="; ".join(filter(None, notes)) or None,
    )


def _is_whole_chip(smi: Any, handle: Any, sysfs: Path) -> bool:
    try:
        address = smi.amdsmi_get_gpu_device_bdf(handle)
    except smi.AmdSmiException:
        return False
    return any(map(is_whole_chip, (sysfs / "bus" / "pci" / "devices" / address).glob("hwmon/hwmon*")))


def _power_cap_w(smi: Any, handle: Any) -> float | None:
    try:
        limit_uw = smi.amdsmi_get_power_cap_info(handle)["max_power_cap"]
    except smi.AmdSmiException:
        return None
    return float(limit_uw) / 1e6 if limit_uw else None


def _sentence(error: Exception) -> str:
    """The library's errors span two lines: a code, and what it means."""
    return str(getattr(error, "err_info", None) or error).strip()


def _device(uuid: str) -> str | None:
    """A digest of the serial number; None where the GPU has none, and label and machine have to tell it."""
    serial = uuid.removeprefix("GPU-")
    if not serial.strip("0") or not set(serial) <= set(string.hexdigits):
        return None
    return hashlib.sha256(uuid.encode()).hexdigest()[:16]
