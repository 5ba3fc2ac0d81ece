"""The truth: power that is constant between edges, on the monotonic clock, shared with other processes."""

from __future__ import annotations

import ctypes
import mmap
import time
from bisect import bisect_right
from pathlib import Path

CAPACITY = 1 << 16
NS_PER_S = 1_000_000_000


class _Edge(ctypes.Structure):
    """From `t_ns` on `power_mw` is drawn; `before_mj` were drawn since the first edge. As in gpu.c."""

    t_ns: int
    power_mw: int
    before_mj: float
    _fields_ = (("t_ns", ctypes.c_int64), ("power_mw", ctypes.c_int64), ("before_mj", ctypes.c_double))


class _Table(ctypes.Structure):
    count: int
    edge: ctypes.Array[_Edge]
    _fields_ = (("count", ctypes.c_int64), ("edge", _Edge * CAPACITY))


class Edges:
    """Piecewise constant power in a memory-mapped file; the devices that read it see an edge at once.

    Edges may lie in the future, and then every reading is exact. Before the first edge nothing was drawn.
    """

    def __init__(self, path: Path) -> None:
        """Opens the edges in `path`, or creates them empty."""
        self.path = path
        size = ctypes.sizeof(_Table)
        with path.open("a+b") as file:
            file.truncate(size)
            self._table = _Table.from_buffer(mmap.mmap(file.fileno(), size))

    def append(self, t_s: float, power_w: float) -> None:
        """From `t_s` on `power_w` is drawn. Edges come in the order of time.

        Raises:
            ValueError: an edge before the last one.
        """
        count, t_ns = self._table.count, round(t_s * NS_PER_S)
        if count and t_ns < self._table.edge[count - 1].t_ns:
            raise ValueError(
                f"an edge at {t_s} s, before the last one at {self._table.edge[count - 1].t_ns / NS_PER_S} s"
            )
        self._table.edge[count] = _Edge(t_ns, round(power_w * 1000), self._drawn_mj(t_ns))
        self._table.count = count + 1

    def now(self, power_w: float) -> float:
        """From now on `power_w` is drawn. Returns the instant, in s."""
        now_s = time.monotonic()
        self.append(now_s, power_w)
        return now_s

    def pulse(self, start_s: float, duration_s: float, power_w: float) -> None:
        """Draws `power_w` for a while, then again what was drawn before."""
        before_w = self._table.edge[self._table.count - 1].power_mw / 1000
        self.append(start_s, power_w)
        self.append(start_s + duration_s, before_w)

    def power_w(self, t_s: float) -> float:
        """Watts drawn at an instant."""
        index = self._last(round(t_s * NS_PER_S))
        return self._table.edge[index].power_mw / 1000 if index >= 0 else 0.0

    def energy_j(self, start_s: float, end_s: float) -> float:
        """Joules drawn between two instants, in closed form."""
        return (self._drawn_mj(round(end_s * NS_PER_S)) - self._drawn_mj(round(start_s * NS_PER_S))) / 1000

    def _drawn_mj(self, t_ns: int) -> float:
        """What was drawn from the first edge until `t_ns`."""
        index = self._last(t_ns)
        if index < 0:
            return 0.0
        last = self._table.edge[index]
        return last.before_mj + last.power_mw * (t_ns - last.t_ns) / NS_PER_S

    def _last(self, t_ns: int) -> int:
        """Index of the last edge at or before `t_ns`; -1 where there is none."""
        return bisect_right(range(self._table.count), t_ns, key=lambda i: self._table.edge[i].t_ns) - 1
