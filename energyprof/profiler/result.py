"""What a profiler found: accounts become measurements with units, intervals, CO2e and water."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from energyprof.analysis.calibration import Part, basis_of, with_total
from energyprof.analysis.comparison import Coverage
from energyprof.analysis.coverage import domain_coverage
from energyprof.analysis.statistics import Z95
from energyprof.analysis.window import Estimator
from energyprof.footprint.assess import assess
from energyprof.footprint.site import Site
from energyprof.model.domain import Domain
from energyprof.model.errors import UnknownName
from energyprof.model.quantity import Quantity, unknown
from energyprof.model.run import SensorRecord
from energyprof.profiler.accounts import DomainAccounts, Group, Work
from energyprof.profiler.fold import BEST, Books
from energyprof.profiler.measurement import Measurement
from energyprof.profiler.process_share import NO_IDLE, contended, contention, process_energy

Of = Callable[[DomainAccounts], float]


@dataclass(frozen=True, slots=True)
class Result:
    """All measurements of a profiler, and where the rest of the joules went.

    The exclusive joules of all measurements, idle and unattributed add up to the total.

    Attributes:
        total: J that the boundary's domains drew from start to stop.
        idle: drawn while no span was active, up to the measured idle power.
        unattributed: the rest of that, and the joules of names that are below what the sensors resolve.
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
        + [owner.path[-1] for accounts in books.accounts.values() for owner in accounts.owners]
    )
    measurements = [resolved(measurement_of(books, name, site)) for name in names]
    unresolved = [found.name for found in measurements if found.energy_exclusive.value is None]
    total = _sum(books, lambda accounts: accounts.total_j, _total_variance_j2)
    references = [reference.sentence(total.value) for reference in books.references]
    return Result(
        measurements,
        total,
        _sum(books, lambda accounts: accounts.idle_j, _rest_variance_j2),
        _sum(books, lambda accounts: _unattributed_j(accounts, unresolved), _rest_variance_j2),
        domain_coverage(_readable(books), records, list(books.missing.values()), references),
        [*warnings, *(warning for measurement in measurements for warning in measurement.warnings), *_warnings(books)],
    )


def _unattributed_j(accounts: DomainAccounts, unresolved: Collection[str]) -> float:
    own = [account.energy_j for owner, account in accounts.owners.items() if owner.path[-1] in unresolved]
    return accounts.unattributed_j + math.fsum(own)


def measurement_of(books: Books, name: str, site: Site, *, primary: bool = False) -> Measurement:
    """All spans of a name, as they came out: see `resolved`.

    Args:
        primary: only those for which this profiler was the innermost one.
    """
    work = _work(books, name, primary)
    within, own = Group("within", primary, name), Group("own", primary, name)
    energy, finished = _energy(books, within), _energy(books, within, finished=True)
    footprint = assess(energy, site)
    return Measurement(
        name=name,
        calls=work.calls,
        duration_s=work.duration_s,
        units=_counted(work.units, work.uncounted),
        energy=energy,
        energy_finished=finished,
        energy_exclusive=_energy(books, own),
        energy_net=_net(books, within),
        energy_provisioned=_provisioned(books, within),
        energy_process=process_energy(books, within, energy),
        domains={domain.id: _energy(books, within, domains=[domain]) for domain in _readable(books)},
        power_w=_power(finished, work.duration_s),
        co2e_g=footprint.co2e,
        water_l=footprint.water,
        estimator=_estimator(books) if energy.value is not None else None,
        warnings=[*work.uncounted.values(), *contention(books, within)],
        uncounted=dict(work.uncounted),
        errors=work.errors,
        contended=contended(books, within),
    )


def _power(finished: Quantity, duration_s: float) -> Quantity:
    return finished.scaled(1 / duration_s, "W") if duration_s else unknown("W", "no call has finished")


def resolved(measurement: Measurement) -> Measurement:
    """The measurement with bounds for what is below resolution; measurements are combined before, not after this."""
    energy = _resolved(measurement.energy)
    return replace(
        measurement,
        energy=energy,
        energy_finished=_resolved(measurement.energy_finished),
        energy_exclusive=_resolved(measurement.energy_exclusive),
        energy_provisioned=_resolved(measurement.energy_provisioned),
        energy_process=_resolved(measurement.energy_process),
        domains={domain: _resolved(quantity) for domain, quantity in measurement.domains.items()},
        power_w=_resolved(measurement.power_w),
        co2e_g=_resolved(measurement.co2e_g),
        water_l=_resolved(measurement.water_l),
        estimator=None if energy.value is None else measurement.estimator,
    )


def _resolved(quantity: Quantity) -> Quantity:
    """The quantity, or only its upper bound where the sensors cannot tell it from nothing.

    Joules that came out negative by chance are bounded as if they had come out as 0.
    """
    high = quantity.outer()[1]
    if quantity.value is None or quantity.low is None or high is None or quantity.low > 0:
        return quantity
    bound = max(high, high - quantity.value)
    if bound == 0:
        return quantity
    reason = "below what the sensors can resolve; more or longer calls would show it"
    return unknown(quantity.unit, reason, quantity.basis, at_most=bound)


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
            energy_finished=(finished := _added(first.energy_finished, other.energy_finished)),
            energy_exclusive=_added(first.energy_exclusive, other.energy_exclusive),
            energy_net=_added(first.energy_net, other.energy_net),
            energy_provisioned=_added(first.energy_provisioned, other.energy_provisioned),
            energy_process=_added(first.energy_process, other.energy_process),
            domains={
                domain: _added(first.domains[domain], other.domains[domain])
                for domain in first.domains.keys() & other.domains.keys()
            },
            power_w=_power(finished, duration_s),
            co2e_g=_added(first.co2e_g, other.co2e_g),
            water_l=_added(first.water_l, other.water_l),
            estimator=first.estimator if first.estimator == other.estimator else "interpolate",
            warnings=list(dict.fromkeys([*first.warnings, *other.warnings])),
            uncounted=uncounted,
            errors=first.errors + other.errors,
            contended=None if None in (first.contended, other.contended) else first.contended or other.contended,
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
        total.add(work)
    return total


def _counted(units: Mapping[str, float], uncounted: Mapping[str, str]) -> dict[str, float]:
    """The units that every call counted: of others a part is known, which is not the work that was done."""
    return {unit: amount for unit, amount in units.items() if unit not in uncounted}


def _readable(books: Books) -> list[Domain]:
    return [domain for domain in books.domains if (domain.id, BEST) in books.accounts]


def _energy(books: Books, group: Group, *, finished: bool = False, domains: Sequence[Domain] | None = None) -> Quantity:
    """Gross joules of a group of owners.

    Args:
        finished: without those of calls that still run; their doubt is taken as the same share of the joules.
    """

    def all_j(accounts: DomainAccounts) -> float:
        return math.fsum(account.energy_j for _, account in accounts.held(group))

    def ended_j(accounts: DomainAccounts) -> float:
        return math.fsum(account.energy_j for owner, account in accounts.held(group) if owner.finished(group.name))

    def variance_j2(accounts: DomainAccounts) -> float:
        share = ended_j(accounts) / all_j(accounts) if finished and all_j(accounts) else 1.0
        return (accounts.doubt(group).uncertainty_j * share) ** 2

    return _sum(books, ended_j if finished else all_j, variance_j2, _lost_by(group), domains)


def _net(books: Books, group: Group) -> Quantity:
    if any(books.accounts[domain.id, BEST].idle_power_w is None for domain in _readable(books)):
        return unknown("J", NO_IDLE)

    def net_j(accounts: DomainAccounts) -> float:
        assert accounts.idle_power_w is not None
        idle_w = accounts.idle_power_w
        return math.fsum(account.energy_j - idle_w * account.occupied_s for _, account in accounts.held(group))

    return _sum(books, net_j, lambda accounts: accounts.doubt(group).uncertainty_j ** 2, _lost_by(group))


def _provisioned(books: Books, group: Group) -> Quantity:
    def share(accounts: DomainAccounts) -> float:
        all_s = math.fsum(account.occupied_s for account in accounts.owners.values())
        return math.fsum(account.occupied_s for _, account in accounts.held(group)) / all_s if all_s else 0.0

    def provisioned_j(accounts: DomainAccounts) -> float:
        own_j = math.fsum(account.energy_j for _, account in accounts.held(group))
        return own_j + share(accounts) * (accounts.idle_j + accounts.unattributed_j)

    def variance_j2(accounts: DomainAccounts) -> float:
        return accounts.doubt(group).uncertainty_j ** 2 + share(accounts) ** 2 * _rest_variance_j2(accounts)

    return _sum(books, provisioned_j, variance_j2)


def _lost_by(group: Group) -> Of:
    return lambda accounts: math.fsum(account.lost_s for _, account in accounts.held(group))


def _lost_at_all(accounts: DomainAccounts) -> float:
    return accounts.lost_s


def _ends_variance_j2(accounts: DomainAccounts) -> float:
    return (accounts.start_variance_j2 or 0.0) + accounts.end_variance_j2


def _total_variance_j2(accounts: DomainAccounts) -> float:
    return _ends_variance_j2(accounts) + accounts.scatter_j2


def _rest_variance_j2(accounts: DomainAccounts) -> float:
    return _ends_variance_j2(accounts) + accounts.free_scatter_j2 + accounts.busy_doubt.uncertainty_j**2


def _sum(
    books: Books, energy_j: Of, variance_j2: Of, lost_s: Of = _lost_at_all, domains: Sequence[Domain] | None = None
) -> Quantity:
    """One figure over domains, with the interval of its edges and that of the sensors."""
    domains = _readable(books) if domains is None else domains
    if not domains:
        return unknown("J", "; ".join(books.missing.values()) or "nothing has been read yet")
    accounts = [books.accounts[domain.id, BEST] for domain in domains]
    if (lost := max(map(lost_s, accounts))) > 0:
        reason = f"the sensors could not be read for {lost:.2g} s of it, and the joules of that time are lost"
        return unknown("J", reason, basis_of(domains))
    parts = [_part(books, domain, energy_j) for domain in domains]
    half_width_j = Z95 * math.fsum(map(variance_j2, accounts)) ** 0.5
    return with_total(math.fsum(part.energy_j for part in parts), half_width_j, "J", parts)


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
