"""The command line: finds the command, and turns errors into sentences and exit codes in this one place."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

import energyprof
from energyprof.cli import calibrate, compare, exec, factors, footprint, project, report, run, sensors
from energyprof.model.errors import EnergyprofError

BROKEN_PIPE_EXIT = 141

DEFECT_EXIT = os.EX_SOFTWARE
"""Not Python's own 1, which is reserved for a check that fails: a crash must never read as a verdict."""

DEFECT = "energyprof: this is a defect of energyprof, and there is no result; report it with the lines above"

DESCRIPTION = """\
Is the small model good enough, and what does it save? energyprof measures the joules of AI inference per task, beside
its quality, latency, CO2e and water."""

EPILOG = """\
examples:
  energyprof sensors                      what can be measured here, and what would have to change
  energyprof calibrate                    how the meters follow a load; their gain against a reference
  energyprof run profiles/digits.toml     compare the models of a profile; writes reports/digits/index.html
  energyprof report reports/digits --grid FRA
                                          the same run on another grid, without measuring again
  energyprof compare small large --run reports/digits
                                          two variants: ratio, interval, verdict
  energyprof exec -- python train.py      measure any command
  energyprof footprint 0.24Wh --grid USA  CO2e and water of an energy from elsewhere, with every factor
  energyprof factors FRA                  what CO2e and water rest on, and where it comes from
  energyprof project reports/digits --requests-per-day 1e6 --grid FRA
                                          the run as a fleet: energy, CO2e, water, devices, cost

exit codes:
  0  good
  2  wrong usage, or an invalid profile, run or value
  3  something could not be measured or compared; for `run`, also a variant that failed
  4  undecided: the interval allows both answers
  70  a defect of energyprof: there is no result
  130  ended by Ctrl-C; `run` keeps and renders what was measured

stdout carries the result, stderr progress and warnings. `energyprof COMMAND --help` explains a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except EnergyprofError as error:
        print(f"energyprof: {error}".replace("\n", "\nenergyprof: "), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return run.INTERRUPTED_EXIT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit would fail once more
        return BROKEN_PIPE_EXIT
    except Exception:
        traceback.print_exc()
        print(DEFECT, file=sys.stderr)
        return DEFECT_EXIT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="energyprof",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"energyprof {energyprof.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (run, report, sensors, calibrate, exec, compare, project, footprint, factors):
        module.add_to(commands)
    return parser
