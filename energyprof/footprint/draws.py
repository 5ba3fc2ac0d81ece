"""Random draws: one array a factor, from a stream that its id names, so that all who use a factor share its draws."""

from __future__ import annotations

import functools
import zlib
from typing import TYPE_CHECKING

from energyprof.analysis.statistics import Z95
from energyprof.footprint.factor import Factor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 10_000
SEED = 20_260_401


@functools.lru_cache(maxsize=128)
def normal_draws(name: str, *, seed: int = SEED) -> Array:
    """Standard normal draws from the stream of that name; the same for the same name and seed, read-only."""
    draws = _stream(name, seed).standard_normal(DRAWS)
    draws.flags.writeable = False
    return draws


@functools.lru_cache(maxsize=128)
def factor_draws(factor: Factor, *, seed: int = SEED) -> Array:
    """Draws of a factor in its unit, read-only.

    "normal": value + z s, with s = (high - value) / 1.96 above and (value - low) / 1.96 below the median, so that
    95 % lie between low and high. "lognormal": value x exp(z s), s from the logarithms alike. "triangular": bounds low
    and high, mode value.

    Raises:
        ValueError: a composite factor; what it is made of is drawn instead.
    """
    import numpy as np

    if factor.distribution == "composite":
        raise ValueError(f"{factor.id} is a combination of factors and has no draws of its own")
    if factor.low == factor.high:
        draws = np.full(DRAWS, factor.value)
    elif factor.distribution == "normal":
        draws = split_normal_draws(factor.id, factor.value, factor.low, factor.high, seed=seed)
    elif factor.distribution == "lognormal":
        z = normal_draws(factor.id, seed=seed)
        upper, lower = np.log(factor.high / factor.value) / Z95, np.log(factor.value / factor.low) / Z95
        draws = factor.value * np.exp(z * np.where(z > 0, upper, lower))
    else:
        draws = _stream(factor.id, seed).triangular(factor.low, factor.value, factor.high, DRAWS)
    draws.flags.writeable = False
    return draws


def split_normal_draws(name: str, value: float, low: float, high: float, *, seed: int = SEED) -> Array:
    """Draws around `value`, 95 % of them between low and high; may cross zero, as a net energy may."""
    import numpy as np

    z = normal_draws(name, seed=seed)
    upper, lower = max(high - value, 0.0) / Z95, max(value - low, 0.0) / Z95
    return np.asarray(value + z * np.where(z > 0, upper, lower))


def interval95(draws: Array) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantiles."""
    import numpy as np

    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def _stream(name: str, seed: int) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(name.encode())])
