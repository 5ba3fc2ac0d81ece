"""What holds for the whole suite."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from energyprof.capture.spans import SpanLog


@pytest.fixture(scope="session", autouse=True)
def no_meter_of_this_machine_is_known(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """Nor does any test leave its own in this user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENERGYPROF_METERS", str(tmp_path_factory.mktemp("meters")))
        yield


@pytest.fixture(autouse=True)
def no_meter_is_known_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated devices have the same names in every test, and other periods."""
    monkeypatch.setenv("ENERGYPROF_METERS", str(tmp_path / "meters"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI is set nothing may be skipped: a tool that is missing there would hide what it checks for good."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture
def log() -> Iterator[SpanLog]:
    """Receives the spans that close while a test runs."""
    log = SpanLog()
    log.activate()
    yield log
    log.deactivate()
