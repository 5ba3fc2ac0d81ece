"""Backends by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import energyprof
from energyprof.backends import catalogue
from energyprof.model.errors import UnknownName


@pytest.mark.parametrize("name", catalogue.names())
def test_every_name_is_that_of_its_backend(name: str) -> None:
    assert catalogue.get(name).name == name


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'torch'.*Use one of: torch, onnx"):
        catalogue.get("Torhc")


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    # -S leaves out the installed packages.
    program = (
        "from energyprof.backends import catalogue\n"
        "from energyprof.model.errors import NotMeasurable\n"
        "try: catalogue.get('onnx')\n"
        "except NotMeasurable as error: print(error)\n"
    )
    root = Path(energyprof.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    assert "Run: pip install onnxruntime onnxruntime-genai onnx onnxscript torch" in done.stdout, done.stderr


def test_loading_the_catalogue_loads_no_runtime() -> None:
    program = (
        "import sys\n"
        "from energyprof.backends import catalogue\n"
        "print(sorted({'torch', 'onnxruntime', 'transformers', 'numpy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
