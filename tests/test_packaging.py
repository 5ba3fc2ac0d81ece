"""What is handed on: attributions with the package, and with the sources all that make and the tests need."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCES = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]


def _is_in_the_sources(path: str) -> bool:
    return any(path == entry[1:] or path.startswith(f"{entry[1:]}/") for entry in SOURCES)


def test_the_licence_and_the_attributions_go_with_the_package() -> None:
    assert PROJECT["project"]["license-files"] == ["LICENSE", "NOTICE"]
    assert all((ROOT / file).is_file() for file in PROJECT["project"]["license-files"])


def test_every_file_that_make_runs_is_in_the_sources() -> None:
    mentioned = re.findall(r"[\w./-]+\.(?:py|toml)\b", (ROOT / "Makefile").read_text())
    files = {path for path in mentioned if not path.startswith("tests/") and (ROOT / path).is_file()}
    assert {".ci/setup_environment.py", "benchmarks/bench.py", "profiles/digits.toml"} <= files
    assert {path for path in files if not _is_in_the_sources(path)} == set()


def test_every_page_and_what_it_links_to_is_in_the_sources() -> None:
    pages = ["CONTRIBUTING.md", "CHANGELOG.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
    linked = re.findall(r"\]\((docs/[^)#:]+)\)", (ROOT / "README.md").read_text())
    assert {path for path in [*pages, *linked] if not _is_in_the_sources(path)} == set()


def test_every_entry_of_the_sources_exists() -> None:
    assert [entry for entry in SOURCES if not (ROOT / entry[1:]).exists()] == []
