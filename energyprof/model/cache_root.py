"""Where this user's caches lie: a function of the environment, which every layer may ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def cache_root(environ: Mapping[str, str]) -> Path:
    """`$ENERGYPROF_CACHE`, else `$XDG_CACHE_HOME/energyprof`, else `~/.cache/energyprof`; it need not exist.

    Raises:
        RuntimeError: none of these is set, and the user has no home.
    """
    if own := environ.get("ENERGYPROF_CACHE"):
        return Path(own).expanduser().absolute()
    if shared := environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser().absolute() / "energyprof"
    return Path.home() / ".cache" / "energyprof"


def meters_root(environ: Mapping[str, str]) -> Path:
    """Where is kept what is known of each meter: `$ENERGYPROF_METERS`, else `meters` below the cache's root.

    Raises:
        RuntimeError: as `cache_root`.
    """
    if own := environ.get("ENERGYPROF_METERS"):
        return Path(own).expanduser().absolute()
    return cache_root(environ) / "meters"
