"""What `import energyprof` costs everybody who imports it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "codecarbon matplotlib numpy onnxruntime pandas pydantic pynvml scipy torch transformers"


@pytest.mark.parametrize("statement", ["import energyprof", "from energyprof import Profiler, profile"])
def test_an_import_loads_no_heavy_library(statement: str) -> None:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(HEAVY.split()) & set(done.stdout.split()) == set()


def test_every_public_name_is_there() -> None:
    import energyprof

    assert [name for name in energyprof.__all__ if not hasattr(energyprof, name)] == []
