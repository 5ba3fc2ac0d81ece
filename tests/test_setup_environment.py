from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / ".ci" / "setup_environment.py"
PLENTY = 10**12


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_environment", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    for name in ("pyproject.toml", "constraints.txt", ".ci/setup_environment.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 15)])
def test_a_python_without_wheels_is_refused_by_its_version(
    setup: ModuleType, checkout: Path, version: tuple[int, int]
) -> None:
    with pytest.raises(setup.SetupFailed, match=r"needs Python 3\.11 to 3\.14, and this is {}\.{}\.".format(*version)):
        setup.set_up(checkout, version=version, free_bytes=PLENTY)
    assert not (checkout / ".venv").exists()


def test_a_full_disk_is_refused_before_anything_is_written(setup: ModuleType, checkout: Path) -> None:
    with pytest.raises(setup.SetupFailed, match=r"has 0\.3 GB free, and the libraries need \d GB"):
        setup.set_up(checkout, free_bytes=300_000_000)
    assert not (checkout / ".venv").exists()


def test_a_registry_that_is_away_is_one_sentence_and_leaves_no_stamp(checkout: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, ".ci/setup_environment.py"],
        cwd=checkout,
        env=clean | nowhere,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("setup: The package index could not be reached. Check the network")
    assert len(done.stderr.splitlines()) == 2
    assert not (checkout / ".venv/complete").exists()


def test_a_disk_that_fills_up_on_the_way_is_told_from_other_failures(setup: ModuleType) -> None:
    log = "t ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    assert setup.explanation(log, Path("setup.log")).startswith("The disk is full. Make room")


def test_any_other_failure_shows_the_last_error_and_where_the_log_is(setup: ModuleType) -> None:
    log = "t   ERROR: first\nt   ERROR: ResolutionImpossible: see docs\nt ERROR: [present-rich] exited with 1\n"
    said = setup.explanation(log, Path("setup.log"))
    assert (
        said
        == "pip could not install the libraries; its whole log is setup.log. pip said: ResolutionImpossible: see docs"
    )


def test_a_complete_environment_is_left_alone(setup: ModuleType, checkout: Path) -> None:
    _complete(setup, checkout)
    assert setup.set_up(checkout, free_bytes=0) is False


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_change_of_the_requirements_asks_for_another_installation(
    setup: ModuleType, checkout: Path, name: str
) -> None:
    _complete(setup, checkout)
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    with pytest.raises(setup.SetupFailed, match="GB free"):
        setup.set_up(checkout, free_bytes=0)


def test_a_half_made_environment_is_made_again(setup: ModuleType, checkout: Path) -> None:
    _complete(setup, checkout)
    (checkout / ".venv/complete").unlink()
    with pytest.raises(setup.SetupFailed, match="GB free"):
        setup.set_up(checkout, free_bytes=0)


def test_an_environment_whose_python_is_gone_is_made_again(setup: ModuleType, checkout: Path) -> None:
    _complete(setup, checkout)
    (checkout / ".venv/bin/python").unlink()
    with pytest.raises(setup.SetupFailed, match="GB free"):
        setup.set_up(checkout, free_bytes=0)


def test_every_pin_satisfies_the_range_and_every_requirement_is_pinned() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {pin.name.lower(): pin for pin in map(Requirement, _lines(ROOT / "constraints.txt"))}
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    for requirement in map(Requirement, project["dependencies"] + extras):
        if requirement.name != "energyprof":
            (exact,) = pins[requirement.name.lower()].specifier
            assert requirement.specifier.contains(exact.version), requirement.name


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def _complete(setup: ModuleType, checkout: Path) -> None:
    """An environment as a finished setup leaves it, without the libraries."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (checkout / ".venv/complete").write_text(setup.fingerprint(checkout, sys.version_info[:2]))
