"""`@profile` in user code: bare, called, switched off, badly used, and typed."""

from __future__ import annotations

import contextlib
import copy
import functools
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from simulated.gpu import SimulatedGpu
from simulated.work import Draw

from energyprof import Profiler, profile
from energyprof.capture.spans import FULL, open_spans
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


def test_whatever_counting_raises_the_caller_gets_its_result_and_the_reason_is_told() -> None:
    class Unforeseen(Exception): ...

    def broken(_: object) -> float:
        raise Unforeseen("no shape")

    @profile(name="plain", units={"tokens": broken})
    def plain() -> int:
        return 42

    @profile(name="stream", units={"tokens": broken})
    def stream() -> Iterator[int]:
        yield from (1, 2)

    with Profiler() as profiler:
        assert plain() == 42
        assert list(stream()) == [1, 2]
    assert not open_spans()
    for name in ("plain", "stream"):
        [warning] = profiler.result[name].warnings
        assert f"tokens of {name} could not be counted" in warning
        assert "Unforeseen: no shape" in warning
        assert warning in profiler.result.warnings


def test_joules_per_unit_are_unknown_where_only_some_calls_could_be_counted() -> None:
    @profile(name="some", units={"tokens": lambda result: len(result), "answers": lambda _: 1})
    def some(answer: str | None) -> str | None:
        return answer

    with Profiler() as profiler:
        for answer in ("ab", None, "abc"):
            some(answer)
    for found in (profiler.result["some"], some.energy):
        assert found.units == {"answers": 3}
        assert found.per("tokens").value is None
        assert "TypeError" in str(found.per("tokens").reason)


def test_joules_per_unit_are_unknown_where_another_profiler_could_not_count() -> None:
    @profile(name="twice", units={"tokens": lambda result: len(result)})
    def twice(answer: str | None) -> str | None:
        return answer

    for answer in ("ab", None):
        with Profiler():
            twice(answer)
    assert twice.energy.calls == 2
    assert "TypeError" in str(twice.energy.per("tokens").reason)
    assert len(twice.energy.warnings) == 1


def test_numbers_of_any_library_become_plain_ones(tmp_path: Path) -> None:
    @profile(name="numbers", units={"tokens": lambda result: result})
    def numbers(result: object) -> object:
        return result

    with Profiler(out=tmp_path) as profiler:
        for result in (np.float32(2), np.int64(3), np.array(4), Fraction(1, 2)):
            numbers(result)
        with profiler.span("block", requests=np.int64(5)):
            pass
    [tokens], [requests] = profiler.result["numbers"].units.values(), profiler.result["block"].units.values()
    assert (tokens, requests) == (9.5, 5)
    assert type(tokens) is type(requests) is float
    assert (tmp_path / "profiler.json").exists()


@pytest.mark.parametrize("count", [True, np.bool_(True), "3", None, float("nan"), float("inf"), -1])
def test_what_is_no_count_is_told_and_not_added(count: Any) -> None:
    @profile(name="odd", units={"tokens": lambda result: result})
    def odd(result: object) -> object:
        return result

    with Profiler() as profiler:
        assert odd(count) is count
        with profiler.span("block", tokens=count):
            pass
    for name in ("odd", "block"):
        assert profiler.result[name].units == {}
        assert profiler.result[name].per("tokens").value is None
        assert any(f"tokens of {name} could not be counted" in warning for warning in profiler.result.warnings)


def test_a_unit_that_is_not_a_function_is_refused() -> None:
    with pytest.raises(InvalidValue, match="must be a function"):
        profile(units={"tokens": 3})  # type: ignore[dict-item]


@pytest.mark.parametrize("given", ["rerank", property(lambda _: 1), 3])
def test_what_cannot_be_called_is_refused_with_how_to_write_it(given: object) -> None:
    with pytest.raises(InvalidValue, match=r'Write @profile\(name="..."\)'):
        profile(given)  # type: ignore[call-overload]


def test_its_energy_can_be_copied() -> None:
    copied = copy.deepcopy(bare.energy)
    assert copied.calls == bare.energy.calls


def test_switched_off_it_leaves_the_function_alone() -> None:
    program = """
from energyprof import profile
def work(): return 1
inert = profile(work)
assert inert is work and inert() == 1
assert profile(len)("abc") == 3 and profile(len).energy.calls == 0
assert inert.energy.energy.value is None and "ENERGYPROF=off" in inert.energy.energy.reason
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env={"ENERGYPROF": "off"}, cwd=ROOT)


def test_a_type_checker_still_sees_the_signature(tmp_path: Path) -> None:
    source = tmp_path / "user.py"
    source.write_text(
        "from collections.abc import AsyncIterator, Generator\n"
        "from energyprof import profile\n"
        "class Model:\n"
        "    @profile(name='run')\n"
        "    def run(self, text: str) -> int:\n"
        "        return len(text)\n"
        "@profile\n"
        "async def answer(text: str, n: int = 1) -> str:\n"
        "    return text * n\n"
        "class Kinds:\n"
        "    @staticmethod\n"
        "    @profile\n"
        "    def inner_static(x: bytes) -> bytes:\n"
        "        return x\n"
        "    @profile\n"
        "    @classmethod\n"
        "    def outer_class(cls, x: bytes) -> bytes:\n"
        "        return x\n"
        "@profile(units={'items': lambda item: 1})\n"
        "def stream(n: int) -> Generator[float, None, None]:\n"
        "    yield from map(float, range(n))\n"
        "@profile\n"
        "async def letters() -> AsyncIterator[complex]:\n"
        "    yield 1j\n"
        "reveal_type(Kinds.inner_static(b''))\n"
        "reveal_type(Kinds().outer_class(b''))\n"
        "reveal_type(next(stream(3)))\n"
        "reveal_type(answer('x'))\n"
        "reveal_type(letters())\n"
        "stream('x')\n"
        "reveal_type(Model().run('x'))\n"
        "reveal_type(answer.energy.calls)\n"
        "Model().run(3)\n"
        "answer(n='x')\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(source)]
    output = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300).stdout
    assert output.count('Revealed type is "int"') + output.count('Revealed type is "builtins.int"') == 2, output
    assert len(re.findall(r'Revealed type is "(builtins\.)?bytes"', output)) == 2, output
    assert len(re.findall(r'Revealed type is "(builtins\.)?float"', output)) == 1, output
    assert re.search(r'Revealed type is "(typing\.)?Coroutine\[Any, Any, (builtins\.)?str\]"', output), output
    assert re.search(r'Revealed type is "(typing\.)?AsyncIterator\[(builtins\.)?complex\]"', output), output
    assert output.count('incompatible type "str"; expected "int"') == 2, output
    assert 'Argument 1 to "run" of "Model"' in output or 'Argument 1 has incompatible type "int"' in output, output
    assert 'Missing positional argument "text"' in output, output


def test_a_hot_loop_counts_every_call_and_error_and_keeps_few_spans() -> None:
    @profile(units={"tokens": lambda result: result})
    def hot(number: int) -> int:
        if number % 1000 == 7:
            raise KeyError(number)
        return 2

    with Profiler(sensors=["cpu-model"]) as profiler:
        for number in range(50_000):
            with contextlib.suppress(KeyError):
                hot(number)
        assert len(profiler._log.closed) + len(profiler._log._held.kept) < 4 * FULL
    [measurement] = profiler.result
    assert (measurement.calls, measurement.errors, measurement.units) == (50_000, 50, {"tokens": 2.0 * 49_950})
    assert hot.energy.calls == 50_000


def test_static_and_class_methods_are_measured_whichever_decorator_comes_first() -> None:
    class Kinds:
        @profile
        @staticmethod
        def outer_static(x: int) -> int:
            return x

        @staticmethod
        @profile
        def inner_static(x: int) -> int:
            return x

        @profile
        @classmethod
        def outer_class(cls, x: int) -> tuple[type[Kinds], int]:
            return cls, x

        @classmethod
        @profile
        def inner_class(cls, x: int) -> tuple[type[Kinds], int]:
            return cls, x

    with Profiler(sensors=["cpu-model"]) as profiler:
        for owner in (Kinds, Kinds()):
            assert (owner.outer_static(1), owner.inner_static(2)) == (1, 2)
            assert (owner.outer_class(3), owner.inner_class(4)) == ((Kinds, 3), (Kinds, 4))
    assert {measurement.name.rpartition(".")[2]: measurement.calls for measurement in profiler.result} == {
        "outer_static": 2,
        "inner_static": 2,
        "outer_class": 2,
        "inner_class": 2,
    }


def test_what_has_no_name_of_its_own_is_named_by_what_it_calls() -> None:
    class Model:
        def __call__(self) -> int:
            return 1

    assert profile(Model())() == 1
    assert profile(functools.partial(bare, 1))() == 2
    names = [profile(each).energy.name for each in (Model(), functools.partial(bare, 1))]
    assert names == [Model.__qualname__, "bare"]


def test_only_what_yields_has_phases() -> None:
    with pytest.raises(InvalidValue, match=r"yields no items\. Decorate the generator"):
        profile(phases=True)(len)


def test_prefill_and_decode_are_measured_apart(gpu: SimulatedGpu, draw: Draw) -> None:
    @profile(name="answer", units={"tokens": lambda token: 1}, phases=True)
    def answer(prompt_s: float, tokens: int) -> Iterator[str]:
        draw(prompt_s, 600)
        yield "first"
        for number in range(tokens):
            draw(0.15, 250)
            yield str(number)

    with Profiler(sensors=["nvml"]) as profiler:
        time.sleep(0.5)
        for token in answer(0.6, 5):
            time.sleep(0.05 if token == "first" else 0)
        time.sleep(0.5)
    result = profiler.result
    prefill, decode = result["answer.prefill"], result["answer.decode"]
    assert prefill.energy.value == pytest.approx(360, rel=0.04)
    assert decode.per("tokens").value == pytest.approx(0.15 * 250, rel=0.04)
    assert (prefill.calls, decode.calls, decode.units["tokens"]) == (1, 1, 5)
    assert result["answer"].energy.value == pytest.approx(360 + 5 * 0.15 * 250, rel=0.04)
