"""`energyprof run`: measures profiles and writes their pages."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project
from energyprof.cli.show import show, show_unsaved
from energyprof.model.errors import InvalidProfile, NotMeasurable

if TYPE_CHECKING:
    from energyprof.model.run import Run
    from energyprof.runner.profile import Profile

INTERRUPTED_EXIT = 130

EXAMPLES = """\
  energyprof run profiles/digits.toml
  energyprof run profiles/*.toml --quick        a look in about two minutes; not to be quoted
  energyprof run profiles/digits.toml --grid FRA --pue 1.2 --budget 300
  energyprof run profiles/digits.toml --json | jq .verdict"""

DESCRIPTION = """\
Compares the model variants of each profile on its task: every variant in a process of its own, trials in randomised
blocks between idle times. All profiles are checked before the first is measured. Results: run.json (the evidence),
summary.json, summary.md, summary.csv and index.html in DIR/NAME, and DIR/index.html over all of them.
Ctrl-C keeps and renders what was measured."""


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(
        commands, "run", summary="measure profiles and write their pages", description=DESCRIPTION, examples=EXAMPLES
    )
    parser.add_argument("profiles", nargs="+", type=Path, metavar="PROFILE", help="a TOML file, see profiles/")
    parser.add_argument("--out", type=Path, default=Path("reports"), metavar="DIR", help="default: reports")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="three short trials a variant and 300 test items at most: does everything work?",
    )
    parser.add_argument("--budget", type=float, metavar="S", help="seconds of trials after which each profile ends")
    parser.add_argument("--seed", type=int, help="decides the order of trials and items; default: the profile's, or 0")
    shared.add_sensors(parser)
    shared.add_site(parser)
    shared.add_live(parser)
    shared.add_json(parser, "the summary of each profile, one a line,")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Measures the profiles in turn; returns the worst of their exit codes."""
    from energyprof.live.watch import watching

    profiles = [_with_options(profile, options) for profile in _loaded(options.profiles)]
    for profile in profiles:
        watching(profile.grid.live)  # a token that is missing for the last one shall not come to light hours later
    codes = []
    for profile in profiles:
        codes.append(_measure(profile, options))
        if codes[-1] == INTERRUPTED_EXIT:
            break
    return max(codes)


def _loaded(paths: list[Path]) -> list[Profile]:
    """Every profile, checked.

    Raises:
        InvalidProfile: all problems of all files.
    """
    from energyprof.runner.profile import load_profile

    profiles, problems = [], []
    for path in paths:
        try:
            profiles.append(load_profile(path))
        except InvalidProfile as error:
            problems.append(str(error))
    names = [path.stem for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [
        f"two profiles are called {name}, so their results would share a folder; rename one." for name in twice
    ]
    if problems:
        raise InvalidProfile("\n".join(problems))
    return profiles


def _with_options(profile: Profile, options: argparse.Namespace) -> Profile:
    from energyprof.footprint.cost import price_text
    from energyprof.footprint.embodied import holding_text

    site = with_project(shared.SiteOptions.of(options).before(_said_of_site(profile)))
    return profile.with_options(
        zone=site.grid,
        pue=site.pue,
        wue_l_per_kwh=site.wue_l_per_kwh,
        hydro_l_per_kwh=site.hydro_l_per_kwh,
        market_g_per_kwh=site.market_g_per_kwh,
        devices=[holding_text(holding) for holding in site.hardware],
        electricity_price=None if site.electricity_price is None else price_text(site.electricity_price),
        price_per_hour=None if site.device_price is None else price_text(site.device_price),
        factors=site.factors,
        budget_s=options.budget,
        seed=options.seed,
        sensors=options.sensors,
        live=options.live,
    )


def _said_of_site(profile: Profile) -> shared.SiteOptions:
    """What the file itself says; its defaults are not said."""
    from energyprof.footprint.cost import given_device_price, given_electricity_price
    from energyprof.footprint.embodied import holding_from_text

    numbers = profile.grid.model_fields_set & {"pue", "wue_l_per_kwh", "hydro_l_per_kwh", "market_g_per_kwh"}
    price, hire = profile.grid.electricity_price, profile.hardware.price_per_hour
    return shared.SiteOptions(
        grid=profile.grid.zone,
        factors=profile.factors,
        hardware=tuple(holding_from_text(text) for text in profile.hardware.devices),
        electricity_price=None if price is None else given_electricity_price(price),
        device_price=None if hire is None else given_device_price(hire),
        **{key: getattr(profile.grid, key) for key in numbers},
    )


def _measure(profile: Profile, options: argparse.Namespace) -> int:
    from energyprof.runner.evidence import UnsavedRun
    from energyprof.runner.run import INTERRUPTED

    try:
        measured = _measured(profile, options)
    except UnsavedRun as error:
        show_unsaved(error.run, as_json=options.json)
        raise
    if not measured.trials and measured.stop_reason == INTERRUPTED:
        print(f"{profile.name}: interrupted before the first trial, so there is nothing to show", file=sys.stderr)
        return INTERRUPTED_EXIT
    _publish(measured, options)
    if measured.stop_reason == INTERRUPTED:
        return INTERRUPTED_EXIT
    return NotMeasurable.exit_code if _failures(measured) else 0


def _measured(profile: Profile, options: argparse.Namespace) -> Run:
    from energyprof.runner.progress import on_stderr
    from energyprof.runner.run import run_profile

    progress = on_stderr([variant.name for variant in profile.variants])
    try:
        progress.stage(f"{profile.name}: {profile.title}")
        return run_profile(profile, options.out, quick=options.quick, progress=progress)
    finally:
        progress.close()


def _publish(measured: Run, options: argparse.Namespace) -> None:
    from energyprof.report.overview import publish_overview

    for sentence in _failures(measured):
        print(f"{measured.profile.name}: {sentence}", file=sys.stderr)
    show(measured, options.out / measured.profile.name, site=None, as_json=options.json)
    publish_overview(options.out)


def _failures(measured: Run) -> list[str]:
    return [f"{variant.name} failed. {variant.error}" for variant in measured.variants if variant.status == "failed"]
