"""`@profile` in user code: bare, called, switched off, badly used, and typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from energyprof import Profiler, profile
from energyprof.model.errors import InvalidValue

ROOT = Path(__file__).parents[2]


@profile
def bare(x: int) -> int:
    """Adds one."""
    return x + 1


def test_a_bare_decorator_keeps_name_signature_and_result() -> None:
    assert bare(1) == 2
    assert bare.__name__ == "bare"  # type: ignore[attr-defined]
    assert bare.__doc__ == "Adds one."


def test_nothing_is_known_before_the_first_call() -> None:
    @profile(name="never called")
    def never() -> None: ...

    assert never.energy.calls == 0
    assert never.energy.energy.value is None
    assert never.energy.per_call.reason == "no call has finished"


def test_calls_outside_any_profiler_are_measured_too() -> None:
    @profile(name="outside", units={"items": len})
    def outside() -> list[int]:
        return list(range(200_000))

    for _ in range(5):
        outside()
    assert outside.energy.calls == 5
    assert outside.energy.units == {"items": 1_000_000}
    assert outside.energy.energy.basis == "estimated" or outside.energy.energy.value


def test_a_unit_that_cannot_be_counted_harms_neither_call_nor_joules() -> None:
    @profile(name="uncounted", units={"tokens": lambda result: result.n_tokens})
    def uncounted() -> str:
        return "x"

    with Profiler() as profiler:
        assert uncounted() == "x"
    assert profiler.result["uncounted"].calls == 1
    assert profiler.result["uncounted"].per("tokens").value is None
    assert any("tokens of uncounted could not be counted" in warning for warning in profiler.result.warnings)


def test_a_unit_that_is_not_a_function_is_refused() -> None:
    with pytest.raises(InvalidValue, match="must be a function"):
        profile(units={"tokens": 3})  # type: ignore[dict-item]


def test_switched_off_it_leaves_the_function_alone() -> None:
    program = """
from energyprof import profile
def work(): return 1
inert = profile(work)
assert inert is work and inert() == 1
assert inert.energy.energy.value is None and "ENERGYPROF=off" in inert.energy.energy.reason
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env={"ENERGYPROF": "off"}, cwd=ROOT)


def test_a_type_checker_still_sees_the_signature(tmp_path: Path) -> None:
    source = tmp_path / "user.py"
    source.write_text(
        "from energyprof import profile\n"
        "class Model:\n"
        "    @profile(name='run')\n"
        "    def run(self, text: str) -> int:\n"
        "        return len(text)\n"
        "@profile\n"
        "async def answer(text: str, n: int = 1) -> str:\n"
        "    return text * n\n"
        "reveal_type(Model().run('x'))\n"
        "reveal_type(answer.energy.calls)\n"
        "Model().run(3)\n"
        "answer(n='x')\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(source)]
    output = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300).stdout
    assert output.count('Revealed type is "int"') + output.count('Revealed type is "builtins.int"') == 2, output
    assert 'Argument 1 to "run" of "Model"' in output or 'Argument 1 has incompatible type "int"' in output, output
    assert 'Missing positional argument "text"' in output, output
