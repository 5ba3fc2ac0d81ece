"""What a crew makes of its workers' replies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from energyprof.model.record import dumps, loads
from energyprof.model.run import Host, ModelDescription, ProfileRecord, VariantRecord
from energyprof.runner.crew import Crew, Timeouts
from energyprof.runner.evidence import Evidence
from energyprof.runner.interruption import Interruption
from energyprof.runner.profile import load_profile
from energyprof.runner.progress import Silent
from energyprof.tasks import catalogue as tasks

PROFILE = """\
title = "T"
task = "digits"
baseline = "sound"
quality.margin = 0.02
[[variants]]
name = "sound"
model = "digits-mlp"
backend = "onnx"
[[variants]]
name = "overflown"
model = "digits-mlp"
backend = "onnx"
precision = "int8"
"""


class Replying(Crew):
    """A crew whose workers have answered already."""

    replies: dict[str, dict[str, Any]]

    def _abreast(
        self, names: Sequence[str], action: str, timeout_s: float, **options: Any
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from ((name, self.replies[name]) for name in names)


def _evidence() -> Evidence:
    model = ModelDescription("digits-mlp", "onnx", "fp32", "cpu", 1, 4, 1, "trained")
    variants = {name: VariantRecord(name, 1, "partial", model) for name in ("sound", "overflown")}
    profile = ProfileRecord("p", "P", "digits", None, "image", "sound", 0.02, "accuracy", None, 1.0, 0.0, "0", "p.toml")
    return Evidence(profile, Host("Linux", "CPU", 2, None, "3.11"), 0.0, variants)


def test_a_score_with_a_value_that_is_no_number_is_dropped_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(PROFILE)
    evidence = _evidence()
    with Interruption() as interruption:
        crew = Replying(load_profile(path), evidence, interruption, Silent(), Timeouts())
        crew.replies = {
            "sound": {"values": [1.0, 0.0, 1.0], "groups": None},
            "overflown": {"values": [1.0, math.nan, math.inf], "groups": None},
        }
        crew.score(tasks.get("digits"), None)
    assert [score.variant for score in evidence.scores.values()] == ["sound"]
    [warning] = evidence.warnings
    assert warning.startswith("2 of 3 answers of overflown have a score that is not a number, so it gets no quality")
    assert loads(dumps(evidence.run([]))) == evidence.run([])
