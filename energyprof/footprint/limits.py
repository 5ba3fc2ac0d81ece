"""Where a projection stops being valid, each limit a sentence."""

from __future__ import annotations

from energyprof.analysis.comparison import Comparison, VariantResult
from energyprof.footprint.demand import Demand
from energyprof.footprint.fleet import Server, busy, devices, idle_power_w, mean_power_w
from energyprof.footprint.formula import central

FLEET_FROM = 100
"""Devices from which on a fleet is no longer many machines side by side. Judgement: a rack or two."""

HARDWARE_YEARS = 3
"""From here on hardware of today is replaced: the shortest life that `amortisation.csv` has for data centres."""


def always(comparison: Comparison, demand: Demand) -> list[str]:
    """What holds of every variant."""
    run, found = comparison.run, []
    machine = ", ".join([run.host.cpu, *run.host.gpus])
    found.append(
        f"One device is the machine of the run ({machine}), switched on all year; other hardware has other joules, "
        "idle watts and throughput."
    )
    found.append(
        "Requests are served as in the run, in its batches and as many at a time; a server that batches what waits "
        "draws less a request, and one whose requests differ from the task's draws something else."
    )
    found.append(
        "Waiting was not measured: the busier the devices, the longer requests wait; latency is that of a server which "
        "nobody else asks."
    )
    if demand.headroom == 1:
        found.append(
            "A utilisation of 1 has no headroom: every moment of more than the mean load makes requests wait, ever "
            "longer. The figures are a lower bound."
        )
    if demand.years > 1:
        found.append(
            "The grid's carbon and water, prices and the devices are those of today in every year; demand changes by "
            "the same part each year."
        )
    if demand.years > HARDWARE_YEARS:
        found.append(
            f"After about {HARDWARE_YEARS} years hardware is replaced by other hardware, and models by other models: "
            "later years are an extrapolation."
        )
    if comparison.coverage.not_included:
        found.append(f"The joules leave out: {'; '.join(comparison.coverage.not_included)}.")
    if comparison.warnings:
        count = f"{len(comparison.warnings)} warnings" if len(comparison.warnings) > 1 else "a warning"
        found.append(f"The run that this rests on has {count}, which its page shows.")
    if run.profile.quick:
        found.append("The run was a quick one, with few trials: do not quote what follows from it.")
    return found


def of_variant(served: Server, result: VariantResult, demand: Demand) -> list[str]:
    """What holds of one variant."""
    found = []
    year = demand.busiest_year
    working, count = central(busy(served, demand, year)), central(devices(served, demand, year))
    if working < 1:
        waiting = central(idle_power_w(served, demand, year)) / central(mean_power_w(served, demand, year))
        found.append(
            f"Fewer than one device is busy ({100 * working:.2g} % of one): {100 * waiting:.0f} % of the energy is "
            "idle power, devices are whole, and what else they do in the meantime decides more than the model."
        )
    if count >= FLEET_FROM:
        found.append(
            f"{count:,.0f} devices are a fleet: its network, load balancers, storage, spare machines and failures were "
            "not measured; PUE stands for the building alone."
        )
    if served.basis in ("estimated", "assumed"):
        found.append("Its joules are estimated by a power model, not metered.")
    if not served.ranged:
        found.append("Its trials show no repeatability, so that no figure has a range.")
    if result.record.status == "partial":
        found.append("Its measurement was ended early.")
    return found
