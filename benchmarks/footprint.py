"""What 10,000 draws of a footprint take, nothing drawn before: CO2e and water with every range, and their uncertainty.

    python benchmarks/footprint.py

Printed are medians of 15 rounds. The first round reads the tables and is left out.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import energyprof
from energyprof.footprint import draws
from energyprof.footprint.assess import assess, uncertainties
from energyprof.footprint.rate import rates
from energyprof.footprint.ratio import footprint_ratio
from energyprof.footprint.site import Site
from energyprof.model.quantity import Quantity

ROUNDS = 15
ENERGY = Quantity(864.0, 850.0, 880.0, "J", "measured", None, 820.0, 910.0)
RATIO = Quantity(7.5, 7.3, 7.7, "ratio", "measured")
SITE = Site("USA", pue=1.2, wue_l_per_kwh=0.4)


def main() -> None:
    """Prints one line a question."""
    print(f"energyprof {energyprof.__version__}, {draws.DRAWS:,} draws a factor, {len(rates(SITE).factors)} factors")
    for name, question in (
        ("CO2e and water of one energy", lambda: assess(ENERGY, SITE)),
        ("their uncertainty: quantiles, shares of variance, worst case", lambda: uncertainties(ENERGY, SITE)),
        ("two energies held against each other", lambda: footprint_ratio(RATIO, SITE)),
    ):
        print(f"{1000 * _median_s(question):7.1f} ms  {name}")


def _median_s(question: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS + 1):
        rates.cache_clear()
        draws.normal_draws.cache_clear()
        draws.factor_draws.cache_clear()
        start_s = time.perf_counter()
        question()
        taken.append(time.perf_counter() - start_s)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()
