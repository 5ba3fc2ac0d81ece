"""The user's factors in place of shipped ones: from text, from a TOML table or from a CSV table of the user's own.

A factor given as one number is exact. Given with low and high it keeps the distribution of the shipped one, so that
the two numbers are what they are there: the bounds of a triangle, or a 95 % interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast, get_args

from energyprof.footprint.catalogue import GRID, factor_named
from energyprof.footprint.factor import BY_USER, COLUMNS, Distribution, Factor, factor_of
from energyprof.footprint.grid import HIGHEST_G_PER_KWH
from energyprof.footprint.site import HIGHEST_PUE, HIGHEST_WUE_L_PER_KWH
from energyprof.footprint.table import number_of, read_rows
from energyprof.model.errors import EnergyprofError, InvalidRun, InvalidValue
from energyprof.model.given_factor import GivenFactor

FILE_KEY = "file"
"""The key of a `[factors]` table that names a CSV table instead of a factor."""

LARGEST_TABLE_BYTES = 1_000_000
DEEPEST_ID = 8

BOUNDS = {
    "site.pue": (1.0, HIGHEST_PUE),
    "site.wue": (0.0, HIGHEST_WUE_L_PER_KWH),
}
"""What a factor of that id may be at all; others are 0 or more."""


def factor_from_text(text: str, origin: str) -> Factor:
    """The factor in "ID=VALUE" or "ID=VALUE:LOW:HIGH", in the unit of the shipped one.

    Args:
        origin: where it was given, for its source: "command line".

    Raises:
        UnknownName: no factor has that id. InvalidValue: the text or a number cannot be.
    """
    id, equals, numbers = text.partition("=")
    if not equals:
        raise InvalidValue(
            f"{text[:60]!r} is no factor, so nothing is derived. Write ID=VALUE or ID=VALUE:LOW:HIGH, such as "
            "water.coal.tower=2.2:1.8:3.0; `energyprof factors` lists the ids."
        )
    return _in_place_of(factor_named(id.strip()), numbers, origin)


def factor_text(factor: Factor) -> str:
    """What `factor_from_text` reads as this factor."""
    numbers = (factor.value,) if factor.low == factor.high else (factor.value, factor.low, factor.high)
    return f"{factor.id}={':'.join(f'{number:.12g}' for number in numbers)}"


def factors_from_table(path: Path) -> tuple[Factor, ...]:
    """The factors of a CSV table of the user's own, in the format of the shipped ones.

    Raises:
        InvalidValue: no such file, too large, not text, not such a table, or a unit that is not the shipped one's.
        UnknownName: a row's id is that of no factor.
    """
    rows = read_rows(_text(path), path.name, COLUMNS, key=("id",))
    return tuple(_from_row(factor_of(row), path.name, row.line) for row in rows)


def factors_from_mapping(shape: Mapping[str, Any] | str, origin: str, folder: Path) -> tuple[Factor, ...]:
    """The factors of a TOML table, or of the CSV table that it names.

    Args:
        shape: the path of a CSV table; or {id: number or "VALUE:LOW:HIGH"}, where an id may be nested tables, as TOML
            makes of a key with dots, and "file" names a CSV table, whose factors the others go before.
        folder: what the path is relative to.

    Raises:
        InvalidValue, UnknownName: as for text and tables.
    """
    if isinstance(shape, str):
        return factors_from_table(folder / Path(shape).expanduser())
    factors = [_in_place_of(factor_named(id), value, origin) for id, value in _flat(shape) if id != FILE_KEY]
    if FILE_KEY not in shape:
        return first_of(factors)
    file = shape[FILE_KEY]
    if not isinstance(file, str):
        raise InvalidValue(f"{FILE_KEY} = {file!r} names no table, so nothing is derived. Give the path of a CSV file.")
    return first_of(factors, factors_from_mapping(file, origin, folder))


def first_of(*sets: Iterable[Factor]) -> tuple[Factor, ...]:
    """The factors of several sets, each id once: that of the earlier set goes before that of the later."""
    found: dict[str, Factor] = {}
    for factors in sets:
        for factor in factors:
            found.setdefault(factor.id, factor)
    return tuple(found.values())


def given_records(factors: Iterable[Factor]) -> list[GivenFactor]:
    """The user's factors as a record keeps them."""
    return [GivenFactor(**asdict(factor)) for factor in factors]


def factors_from_records(records: Iterable[GivenFactor]) -> tuple[Factor, ...]:
    """The user's factors that a record holds.

    Raises:
        InvalidRun: one of them cannot have been given.
    """
    return tuple(_from_record(record) for record in records)


def _from_record(record: GivenFactor) -> Factor:
    factor = Factor(**asdict(record) | {"distribution": _distribution(record)})
    try:
        return _possible(factor)
    except EnergyprofError as error:
        raise InvalidRun(f"The record holds a factor that cannot be: {error}") from error


def _distribution(record: GivenFactor) -> Distribution:
    if record.distribution not in get_args(Distribution) or record.distribution == "composite":
        raise InvalidRun(
            f"The record's factor {record.id[:40]!r} has the distribution {record.distribution[:40]!r}, which none "
            "that was given has, so the record is damaged; measure again."
        )
    return cast(Distribution, record.distribution)


def _in_place_of(shipped: Factor, given: object, origin: str) -> Factor:
    """The user's number, with its range if it has one, in place of a shipped factor."""
    value, *ends = _numbers(shipped.id, given)
    low, high = ends or (value, value)
    distribution = "exact" if low == high else _ranged(shipped, low)
    source, note = f"{BY_USER} ({origin})", f"in place of {shipped.value:.4g}"
    return _possible(Factor(shipped.id, value, low, high, shipped.unit, distribution, source, None, None, None, note))


def _ranged(shipped: Factor, low: float) -> Distribution:
    if shipped.distribution in ("exact", "composite") or (shipped.distribution == "lognormal" and low == 0):
        return "triangular"
    return shipped.distribution


def _numbers(id: str, given: object) -> list[float]:
    parts = given.split(":") if isinstance(given, str) else [given]
    numbers = [number_of(part) for part in parts]
    found = [number for number in numbers if number is not None]
    if len(found) != len(parts) or len(found) not in (1, 3):
        raise InvalidValue(
            f"{id} = {str(given)[:40]!r} is neither a number nor VALUE:LOW:HIGH, each finite and at least 0, so "
            "nothing is derived. Write such as 2.2 or 2.2:1.8:3.0."
        )
    return found


def _from_row(factor: Factor, file: str, line: int) -> Factor:
    where = f"{file} row {line}"
    try:
        shipped = factor_named(factor.id)
        if factor.unit != shipped.unit:
            raise InvalidValue(
                f"{factor.id} is in {factor.unit[:40]!r}, but is reckoned in {shipped.unit!r}, so it would be "
                "wrong by a factor that nobody sees. Convert the numbers and the unit."
            )
        return _possible(replace(factor, source=f"{BY_USER} ({where}): {factor.source}"))
    except EnergyprofError as error:
        raise type(error)(f"{where}: {error}") from error


def _possible(factor: Factor) -> Factor:
    """The factor itself; refused where no such thing can have that value."""
    least, most = BOUNDS.get(factor.id, (0.0, float("inf")))
    if factor.id.startswith(GRID):
        most = HIGHEST_G_PER_KWH
    if not least <= factor.low <= factor.value <= factor.high <= most:
        limits = f"between {least:g} and {most:g}" if most < float("inf") else f"at least {least:g}"
        raise InvalidValue(
            f"{factor.id} = {factor.value:g} ({factor.low:g}-{factor.high:g}) cannot be: the value lies inside its own "
            f"range, and both {limits} {factor.unit}. Correct it."
        )
    if factor.value == 0 and factor.id.startswith((GRID, "range.")):
        raise InvalidValue(f"{factor.id} = 0 cannot be, since what it multiplies would vanish. Give a number above 0.")
    return factor


def _flat(shape: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(id, value) of nested tables: in TOML `water.coal.tower = 2` is a table in a table in a table."""
    for key, value in shape.items():
        path = (*above, str(key))
        if isinstance(value, Mapping) and len(path) < DEEPEST_ID:
            yield from _flat(value, path)
        else:
            yield ".".join(path), value


def _text(path: Path) -> str:
    """The text of a file that may be anything."""
    if not path.is_file():
        raise InvalidValue(f"{path} is no file, so no factor is taken from it; check its path.")
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_TABLE_BYTES + 1)
        if len(raw) > LARGEST_TABLE_BYTES:
            raise InvalidValue(
                f"{path} is larger than {LARGEST_TABLE_BYTES / 1e6:g} MB, which no table of factors is, so it is not "
                "read; check its path."
            )
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path} is not text in UTF-8, so no factor is taken from it; save it as CSV.") from error
