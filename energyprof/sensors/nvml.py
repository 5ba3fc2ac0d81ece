"""NVIDIA GPUs through NVML: the energy counter, and power integrated here where a GPU has no counter."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from energyprof.model.domain import Domain
from energyprof.model.quantity import Basis
from energyprof.sensors.cuda_visible import visible_gpus
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

GAIN = 0.05
"""Against reference meters cards were -6.2 to +1 % off, each by its own constant (Yang, Adamek, Armour, SC'24)."""

NO_DRIVER = (
    "With an NVIDIA GPU in this machine, install its driver until `nvidia-smi` lists it; "
    "start a container with `docker run --gpus all`."
)

PART_TIME = re.compile(r"\b(A100|A800|A30|H20|H100|H200|H800|GH200)\b")
PART_TIME_DUTY = 0.25
PART_TIME_NOTE = (
    "the power sensor samples 25 % of the time on this architecture; whether the energy counter does is not known, so "
    "the intervals of short spans are as wide as if it did"
)
MODULE_NOTE = "the counter covers the whole Grace Hopper module: GPU, CPU and memory"
MIG_NOTE = "whole GPU, MIG is on: no instance is metered alone"
ORDER_NOTE = (
    "numbered by PCI bus, while CUDA numbers the fastest first; set CUDA_DEVICE_ORDER=PCI_BUS_ID for equal numbers"
)
INTEGRATED_NOTE = "no energy counter: instant power integrated between readings"
AVERAGE_NOTE = (
    "no energy counter: power integrated between readings; from Ampere on (A100 apart) it is a mean over 1 s, too slow "
    "for windows under 30 s"
)


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as NVML lists it, in PCI order."""

    index: int
    handle: Any
    name: str
    uuid: str


class Meter(Protocol):
    """Reads one GPU. Raises `pynvml.NVMLError`."""

    basis: Basis
    note: str | None

    def read(self) -> int: ...


class EnergyCounter:
    """The cumulative counter, in mJ since the driver was loaded (Volta and later).

    Raises:
        NVMLError_NotSupported: there is none.
    """

    basis: Basis = "measured"
    note: str | None = None

    def __init__(self, nvml: Any, handle: Any) -> None:
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        self._error = nvml.NVMLError
        self._ask = nvml.nvmlLib.nvmlDeviceGetTotalEnergyConsumption
        self._count = ctypes.c_uint64()
        self._arguments = handle, ctypes.byref(self._count)

    def read(self) -> int:
        """As the bindings' own function does, with what it makes at each call made once."""
        if code := self._ask(*self._arguments):
            raise self._error(code)
        return self._count.value


class PowerMeter:
    """Power, integrated here into uJ."""

    basis: Basis = "derived"

    def __init__(self, power_mw: Callable[[], int], note: str, clock_ns: Callable[[], int]) -> None:
        self.note: str | None = note
        self.read = PowerIntegral(lambda: power_mw() / 1000, clock_ns).read


class NvmlSensor:
    """The GPUs that CUDA may use here."""

    name = "nvml"
    own_period_s = None

    def __init__(self, nvml: Any, meters: list[Meter], domains: list[Domain]) -> None:
        self.domains = domains
        self._nvml = nvml
        self._reads = [meter.read for meter in meters]

    def read(self) -> list[int | str]:
        values: list[int | str] = []
        for read in self._reads:
            try:
                values.append(read())
            except self._nvml.NVMLError as error:
                values.append(f"NVML: {error}")
        return values

    def close(self) -> None:
        self._nvml.nvmlShutdown()


def find(environ: Mapping[str, str], *, clock_ns: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Looks for GPUs that CUDA may use and NVML can meter.

    Args:
        environ: CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER are read from it.
        clock_ns: monotonic, for power that is integrated here.
    """
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return Finding(None, "The NVML bindings are not installed.", "pip install nvidia-ml-py")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return Finding(None, f"NVML does not start: {error}.", NO_DRIVER)
    finding = _metered(nvml, environ, clock_ns)
    if finding.sensor is None:
        nvml.nvmlShutdown()
    return finding


def _metered(nvml: Any, environ: Mapping[str, str], clock_ns: Callable[[], int]) -> Finding:
    gpus = [_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())]
    if not gpus:
        return Finding(None, "The NVIDIA driver lists no GPU.", NO_DRIVER)
    value = environ.get("CUDA_VISIBLE_DEVICES")
    chosen = visible_gpus(value, [gpu.uuid for gpu in gpus], lambda mig: _mig_parent(nvml, mig))
    if not chosen:
        return Finding(None, f"CUDA_VISIBLE_DEVICES={value!r} shows CUDA no GPU.", "unset CUDA_VISIBLE_DEVICES")
    order_matters = len(gpus) > 1 and environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"
    meters: list[Meter] = []
    domains: list[Domain] = []
    missed: list[str] = []
    for gpu in (gpus[index] for index in chosen):
        try:
            meter = _meter(nvml, gpu.handle, clock_ns)
        except nvml.NVMLError as error:
            missed.append(f"GPU {gpu.index} ({gpu.name}) gives neither energy nor power: {error}.")
            continue
        meters.append(meter)
        domains.append(_domain(nvml, gpu, meter, ORDER_NOTE if order_matters else None))
    reason = " ".join(missed) or None
    return Finding(NvmlSensor(nvml, meters, domains) if meters else None, reason, "nvidia-smi -q" if reason else None)


def _gpu(nvml: Any, index: int) -> Gpu:
    """A GPU that fell off the bus keeps its number, without handle and UUID."""
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        return Gpu(index, handle, nvml.nvmlDeviceGetName(handle), nvml.nvmlDeviceGetUUID(handle))
    except nvml.NVMLError as error:
        return Gpu(index, None, str(error), "")


def _mig_parent(nvml: Any, mig: str) -> int | None:
    try:
        instance = nvml.nvmlDeviceGetHandleByUUID(mig)
        return int(nvml.nvmlDeviceGetIndex(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(instance)))
    except nvml.NVMLError:
        return None


def _meter(nvml: Any, handle: Any, clock_ns: Callable[[], int]) -> Meter:
    """The best meter of a GPU, read once; raises `NVMLError` where there is none."""
    try:
        return EnergyCounter(nvml, handle)
    except nvml.NVMLError_NotSupported:
        pass
    integral = PowerMeter(lambda: _instant_mw(nvml, handle), INTEGRATED_NOTE, clock_ns)
    try:
        integral.read()
        return integral
    except nvml.NVMLError_NotSupported:
        average = PowerMeter(lambda: int(nvml.nvmlDeviceGetPowerUsage(handle)), AVERAGE_NOTE, clock_ns)
        average.read()
        return average


def _instant_mw(nvml: Any, handle: Any) -> int:
    field = nvml.nvmlDeviceGetFieldValues(handle, [(nvml.NVML_FI_DEV_POWER_INSTANT, 0)])[0]
    if field.nvmlReturn != nvml.NVML_SUCCESS:
        raise nvml.NVMLError(field.nvmlReturn)
    return int(field.value.uiVal)


def _domain(nvml: Any, gpu: Gpu, meter: Meter, order_note: str | None) -> Domain:
    module = "GH200" in gpu.name
    notes = [
        MODULE_NOTE if module else None,
        MIG_NOTE if _mig_is_on(nvml, gpu.handle) else None,
        meter.note,
        PART_TIME_NOTE if PART_TIME.search(gpu.name) else None,
        order_note,
    ]
    return Domain(
        id=f"gpu:{gpu.index}",
        kind="module" if module else "gpu",
        sensor="nvml",
        label=f"GPU {gpu.index} ({gpu.name})",
        basis=meter.basis,
        joules_per_count=1e-3 if meter.basis == "measured" else 1e-6,
        gain=GAIN,
        duty=PART_TIME_DUTY if PART_TIME.search(gpu.name) else None,
        max_power_w=_power_limit_w(nvml, gpu.handle),
        note="; ".join(filter(None, notes)) or None,
        device=hashlib.sha256(gpu.uuid.encode()).hexdigest()[:16],
        driver=_driver(nvml),
    )


def _driver(nvml: Any) -> str | None:
    try:
        return str(nvml.nvmlSystemGetDriverVersion())
    except nvml.NVMLError:
        return None


def _mig_is_on(nvml: Any, handle: Any) -> bool:
    try:
        return bool(nvml.nvmlDeviceGetMigMode(handle)[0])
    except nvml.NVMLError:
        return False


def _power_limit_w(nvml: Any, handle: Any) -> float | None:
    try:
        return float(nvml.nvmlDeviceGetEnforcedPowerLimit(handle)) / 1000
    except nvml.NVMLError:
        return None
