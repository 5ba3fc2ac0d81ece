"""`[tool.energyprof]` of the nearest pyproject.toml: what a project says of its site, once for all commands."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energyprof.cli.options import SiteOptions
from energyprof.model.errors import EnergyprofError, InvalidValue
from energyprof.model.names import nearest

FILE = "pyproject.toml"
KEYS = ("grid", "pue", "wue", "hydro", "market", "factors", "devices", "price", "device-price")


@dataclass(frozen=True, slots=True)
class Project:
    """What one file says."""

    path: Path
    options: SiteOptions


def with_project(options: SiteOptions) -> SiteOptions:
    """The options, with those of the nearest pyproject.toml where they say nothing; what it gave is told on stderr.

    Raises:
        InvalidValue: the file, a key or a value cannot be used. UnknownName: no such grid or factor.
    """
    project = read_project(Path.cwd())
    if project is None:
        return options
    merged = options.before(project.options)
    if merged != options:
        print(f"energyprof: {', '.join(_added(options, merged))} from {project.path}", file=sys.stderr)
    return merged


def read_project(folder: Path) -> Project | None:
    """What the pyproject.toml in a folder, or the nearest one above it, says; None where it says nothing."""
    path = next((above / FILE for above in (folder, *folder.parents) if (above / FILE).is_file()), None)
    table = {} if path is None else _table(path)
    if path is None or not table:
        return None
    try:
        options = _options(table, path)
        options.site()
    except EnergyprofError as error:
        raise type(error)(f"{path}: [tool.energyprof]: {error}") from error
    return Project(path, options)


def _added(options: SiteOptions, merged: SiteOptions) -> list[str]:
    """What came from the file, for people."""
    words = [name for name, value in merged.said().items() if name not in options.said() or name == "factors"]
    own = {factor.id for factor in options.factors}
    others = [factor.id for factor in merged.factors if factor.id not in own]
    return [word for word in words if word != "factors"] + others


def _table(path: Path) -> Mapping[str, Any]:
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidValue(
            f"{path} is to be searched for [tool.energyprof], but cannot be read ({error}), so it is not known what it "
            "says of the site. Mend it."
        ) from error
    tool = content.get("tool", {})
    table = tool.get("energyprof", {}) if isinstance(tool, Mapping) else {}
    if not isinstance(table, Mapping):
        raise InvalidValue(f"{path}: tool.energyprof is no table; write its keys below a [tool.energyprof] line.")
    return table


def _options(table: Mapping[str, Any], path: Path) -> SiteOptions:
    from energyprof.footprint.cost import given_device_price, given_electricity_price
    from energyprof.footprint.embodied import holding_from_text
    from energyprof.footprint.overrides import factors_from_mapping

    for key in table:
        if key not in KEYS:
            near = nearest(key[:40], KEYS)
            hint = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(KEYS)}."
            raise InvalidValue(f"the key {key[:40]!r} is not known, so it would do nothing. {hint}")
    factors = table.get("factors", {})
    if not isinstance(factors, str | Mapping):
        raise InvalidValue("factors is neither a table of ids and numbers nor the path of a CSV table. Correct it.")
    grid = table.get("grid")
    if grid is not None and not isinstance(grid, str | int | float):
        raise InvalidValue(f"grid = {grid!r} is neither a name nor a number of g/kWh. Correct it.")
    options = SiteOptions(
        grid,
        None,
        None,
        _number("hydro", table),
        _number("market", table),
        factors_from_mapping(factors, FILE, path.parent),
        tuple(holding_from_text(text) for text in _texts("devices", table)),
        None if "price" not in table else given_electricity_price(_text("price", table)),
        None if "device-price" not in table else given_device_price(_text("device-price", table)),
    )
    return options.with_building(_name_or_number("pue", table), _name_or_number("wue", table), FILE)


def _name_or_number(key: str, table: Mapping[str, Any]) -> float | str | None:
    value = table.get(key)
    return value if isinstance(value, str) else _number(key, table)


def _texts(key: str, table: Mapping[str, Any]) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidValue(f'{key} = {value!r} is no list of names, such as ["laptop"]. Correct it.')
    return value


def _text(key: str, table: Mapping[str, Any]) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise InvalidValue(f'{key} = {value!r} is no text such as "0.25EUR". Correct it.')
    return value


def _number(key: str, table: Mapping[str, Any]) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"{key} = {value!r} is no number. Correct it.")
    return float(value)
