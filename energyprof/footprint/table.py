"""A table of sourced numbers: CSV text in which every row says where it comes from, checked cell by cell."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from energyprof.model.errors import InvalidValue

PROVENANCE = ("source", "year", "url", "licence", "note")
"""The columns that end every table; `url` and `note` may be empty, the others may not."""

YEARS = (1950, 2100)
LONGEST_CELL = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, still text; each accessor refuses what the cell cannot mean.

    Attributes:
        file, line: where it stands, for the error; the header is line 1.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def invalid(self, column: str, problem: str) -> InvalidValue:
        """The error for one cell, to be raised."""
        return InvalidValue(
            f"{self.file}, row {self.line}, column {column}: {problem}. The table is not used; correct the row."
        )

    def text(self, column: str) -> str:
        """The cell's text.

        Raises:
            InvalidValue: it is empty.
        """
        text = self.cells[column]
        if not text:
            raise self.invalid(column, "is empty, but a number without it cannot be traced")
        return text

    def optional(self, column: str) -> str | None:
        """The cell's text, None where it is empty."""
        return self.cells[column] or None

    def number(self, column: str) -> float:
        """The cell as a finite number, not negative.

        Raises:
            InvalidValue: it is anything else.
        """
        text = self.text(column)
        value = number_of(text)
        if value is None:
            raise self.invalid(column, f"{text[:40]!r} is not a finite number of at least 0")
        return value

    def year(self) -> int:
        """The year that the value describes or was published in."""
        text = self.text("year")
        if not (text.isascii() and text.isdecimal() and YEARS[0] <= int(text) <= YEARS[1]):
            raise self.invalid("year", f"{text[:40]!r} is not a year between {YEARS[0]} and {YEARS[1]}")
        return int(text)

    def url(self) -> str | None:
        """The web address, None where the row has none."""
        url = self.optional("url")
        if url is not None and not url.startswith(("https://", "http://")):
            raise self.invalid("url", f"{url[:40]!r} does not start with https:// or http://")
        return url


def number_of(given: object) -> float | None:
    """A number, or the text of one, that is finite and not negative; None for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        value = float(given)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) and value >= 0 else None


def read_rows(text: str, file: str, columns: Sequence[str], *, key: Sequence[str]) -> list[Row]:
    """The rows of a CSV table, provenance checked.

    Args:
        file: named in errors.
        columns: the header's columns before those of `PROVENANCE`.
        key: columns whose values together name a row; no two rows share them.

    Raises:
        InvalidValue: the header differs, a row has too few or too many cells, a cell holds control characters
            or is overlong, `source`, `year` or `licence` is missing, or a row is there twice.
    """
    header = [*columns, *PROVENANCE]
    lines = _parsed(text, file)
    if not lines or lines[0][1] != header:
        raise InvalidValue(f"{file}, row 1: the columns must be {','.join(header)}. The table is not used.")
    rows = [_row(file, line, header, cells) for line, cells in lines[1:] if cells]
    _refuse_duplicates(rows, key)
    return rows


def shipped_text(file: str) -> str:
    """The text of a table that comes with energyprof."""
    return resources.files("energyprof.data").joinpath(file).read_text(encoding="utf-8")


def _parsed(text: str, file: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise InvalidValue(f"{file}, row {reader.line_num}: {error}. The table is not CSV and is not used.") from error


def _row(file: str, line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        raise InvalidValue(f"{file}, row {line}: has {len(cells)} cells, but the header names {len(header)}.")
    row = Row(file, line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)})
    for column, cell in row.cells.items():
        if not cell.isprintable() or len(cell) > LONGEST_CELL:
            raise row.invalid(column, f"holds control characters or more than {LONGEST_CELL} characters")
    row.text("source")
    row.text("licence")
    row.year()
    row.url()
    return row


def _refuse_duplicates(rows: Iterable[Row], key: Sequence[str]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        name = tuple(row.text(column) for column in key)
        if name in seen:
            raise row.invalid(key[-1], f"{'.'.join(name)!r} is already in row {seen[name]}")
        seen[name] = row.line
