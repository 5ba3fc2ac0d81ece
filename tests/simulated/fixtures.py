"""Pytest fixtures of the simulated machine; import them where they are used."""

from __future__ import annotations

import os

import pytest

from simulated.gpu import NoCompiler, built_library


@pytest.fixture(scope="session")
def gpu_library() -> None:
    """Skips where no C compiler is at hand; on CI that is a failure, since there nothing may go untested."""
    try:
        built_library()
    except NoCompiler as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
