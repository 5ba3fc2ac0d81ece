"""What a profiler found: accounts become measurements with units, intervals, CO2e and water."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from energyprof.analysis.calibration import Part, basis_of, with_total
from energyprof.analysis.comparison import Coverage
from energyprof.analysis.coverage import domain_coverage
from energyprof.analysis.window import Estimator
from energyprof.footprint.assess import assess
from energyprof.footprint.site import Site
from energyprof.model.domain import Domain
from energyprof.model.errors import UnknownName
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import SensorRecord
from energyprof.profiler.accounts import Account, DomainAccounts, Owner, Work
from energyprof.profiler.fold import BEST, Books
from energyprof.profiler.measurement import Measurement

Z95 = 1.959964
"""Standard normal quantile of a 95 % interval."""

Of = Callable[[DomainAccounts], float]


@dataclass(frozen=True, slots=True)
class Result:
    """All measurements of a profiler, and where the rest of the joules went.

    The exclusive joules of all measurements, idle and unattributed add up to the total.

    Attributes:
        total: J that the boundary's domains drew from start to stop.
        idle: drawn while no span was active, up to the measured idle power. unattributed: the rest of that.
    """

    measurements: list[Measurement]
    total: Quantity
    idle: Quantity
    unattributed: Quantity
    coverage: Coverage
    warnings: list[str]

    def __getitem__(self, name: str) -> Measurement:
        for measurement in self.measurements:
            if measurement.name == name:
                return measurement
        known = ", ".join(measurement.name for measurement in self.measurements) or "none"
        raise UnknownName(f"No span named {name!r} was recorded, so it has no energy. Recorded: {known}.")

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.measurements)

    def __len__(self) -> int:
        return len(self.measurements)

    def __str__(self) -> str:
        lines = [str(measurement) for measurement in self.measurements]
        lines.append(f"total: {self.total}; idle: {self.idle}; unattributed: {self.unattributed}")
        return "\n".join(lines + [f"warning: {warning}" for warning in self.warnings])


def result_of(books: Books, site: Site, records: Sequence[SensorRecord], warnings: Sequence[str]) -> Result:
    """The result as far as the books have been closed."""
    names = dict.fromkeys(
        [name for _, name in books.work]
        + [path[-1] for accounts in books.accounts.values() for _, path in accounts.owners]
    )
    measurements = [measurement_of(books, name, site) for name in names]
    return Result(
        measurements,
        _sum(books, lambda accounts: accounts.total_j),
        _sum(books, lambda accounts: accounts.idle_j),
        _sum(books, lambda accounts: accounts.unattributed_j),
        domain_coverage(_readable(books), records, list(books.missing.values())),
        [*warnings, *(warning for measurement in measurements for warning in measurement.warnings), *_warnings(books)],
    )


def measurement_of(books: Books, name: str, site: Site, *, primary: bool = False) -> Measurement:
    """All spans of a name.

    Args:
        primary: only those for which this profiler was the innermost one.
    """
    work = _work(books, name, primary)

    def inside(owner: Owner) -> bool:
        return name in owner[1] and (owner[0] or not primary)

    def innermost(owner: Owner) -> bool:
        return owner[1][-1] == name and (owner[0] or not primary)

    energy = _energy(books, inside)
    footprint = assess(energy, site)
    power = energy.scaled(1 / work.duration_s, "W") if work.duration_s else unknown("W", "it was never active")
    domains = {domain.id: _energy(books, inside, [domain]) for domain in _readable(books)}
    return Measurement(
        name=name,
        calls=work.calls,
        duration_s=work.duration_s,
        units=_counted(work.units, work.uncounted),
        energy=energy,
        energy_exclusive=_energy(books, innermost),
        energy_net=_net(books, inside),
        domains=domains,
        power_w=power,
        co2e_g=footprint.co2e,
        water_l=footprint.water,
        estimator=_estimator(books) if energy.value is not None else None,
        warnings=list(work.uncounted.values()),
        uncounted=dict(work.uncounted),
    )


def unmeasured(name: str, reason: str) -> Measurement:
    """A name of which nothing is known yet."""
    nothing = unknown("J", reason)
    return Measurement(
        name,
        0,
        0.0,
        {},
        nothing,
        nothing,
        nothing,
        {},
        unknown("W", reason),
        unknown("g", reason),
        unknown("L", reason),
        None,
    )


def combined(measurements: Sequence[Measurement]) -> Measurement:
    """One measurement of several that cover different calls of the same function."""
    first, *rest = measurements
    for other in rest:
        duration_s = first.duration_s + other.duration_s
        uncounted = {**other.uncounted, **first.uncounted}
        units = {
            unit: first.units.get(unit, 0.0) + other.units.get(unit, 0.0) for unit in {**first.units, **other.units}
        }
        energy = _added(first.energy, other.energy)
        first = replace(
            first,
            calls=first.calls + other.calls,
            duration_s=duration_s,
            units=_counted(units, uncounted),
            energy=energy,
            energy_exclusive=_added(first.energy_exclusive, other.energy_exclusive),
            energy_net=_added(first.energy_net, other.energy_net),
            domains={
                domain: _added(first.domains[domain], other.domains[domain])
                for domain in first.domains.keys() & other.domains.keys()
            },
            power_w=energy.scaled(1 / duration_s, "W"),
            co2e_g=_added(first.co2e_g, other.co2e_g),
            water_l=_added(first.water_l, other.water_l),
            estimator=first.estimator if first.estimator == other.estimator else "interpolate",
            warnings=list(dict.fromkeys([*first.warnings, *other.warnings])),
            uncounted=uncounted,
        )
    return first


def _added(left: Quantity, right: Quantity) -> Quantity:
    """The sum of two quantities that share their sensors: ends are added, as for fully correlated errors."""
    if left.value is None or right.value is None:
        return unknown(left.unit, left.reason or right.reason or "a part is not known", left.basis)

    def plus(name: str) -> float | None:
        ends = [getattr(left, name), getattr(right, name)]
        return None if None in ends else sum(ends)

    return replace(
        left.weakened(right.basis),
        value=left.value + right.value,
        low=plus("low"),
        high=plus("high"),
        total_low=plus("total_low"),
        total_high=plus("total_high"),
    )


def _work(books: Books, name: str, primary: bool) -> Work:
    total = Work()
    for (was_primary, worker), work in books.work.items():
        if worker != name or (primary and not was_primary):
            continue
        total.calls += work.calls
        total.duration_s += work.duration_s
        for unit, amount in work.units.items():
            total.units[unit] = total.units.get(unit, 0.0) + amount
        total.uncounted = {**work.uncounted, **total.uncounted}
    return total


def _counted(units: Mapping[str, float], uncounted: Mapping[str, str]) -> dict[str, float]:
    """The units that every call counted: of others a part is known, which is not the work that was done."""
    return {unit: amount for unit, amount in units.items() if unit not in uncounted}


def _readable(books: Books) -> list[Domain]:
    return [domain for domain in books.domains if (domain.id, BEST) in books.accounts]


def _energy(books: Books, belongs: Callable[[Owner], bool], domains: Sequence[Domain] | None = None) -> Quantity:
    def energy_j(accounts: DomainAccounts) -> float:
        return math.fsum(account.energy_j for account in _chosen(accounts, belongs))

    return _sum(books, energy_j, _variance_of(belongs), domains)


def _net(books: Books, belongs: Callable[[Owner], bool]) -> Quantity:
    if any(books.accounts[domain.id, BEST].idle_power_w is None for domain in _readable(books)):
        return unknown("J", "no idle time was seen, so the idle power is not known")

    def net_j(accounts: DomainAccounts) -> float:
        assert accounts.idle_power_w is not None
        return math.fsum(
            account.energy_j - accounts.idle_power_w * account.occupied_s for account in _chosen(accounts, belongs)
        )

    return _sum(books, net_j, _variance_of(belongs))


def _chosen(accounts: DomainAccounts, belongs: Callable[[Owner], bool]) -> list[Account]:
    return [account for owner, account in accounts.owners.items() if belongs(owner)]


def _variance_of(belongs: Callable[[Owner], bool]) -> Of:
    return lambda accounts: math.fsum(account.variance_j2 for account in _chosen(accounts, belongs))


def _sum(
    books: Books, energy_j: Of, variance_j2: Of | None = None, domains: Sequence[Domain] | None = None
) -> Quantity:
    """One figure over domains, with the interval of its edges and that of the sensors."""
    domains = _readable(books) if domains is None else domains
    if not domains:
        return unknown("J", "; ".join(books.missing.values()) or "nothing has been read yet")
    lost_s = max(books.accounts[domain.id, BEST].lost_s for domain in domains)
    parts = [_part(books, domain, energy_j) for domain in domains]
    value = math.fsum(part.energy_j for part in parts)
    if lost_s > 0:
        reason = f"the sensors could not be read for {lost_s:.2f} s, and the joules of that time are lost"
        return replace(unknown("J", reason, basis_of(domains)), value=None)
    variance = math.fsum(variance_j2(books.accounts[domain.id, BEST]) for domain in domains) if variance_j2 else 0.0
    return with_total(value, Z95 * variance**0.5, "J", parts)


def _part(books: Books, domain: Domain, energy_j: Of) -> Part:
    bounds = [books.accounts.get((domain.id, bound)) for bound in (0, BEST, 2)]
    best = energy_j(books.accounts[domain.id, BEST])
    low, high = (best if accounts is None else energy_j(accounts) for accounts in (bounds[0], bounds[2]))
    return Part(domain, best, low, high)


def _estimator(books: Books) -> Estimator:
    """The one that leans most on assumptions among those used."""
    used = set().union(*(books.accounts[domain.id, BEST].estimators for domain in _readable(books)))
    return next((estimator for estimator in ("interpolate", "regress") if estimator in used), "bracket")


def _warnings(books: Books) -> list[str]:
    found = [f"{reason}; it is not in the joules." for reason in books.missing.values()]
    for domain in _readable(books):
        lost_s = books.accounts[domain.id, BEST].lost_s
        if lost_s > 0:
            found.append(
                f"{domain.label} could not be read for {lost_s:.2f} s and its joules of that time are lost, so the "
                "total is not known. Look at `energyprof sensors`, then measure again."
            )
    return found
