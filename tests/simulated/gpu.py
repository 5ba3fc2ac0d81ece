"""Simulated NVIDIA GPUs: a `libnvidia-ml.so.1` for unmodified clients, and the power they truly draw."""

from __future__ import annotations

import atexit
import ctypes
import functools
import mmap
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from simulated.truth import NS_PER_S, Edges

GPUS, FAULTS = 8, 8
SOURCE = Path(__file__).with_name("gpu.c")

NOT_SUPPORTED, NO_PERMISSION, GPU_IS_LOST, RESET_REQUIRED = 3, 4, 15, 16
"""Codes of NVML errors, for `SimulatedGpu.fail`."""


class NoCompiler(Exception):
    """There is no C compiler here, so there can be no simulated GPU."""


@dataclass(frozen=True)
class GpuSpec:
    """How one simulated GPU and its meter behave.

    Attributes:
        idle_w: drawn from the start until the first edge.
        period_s, phase_s: the counter moves at phase_s + k period_s on the monotonic clock.
        sampled_s: how much of each period the meter sees; None = all of it.
        power_window_s: instant power is the mean over this; average_window_s: so for `PowerUsage`.
        latency_s: how long a reading takes. lag_s: it shows what was so that much earlier.
        noise: relative standard deviation of the energy counted in one period.
        counter: False for an architecture without an energy counter. instant: False without instant power.
        mig: None where the architecture has no MIG, else whether it is on.
        limit_w: the power limit; None = not supported.
        started_s: when the driver was loaded and idling began; None = now.
    """

    idle_w: float = 50.0
    name: str = "NVIDIA Simulated"
    uuid: str | None = None
    period_s: float = 0.1
    phase_s: float = 0.0
    sampled_s: float | None = None
    power_window_s: float = 0.025
    average_window_s: float = 1.0
    latency_s: float = 0.0
    lag_s: float = 0.0
    noise: float = 0.0
    seed: int = 0
    counter: bool = True
    instant: bool = True
    mig: bool | None = None
    limit_w: float | None = 700.0
    started_s: float | None = None


class _Fault(ctypes.Structure):
    _fields_ = (("from_ns", ctypes.c_int64), ("to_ns", ctypes.c_int64), ("code", ctypes.c_int64))


class _Gpu(ctypes.Structure):
    reset_ns: int
    fault: ctypes.Array[_Fault]
    _fields_ = (
        ("name", ctypes.c_char * 96),
        ("uuid", ctypes.c_char * 96),
        ("mig_uuid", ctypes.c_char * 96),
        ("edges_path", ctypes.c_char * 512),
        ("period_ns", ctypes.c_int64),
        ("phase_ns", ctypes.c_int64),
        ("sampled_ns", ctypes.c_int64),
        ("power_window_ns", ctypes.c_int64),
        ("average_window_ns", ctypes.c_int64),
        ("latency_ns", ctypes.c_int64),
        ("lag_ns", ctypes.c_int64),
        ("started_ns", ctypes.c_int64),
        ("reset_ns", ctypes.c_int64),
        ("has_counter", ctypes.c_int64),
        ("has_instant", ctypes.c_int64),
        ("mig_mode", ctypes.c_int64),
        ("limit_mw", ctypes.c_int64),
        ("architecture", ctypes.c_int64),
        ("seed", ctypes.c_int64),
        ("noise", ctypes.c_double),
        ("fault", _Fault * FAULTS),
    )


class _Machine(ctypes.Structure):
    count: int
    gpu: ctypes.Array[_Gpu]
    _fields_ = (("count", ctypes.c_int64), ("gpu", _Gpu * GPUS))


class SimulatedGpus:
    """One to eight GPUs of a machine.

    Attributes:
        truths: for each GPU the power it truly draws; append to it as the workload runs.
        env: for child processes: `{**os.environ, **gpus.env}`.
    """

    def __init__(self, folder: Path, *specs: GpuSpec) -> None:
        """Writes the machine's files into `folder`.

        Raises:
            NoCompiler: the library cannot be built here.
        """
        path = folder / "gpus.bin"
        path.write_bytes(bytes(ctypes.sizeof(_Machine)))
        with path.open("r+b") as file:
            self._machine = _Machine.from_buffer(mmap.mmap(file.fileno(), 0))
        self.specs = specs
        self.uuids = [spec.uuid or f"GPU-{index:08d}-0000-4000-8000-000000000000" for index, spec in enumerate(specs)]
        self.mig_uuids = [uuid.replace("GPU-", "MIG-") for uuid in self.uuids]
        self.truths = [Edges(folder / f"gpu-{index}.edges") for index in range(len(specs))]
        self.library = built_library()
        self.env = {
            "SIM_GPU": str(path),
            "ENERGYPROF_METERS": str(folder / "meters"),
            "LD_LIBRARY_PATH": os.pathsep.join(
                [str(self.library.parent), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
            ),
        }
        for index, spec in enumerate(specs):
            started_s = time.monotonic() if spec.started_s is None else spec.started_s
            self._machine.gpu[index] = self._described(index, spec, started_s)
            self.truths[index].append(started_s, spec.idle_w)
        self._machine.count = len(specs)

    def fail(self, code: int, from_s: float, to_s: float, *, gpu: int = 0) -> None:
        """Every reading of energy or power in that time returns this NVML error."""
        faults = self._machine.gpu[gpu].fault
        free = next(index for index in range(FAULTS) if not faults[index].code)
        faults[free] = _Fault(_ns(from_s), _ns(to_s), code)

    def reset(self, at_s: float, *, gpu: int = 0) -> None:
        """The driver is reloaded at that instant: the counter starts again from 0."""
        self._machine.gpu[gpu].reset_ns = _ns(at_s)

    def load(self) -> None:
        """Makes this process itself find the simulated library; the environment must hold `SIM_GPU` by then."""
        ctypes.CDLL(str(self.library), mode=ctypes.RTLD_GLOBAL)

    def _described(self, index: int, spec: GpuSpec, started_s: float) -> _Gpu:
        return _Gpu(
            name=spec.name.encode(),
            uuid=self.uuids[index].encode(),
            mig_uuid=self.mig_uuids[index].encode() if spec.mig else b"",
            edges_path=str(self.truths[index].path).encode(),
            period_ns=_ns(spec.period_s),
            phase_ns=_ns(spec.phase_s),
            sampled_ns=_ns(spec.period_s if spec.sampled_s is None else spec.sampled_s),
            power_window_ns=_ns(spec.power_window_s),
            average_window_ns=_ns(spec.average_window_s),
            latency_ns=_ns(spec.latency_s),
            lag_ns=_ns(spec.lag_s),
            started_ns=_ns(started_s),
            has_counter=spec.counter,
            has_instant=spec.instant,
            mig_mode=-1 if spec.mig is None else spec.mig,
            limit_mw=round((spec.limit_w or 0) * 1000),
            architecture=9,
            seed=spec.seed,
            noise=spec.noise,
        )


class SimulatedGpu(SimulatedGpus):
    """A machine with one GPU; takes the fields of `GpuSpec` as keywords."""

    def __init__(self, folder: Path, **spec: object) -> None:
        super().__init__(folder, GpuSpec(**spec))  # type: ignore[arg-type]

    @property
    def edges(self) -> Edges:
        """The power it truly draws."""
        return self.truths[0]


@functools.cache
def built_library() -> Path:
    """`libnvidia-ml.so.1`, compiled once a process into a folder of its own.

    Raises:
        NoCompiler: no C compiler was found.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("no C compiler (cc) here, so the simulated GPU cannot be built: apt-get install gcc")
    folder = Path(tempfile.mkdtemp(prefix="simulated-gpu-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "libnvidia-ml.so.1"
    command = [compiler, "-O2", "-shared", "-fPIC", f"-Wl,-soname,{library.name}", "-o", library, SOURCE, "-lm"]
    subprocess.run(command, check=True)
    return library


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
