"""`energyprof compare`: two variants, or two runs, with ratio, interval and verdict."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.cli import options as shared
from energyprof.cli.records import load_run
from energyprof.model.errors import NotComparable, UnknownName

if TYPE_CHECKING:
    from energyprof.cli.pair import Pair, Side

NOT_COMPARABLE_EXIT = NotComparable.exit_code
UNDECIDED_EXIT = 4

EXAMPLES = """\
  energyprof compare resnet-fp32 resnet-int8 --run reports/digits
  energyprof compare reports/digits:resnet-fp32 before/digits:resnet-fp32
  energyprof compare before/digits reports/digits        every variant that both runs have"""

DESCRIPTION = """\
Holds B against A: energy per task as a ratio with its 95 % interval, and quality over the same items within A's
margin. Two runs are comparable only on machines of the same build, with the same sensors, task and test items.
Exit codes: 0 decided; 3 not comparable; 4 undecided, since an interval allows both answers."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands,
        "compare",
        summary="hold two variants or runs against each other",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("a", metavar="A", help="a variant of --run, RUN:VARIANT, or RUN")
    parser.add_argument("b", metavar="B", help="the same, to be held against A")
    parser.add_argument("--run", type=Path, metavar="RUN", help="the run whose variants A and B are")
    shared.add_json(parser, "each pair, one a line,")
    parser.set_defaults(command=compare)


def compare(options: argparse.Namespace) -> int:
    """Prints every pair; 3 where the joules of one cannot be compared, else 4 where one is undecided."""
    from energyprof.cli.pair import hold_against

    pairs = [hold_against(first, second) for first, second in _sides(options)]
    for pair in pairs:
        _show(pair, as_json=options.json)
    if not all(pair.comparable for pair in pairs):
        return NOT_COMPARABLE_EXIT
    return 0 if all(pair.decided for pair in pairs) else UNDECIDED_EXIT


def _show(pair: Pair, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(pair.to_json()))
        return
    for sentence in pair.sentences():
        print(sentence)


def _sides(options: argparse.Namespace) -> Iterator[tuple[Side, Side]]:
    from energyprof.cli.pair import Side

    if options.run is not None:
        run = load_run(options.run)
        yield Side(options.a, run, options.a), Side(options.b, run, options.b)
        return
    (path_a, variant_a), (path_b, variant_b) = _split(options.a), _split(options.b)
    run_a, run_b = load_run(path_a), load_run(path_b)
    if variant_a is not None or variant_b is not None:
        name_a, name_b = variant_a or variant_b, variant_b or variant_a
        assert name_a is not None
        assert name_b is not None
        yield Side(f"{path_a}:{name_a}", run_a, name_a), Side(f"{path_b}:{name_b}", run_b, name_b)
        return
    names_b = {variant.name for variant in run_b.variants}
    both = [variant.name for variant in run_a.variants if variant.name in names_b]
    if not both:
        raise UnknownName(f"{options.a} and {options.b} have no variant in common; name one of each as RUN:VARIANT.")
    for name in both:
        yield Side(f"{options.a}:{name}", run_a, name), Side(f"{options.b}:{name}", run_b, name)


def _split(text: str) -> tuple[Path, str | None]:
    """RUN:VARIANT or RUN; what exists as a path is one, whatever colons it holds."""
    if Path(text).exists():
        return Path(text), None
    for place in [index for index, sign in enumerate(text) if sign == ":"]:
        if Path(text[:place]).exists():
            return Path(text[:place]), text[place + 1 :]
    return Path(text), None
