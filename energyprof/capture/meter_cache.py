"""What earlier starts and calibrations found out about each meter, kept per device in the user's cache folder.

A cache that cannot be read or written never stops a run: then nothing is known beforehand.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from energyprof.model.cache_root import meters_root
from energyprof.model.domain import Domain, calibrated
from energyprof.model.errors import UnwritableOutput
from energyprof.model.gain import FittedGain
from energyprof.model.meter import MeterRecord

T = TypeVar("T")

MACHINE_ID = Path("/etc/machine-id")

NO_MACHINE = ("", "uninitialized")
"""What an image holds there until it is started for the first time (machine-id(5), systemd 247)."""


def device_of(domain: Domain) -> str:
    """A digest that names a domain's meter: its device where that has a name, else its label on this machine."""
    place = domain.device or f"{_machine()}/{domain.label}"
    return hashlib.sha256(f"{domain.sensor}/{domain.kind}/{place}".encode()).hexdigest()[:16]


def driver_of(domain: Domain) -> str:
    """The version of what reads the domain."""
    return domain.driver or f"{platform.system()} {platform.release()}"


def folder() -> Path | None:
    """Where the cache lies; None where this user has none."""
    try:
        return meters_root(os.environ)
    except RuntimeError:
        return None


def known_meter(domain: Domain) -> MeterRecord | None:
    """What an earlier start saw of the meter with the same driver; None where there was none."""
    document = _read(_path(domain, "meter"))
    record = None if document is None else _made(MeterRecord, document)
    if record is None or record.device != device_of(domain) or record.driver != driver_of(domain):
        return None
    if record.period_s is not None and record.period_s <= 0:
        return None
    return dataclasses.replace(record, domain=domain.id, label=domain.label)


def remember_meter(domain: Domain, record: MeterRecord) -> None:
    """Keeps what was seen of a meter for later starts, where that is possible."""
    path = _path(domain, "meter")
    if path is not None:
        with contextlib.suppress(OSError):
            _write(path, dataclasses.asdict(record))


def fitted_gain(domain: Domain) -> FittedGain | None:
    """The gain that a calibration stored for this very device; None where there is none, or one that cannot be."""
    document = _read(_path(domain, "gain"))
    fitted = None if document is None else _made(FittedGain, document.get("fitted"))
    if fitted is None or document is None or document.get("device") != device_of(domain):
        return None
    return fitted if fitted.believable else None


def with_fitted_gain(domain: Domain) -> Domain:
    """The domain as its calibration says, where one is stored for its device."""
    fitted = None if domain.model is not None else fitted_gain(domain)
    return domain if fitted is None else calibrated(domain, fitted)


def store_gain(domain: Domain, fitted: FittedGain, *, out: Path | None = None) -> Path:
    """Keeps a gain, so that later measurements apply it.

    Args:
        out: the folder; None = the cache's own.

    Raises:
        UnwritableOutput: it cannot be kept.
    """
    path = _path(domain, "gain", out)
    document = {"device": device_of(domain), "label": domain.label, "fitted": dataclasses.asdict(fitted)}
    try:
        if path is None:
            raise OSError("this user has no home folder")
        _write(path, document)
    except OSError as error:
        raise UnwritableOutput(
            f"The gain of {domain.label} cannot be kept ({error.strerror or error}), so later measurements do not "
            "apply it. Name a folder with --out, or set ENERGYPROF_METERS to one that you may write."
        ) from error
    return path


def forget_gains(domains: Sequence[Domain], *, out: Path | None = None) -> list[Domain]:
    """Removes the gains of these devices; returns those that had one.

    Raises:
        UnwritableOutput: one cannot be removed.
    """
    forgotten = []
    for domain in domains:
        path = _path(domain, "gain", out)
        if path is None or not path.exists():
            continue
        try:
            path.unlink()
        except OSError as error:
            raise UnwritableOutput(
                f"{path} cannot be removed ({error.strerror}), so the gain of {domain.label} is still applied. "
                "Remove the file by hand."
            ) from error
        forgotten.append(domain)
    return forgotten


def _path(domain: Domain, what: str, out: Path | None = None) -> Path | None:
    at = out or folder()
    return None if at is None else at / f"{domain.sensor}-{device_of(domain)}.{what}.json"


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def _made(kind: type[T], document: object) -> T | None:
    """A value from its JSON; None where a field is missing, unknown or of another type."""
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    if not isinstance(document, dict) or document.keys() != {field.name for field in fields}:
        return None
    if not all(_fits(document[field.name], str(field.type)) for field in fields):
        return None
    return kind(**document)


def _fits(value: object, kind: str) -> bool:
    """Whether a JSON value may stand in a field whose type is written like "float | None"."""
    if value is None:
        return "None" in kind
    if kind.startswith("str"):
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _machine() -> str:
    """What tells this machine from another one of the same build, where the system says it."""
    try:
        name = MACHINE_ID.read_text().strip()
    except OSError:
        return platform.node()
    return platform.node() if name in NO_MACHINE else name
