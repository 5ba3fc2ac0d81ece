"""The one tree of errors. Each knows the exit code that the command line returns for it."""

from __future__ import annotations


class EnergyprofError(Exception):
    """Something a user can act on. The message says what happened, what it means and what to do."""

    exit_code = 2


class InvalidProfile(EnergyprofError):
    """A profile file cannot be used; names the file, the key and the remedy."""


class InvalidRun(EnergyprofError):
    """A run record is missing, damaged or of an unknown schema."""


class UnknownName(EnergyprofError):
    """A sensor, grid, task, model or variant of that name does not exist."""


class InvalidValue(EnergyprofError):
    """A number or option lies outside what it can mean."""


class UnwritableOutput(EnergyprofError):
    """The folder for the results cannot be written."""


class NotMeasurable(EnergyprofError):
    """Nothing here can measure what was asked."""

    exit_code = 3


class NotComparable(EnergyprofError):
    """Two results do not belong side by side."""

    exit_code = 3


class OutsideTimeline(EnergyprofError):
    """An instant lies before the first or after the last tick."""

    exit_code = 3


class ConservationBroken(EnergyprofError):
    """The joules handed out do not add up to what the meter counted: a defect of energyprof."""

    exit_code = 3
