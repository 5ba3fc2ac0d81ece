"""`energyprof exec`: measures any command."""

from __future__ import annotations

import argparse
import errno
import json
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from energyprof.cli import options as shared
from energyprof.cli.pyproject import with_project
from energyprof.model.errors import InvalidValue
from energyprof.model.quantity import Quantity

if TYPE_CHECKING:
    from energyprof.footprint.assess import Footprint
    from energyprof.footprint.site import Site
    from energyprof.live.intensity import Derived
    from energyprof.profiler.measurement import Measurement
    from energyprof.profiler.result import Result

QUIET_S = 0.5
"""Before the command, so that idle power is known and the net energy with it."""

NOT_FOUND_EXIT = 127
NOT_EXECUTABLE_EXIT = 126
SIGNAL_EXIT = 128

EXAMPLES = """\
  energyprof exec -- python classify.py --model small
  energyprof exec --grid FRA -- ./train.sh
  energyprof exec --json -- make > result.txt        JSON in the last line, after what the command printed
  energyprof exec --sensors rapl -- sleep 1"""

DESCRIPTION = """\
Runs a command and says what it cost: everything the sensors counted from its start to its end, its children included.
The exit status is the command's own; its output is left alone, so the result goes to stderr, or with --json to stdout
in one line after it. One run of one command has no repeatability interval: run it several times to see its spread."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A command that ended, and what it drew."""

    command: list[str]
    status: int
    result: Result
    measurement: Measurement
    live: Derived | None
    footprint: Footprint


def add_to(commands: shared.Commands) -> None:
    """Adds the command."""
    parser = shared.command(commands, "exec", summary="measure any command", description=DESCRIPTION, examples=EXAMPLES)
    parser.add_argument("cmd", nargs=argparse.REMAINDER, metavar="-- CMD ...", help="the command and its arguments")
    shared.add_sensors(parser)
    shared.add_site(parser)
    shared.add_live(parser)
    shared.add_json(parser, "the result")
    parser.set_defaults(command=execute)


def execute(options: argparse.Namespace) -> int:
    """Runs and measures the command; returns its exit status."""
    from energyprof.profiler.profiler import Profiler

    command = options.cmd[1:] if options.cmd[:1] == ["--"] else options.cmd
    if not command:
        raise InvalidValue("No command was given, so there is nothing to measure; write it after `--`.")
    site = with_project(shared.SiteOptions.of(options)).site()
    name = Path(command[0]).name
    with Profiler(options.sensors, site=site, live=options.live) as profiler:
        time.sleep(QUIET_S)
        with profiler.span(name):
            status = _run(command)
    if status in (NOT_FOUND_EXIT, NOT_EXECUTABLE_EXIT):
        return status
    measurement = profiler.result[name]
    measured = Measured(command, status, profiler.result, measurement, profiler.live, _footprint(measurement, site))
    if options.json:
        print(json.dumps(_document(measured)))
    else:
        _tell(measured)
    return status


def _run(command: list[str]) -> int:
    """The exit status, as a shell would say it. A signal for this process is the command's to act on."""
    try:
        child = subprocess.Popen(command)
    except FileNotFoundError:
        print(f"energyprof: {command[0]} was not found, so nothing ran; check its name.", file=sys.stderr)
        return NOT_FOUND_EXIT
    except OSError as error:
        cause, remedy = error.strerror, _remedy(error.errno, command[0])
        print(f"energyprof: {command[0]} cannot be executed ({cause}), so nothing ran; {remedy}.", file=sys.stderr)
        return NOT_EXECUTABLE_EXIT

    def leave_to_child(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:  # Ctrl-C reaches the child by itself, through the terminal
            child.terminate()

    former = {number: signal.signal(number, leave_to_child) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = child.wait()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return status if status >= 0 else SIGNAL_EXIT - status


def _remedy(number: int | None, name: str) -> str:
    """What to do where the system refuses to start a command."""
    if number == errno.ENOEXEC:  # a shell would run such a script by itself; which shell is for the caller to say
        return f"begin it with a line such as #!/bin/sh, or run `sh {shlex.quote(name)}`"
    return "check its path, its permissions and its arguments"


def _tell(measured: Measured) -> None:
    """The result for people, on stderr."""
    result, measurement, live = measured.result, measured.measurement, measured.live
    lines = [
        f"{shlex.join(measured.command)}: {measurement.energy} in {measurement.duration_s:.2f} s, {measurement.power_w}"
    ]
    lines.append(f"above idle: {measurement.energy_net}")
    if measurement.co2e_g.value is not None:
        lines.append(f"CO2e: {measurement.co2e_g}; water: {measurement.water_l}")
    lines += [f"{name}: {figure}" for name, figure in _held(measured.footprint) if figure.value is not None]
    lines += [] if live is None else [f"live intensity: {live.sentence()}"]
    lines += [f"measured: {sentence}" for sentence in result.coverage.measured]
    lines += [f"estimated: {sentence}" for sentence in result.coverage.estimated]
    lines += [f"reference: {sentence}" for sentence in result.coverage.references]
    lines += [f"warning: {sentence}" for sentence in result.warnings]
    print("\n".join(f"energyprof: {line}" for line in lines), file=sys.stderr)


def _footprint(measurement: Measurement, site: Site) -> Footprint:
    """With the hardware held for as long as the command ran."""
    from energyprof.footprint.assess import assess

    seconds = measurement.duration_s
    return assess(measurement.energy, site, held=Quantity(seconds, seconds, seconds, "s", "measured"))


def _held(footprint: Footprint) -> list[tuple[str, Quantity]]:
    return [
        ("embodied CO2e", footprint.co2e_embodied),
        ("cost of the electricity", footprint.electricity_cost),
        ("cost of the devices", footprint.hire_cost),
    ]


def _document(measured: Measured) -> dict[str, Any]:
    """The result for programs."""
    result, measurement, footprint, live = measured.result, measured.measurement, measured.footprint, measured.live
    return {
        "schema": 1,
        "command": measured.command,
        "exit_status": measured.status,
        "duration_s": measurement.duration_s,
        "energy_j": measurement.energy.to_json(),
        "energy_net_j": measurement.energy_net.to_json(),
        "power_w": measurement.power_w.to_json(),
        "domains": {name: energy.to_json() for name, energy in measurement.domains.items()},
        "co2e_g": measurement.co2e_g.to_json(),
        "water_l": measurement.water_l.to_json(),
        "co2e_embodied_g": footprint.co2e_embodied.to_json(),
        "electricity_cost": footprint.electricity_cost.to_json(),
        "hire_cost": footprint.hire_cost.to_json(),
        "live": None if live is None else live.to_json(),
        "estimator": measurement.estimator,
        "coverage": asdict(result.coverage),
        "warnings": result.warnings,
    }
