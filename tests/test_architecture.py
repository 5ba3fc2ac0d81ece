"""The table of layers in docs/architecture.md, held over the syntax tree of every module."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "energyprof"
MODULES = sorted(PACKAGE.rglob("*.py"))

TABLE = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
MAY_IMPORT = {layer: set(re.findall(r"\w+", names)) for layer, names in TABLE}
EVERYTHING = {"everything"}

HOMES = {
    "amdsmi": ["sensors/amd.py"],
    "codecarbon": ["footprint/"],
    "entsoe": ["live/entsoe.py"],
    "gridstatus": ["live/eia.py"],
    "huggingface_hub": ["zoo/"],
    "IPython": [],
    "jinja2": ["report/"],
    "matplotlib": ["report/"],
    "onnx": ["backends/"],
    "onnxruntime": ["backends/"],
    "onnxruntime_genai": ["backends/"],
    "pandas": ["live/entsoe.py"],
    "pynvml": ["sensors/nvml.py"],
    "pytest": [],
    "scipy": ["analysis/"],
    "sklearn": ["tasks/", "zoo/"],
    "tokenizers": ["backends/", "zoo/"],
    "torch": ["backends/", "zoo/"],
    "transformers": ["backends/", "zoo/"],
    "zeus_apple_silicon": ["sensors/apple.py"],
}
"""Heavy libraries: where each may be imported, and there only when it is needed."""

BROAD_EXCEPT = {
    "capture/slow_reader.py",
    "capture/wrap.py",
    "cli/main.py",
    "live/deadline.py",
    "profiler/units.py",
}
"""What may catch every error without raising it again: the first is the top frame of one sensor's thread, whose defects
are faults of its own domains; the second throws the consumer's errors into the wrapped generator, the third is the
command line's one handler, which shows the traceback of a defect, the fourth is the top frame of a question to a
service on the network, for which no measurement may be lost, and the fifth runs the user's counting, whose errors must
not take away the result of a call that succeeded."""


class Import(NamedTuple):
    name: str
    lazy: bool


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_keeps_to_its_layer(path: Path) -> None:
    layer = _layer(path)
    if MAY_IMPORT[layer] == EVERYTHING:
        return
    imported = {name.split(".")[1] for name, _ in _imports(path) if name.startswith("energyprof.")}
    assert imported - {layer} <= MAY_IMPORT[layer], f"{layer} may not import these"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_heavy_library_is_imported_only_at_home_and_only_when_needed(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for name, lazy in _imports(path):
        library = name.split(".")[0]
        if library in HOMES:
            assert any(place.startswith(home) for home in HOMES[library]), f"{library} is not at home here"
            assert lazy, f"{library} must be imported inside the function that needs it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_error_is_caught_that_was_not_foreseen(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() in BROAD_EXCEPT:
        return
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
            caught = {name.id for name in ast.walk(node.type or ast.Name("Exception")) if isinstance(name, ast.Name)}
            assert not caught & {"Exception", "BaseException"}, f"line {node.lineno}"


def test_folders_are_one_deep_and_each_is_a_known_layer() -> None:
    layers = {path.parent.relative_to(PACKAGE).as_posix() for path in MODULES} - {"."}
    assert layers == MAY_IMPORT.keys()


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for name, extra in project["optional-dependencies"].items() if name != "dev" for line in extra]
    declared = {_imported_as(re.split(r"[>=\[ ]", line)[0]) for line in project["dependencies"] + extras}
    imported = {name.split(".")[0] for path in MODULES for name, _ in _imports(path)}
    brought_along = {"pydantic_core"}  # by pydantic, which documents it as the home of its custom errors
    assert imported - sys.stdlib_module_names - {"energyprof"} - brought_along <= declared


def _imported_as(distribution: str) -> str:
    others = {"nvidia-ml-py": "pynvml", "scikit-learn": "sklearn"}
    return others.get(distribution, distribution.replace("-", "_"))


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0] if path.parent != PACKAGE else "cli"


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def _imports(path: Path) -> list[Import]:
    return list(_below(_tree(path), lazy=False))


def _below(node: ast.AST, *, lazy: bool) -> Iterator[Import]:
    """The imports below a node; lazy are those in a function or under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, lazy) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield Import(child.module or "", lazy)
        else:
            yield from _below(child, lazy=lazy or _postpones(child))


def _postpones(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
