"""CodeCarbon's data files, read where they are installed; the package itself is never imported.

Importing its reader costs pandas and some 350 ms; the files are small JSON.
"""

from __future__ import annotations

import functools
import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from energyprof.model.errors import NotMeasurable

COUNTRIES = "private_infra/global_energy_mix.json"
US_STATES = "private_infra/2023/usa_emissions.json"
CANADIAN_PROVINCES = "private_infra/2023/canada_energy_mix.json"
CHINESE_PROVINCES = "private_infra/2023/china_provincial_emissions.json"

URL = "https://github.com/mlco2/codecarbon"


@functools.cache
def read(name: str) -> dict[str, Any]:
    """The JSON object in one of the data files.

    Raises:
        NotMeasurable: codecarbon is not installed, or its data files are not where this version looks.
    """
    spec = find_spec("codecarbon")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0], "data", name) if folders else None
    if path is None or not path.is_file():
        raise NotMeasurable(
            f"The carbon intensity of grids is read from codecarbon's file {name}, which is not installed. "
            "Run `pip install codecarbon`, or give the grid as a number in g/kWh."
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def release() -> str:
    """Name and version, such as "codecarbon 3.3.2": named with every number that is read from it."""
    return f"codecarbon {version('codecarbon')}"
