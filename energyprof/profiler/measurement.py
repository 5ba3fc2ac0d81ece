"""What is known of one function or block: joules with intervals, per call and per unit of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from energyprof.analysis.window import Estimator
from energyprof.model.quantity import Quantity, unknown


@dataclass(frozen=True, slots=True)
class Measurement:
    """All calls of one name. Unknown is a Quantity whose value is None.

    Attributes:
        calls: finished calls, but for those inside one of the same name that still runs.
        duration_s: seconds in which they were active, overlaps counted for each call, but for calls inside another one
            of the same name, whose joules are counted once as well.
        units: work done in them, such as {"tokens": 512.0}; only what could be counted in every call.
        energy: gross J of all domains inside the boundary, with what nested spans used (inclusive), and with what
            calls that still run have used.
        energy_finished: of the finished calls alone, to which `units` and `duration_s` belong.
        energy_exclusive: without what nested spans used.
        energy_net: inclusive, above warm idle.
        energy_provisioned: inclusive, with its share, by active time, of what was drawn while nothing was active: on a
            machine kept for these spans alone, all of them together cause the total.
        energy_process: inclusive, less what falls to other processes: of each metered CPU's joules above idle, their
            share of the CPU time. A model, and half of what is taken off may be wrong.
        contended: whether other processes account for more than 5 % of the joules above idle; None = unknown.
        domains: inclusive J by domain id.
        power_w: mean power while active, of finished calls. co2e_g, water_l: at the profiler's grid.
        estimator: how the joules were obtained; None where they are unknown.
        uncounted: for each unit that could not be counted in every call, why.
        errors: how many of the calls ended with an exception.
    """

    name: str
    calls: int
    duration_s: float
    units: dict[str, float]
    energy: Quantity
    energy_finished: Quantity
    energy_exclusive: Quantity
    energy_net: Quantity
    energy_provisioned: Quantity
    energy_process: Quantity
    domains: dict[str, Quantity]
    power_w: Quantity
    co2e_g: Quantity
    water_l: Quantity
    estimator: Estimator | None
    warnings: list[str] = field(default_factory=list)
    uncounted: dict[str, str] = field(default_factory=dict)
    errors: int = 0
    contended: bool | None = None

    @property
    def per_call(self) -> Quantity:
        """J per finished call, nested spans included."""
        if not self.calls:
            return unknown("J/call", "no call has finished", self.energy.basis)
        return self.energy_finished.scaled(1 / self.calls, "J/call")

    def per(self, unit: str) -> Quantity:
        """J per unit of work, such as per("tokens")."""
        count = self.units.get(unit)
        if not count:
            return unknown(f"J/{unit}", self.uncounted.get(unit, f"no {unit} were counted"), self.energy.basis)
        return self.energy_finished.scaled(1 / count, f"J/{unit}")

    def __str__(self) -> str:
        co2e = f", {self.co2e_g} CO2e, {self.water_l} water" if self.co2e_g.value is not None else ""
        calls = f"{self.calls} call{'s' if self.calls != 1 else ''}"
        return f"{self.name}: {self.per_call}, {calls}, {self.energy} in all{co2e}"


class LiveMeasurement:
    """A measurement that is worked out anew at each look; has all attributes of Measurement."""

    def __init__(self, look: Callable[[], Measurement]) -> None:
        self._look = look

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):  # asked for by `copy` and the like, of one that has not been made yet
            raise AttributeError(name)
        return getattr(self._look(), name)

    def __str__(self) -> str:
        return str(self._look())

    def __repr__(self) -> str:
        return repr(self._look())
