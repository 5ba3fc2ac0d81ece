"""Counters of the kernel's perf_event subsystem: the system call, and one open counter of one CPU."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

SYSCALL_NUMBERS = {"x86_64": 298, "i686": 336, "i386": 336, "aarch64": 241, "riscv64": 241, "ppc64le": 319}
"""Number of perf_event_open by machine (the kernel's system call tables)."""

PERF_FLAG_FD_CLOEXEC = 8
ALL_PROCESSES = -1
NO_GROUP = -1


class EventAttributes(ctypes.Structure):
    """struct perf_event_attr in its first published size, PERF_ATTR_SIZE_VER0 (64 bytes): all that counting needs.

    Source: include/uapi/linux/perf_event.h; man 2 perf_event_open.
    """

    type: int
    size: int
    config: int
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("config", ctypes.c_uint64),
        ("sample_period", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64),
        ("read_format", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
        ("wakeup_events", ctypes.c_uint32),
        ("bp_type", ctypes.c_uint32),
        ("config1", ctypes.c_uint64),
    )


class PerfCounter:
    """One event counted on one CPU for all processes, from 0 at its opening; the kernel unwraps it."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd = fd
        self._name = name

    def read(self) -> int | str:
        """The count, or why it cannot be read."""
        try:
            content = os.read(self._fd, 8)
        except OSError as error:
            return f"{self._name}: {error.strerror}"
        if len(content) < 8:  # the event is in an error state
            return f"{self._name}: no number in it"
        value: int = struct.unpack("=Q", content)[0]
        return value

    def close(self) -> None:
        """Stops counting."""
        os.close(self._fd)


def open_counter(kind: int, config: int, cpu: int, name: str) -> PerfCounter:
    """Starts counting an event on a CPU, whatever runs there.

    Args:
        kind: of the device that counts: what its `type` file says.
        config: which event of it. name: for sentences about readings that fail.

    Raises:
        OSError: the kernel refuses it, or this machine is one whose number of the system call is not known.
    """
    number = SYSCALL_NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(f"the system call's number on {platform.machine()} is not known here")
    attributes = EventAttributes(type=kind, size=ctypes.sizeof(EventAttributes), config=config)
    call = ctypes.CDLL(None, use_errno=True).syscall
    fd = call(
        ctypes.c_long(number),
        ctypes.byref(attributes),
        ALL_PROCESSES,
        cpu,
        NO_GROUP,
        ctypes.c_ulong(PERF_FLAG_FD_CLOEXEC),
    )
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return PerfCounter(fd, name)
