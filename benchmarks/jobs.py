"""One scene under one tool as a process of its own, and many of them at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments import NoPeer, python_of
from simulated.gpu import SimulatedGpu
from simulated.powercap import SimulatedPowercap, in_place_of_sysfs, why_not_in_place

ROOT = Path(__file__).parent.parent
TIMEOUT_S = 900
IDLE_W = 70.0
GPU: Mapping[str, Any] = {"idle_w": IDLE_W, "period_s": 0.1, "phase_s": 0.02}
"""A GPU that idles at 70 W and counts every 100 ms."""

START_S = 25.0
"""After so long every tool is ready, however busy the machine: then the faults of a scene with RAPL begin to count."""

NVIDIA_SMI = "#!/bin/sh\nexit 0\n"
"""CodeCarbon looks for a GPU only where this command works."""

PEER_OF = {"zeus": "zeus", "zeus-power": "zeus", "codecarbon": "codecarbon", "codecarbon-tasks": "codecarbon"}

WITHOUT_EDGES = ("slowdown", "import-time", "memory", "intervals")

Outcome = dict[str, Any]
Zones = Callable[[SimulatedPowercap, float], None]
"""zones(tree, start_s) makes the zones of a machine, with faults at instants after `start_s`."""


@dataclass(frozen=True)
class Job:
    """What runs.

    Attributes:
        tool: "energyprof", "zeus", "codecarbon", "codecarbon-tasks".
        scene: a name in scenes.py. options: its keywords.
        gpu: fields of `GpuSpec`.
        zones: the RAPL zones of a scene with a CPU.
        env: more of the environment.
    """

    tool: str
    scene: str
    options: Mapping[str, Any] = field(default_factory=dict)
    gpu: Mapping[str, Any] = field(default_factory=lambda: GPU)
    zones: Zones | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> Outcome:
        """The scene's outcome, or {"missing": reason}."""
        try:
            python = interpreter(self.tool)
        except NoPeer as reason:
            return {"missing": str(reason)}
        with tempfile.TemporaryDirectory(prefix="energyprof-bench-") as text:
            folder = Path(text)
            return self._on_rapl(python, folder) if self.zones else self._on_gpu(python, folder)

    def _on_gpu(self, python: Path, folder: Path) -> Outcome:
        gpu = SimulatedGpu(folder, **self.gpu)
        options = dict(self.options)
        if self.scene not in WITHOUT_EDGES:
            options["edges"] = str(gpu.edges.path)
        return self._finished(self._command(python, options), folder, gpu.env)

    def _on_rapl(self, python: Path, folder: Path) -> Outcome:
        assert self.zones is not None
        if (reason := why_not_in_place()) is not None:
            return {"missing": reason}
        tree, start_s = SimulatedPowercap(folder), time.monotonic() + START_S
        self.zones(tree, start_s)
        with tree.running():
            command = self._command(python, {**self.options, "start_s": start_s})
            return self._finished(in_place_of_sysfs(tree, command), folder, {})

    def _command(self, python: Path, options: Mapping[str, Any]) -> list[str]:
        return [str(python), str(Path(__file__).with_name("scenes.py")), self.tool, self.scene, json.dumps(options)]

    def _finished(self, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> Outcome:
        commands = folder / "bin"
        commands.mkdir()
        (commands / "nvidia-smi").write_text(NVIDIA_SMI)
        (commands / "nvidia-smi").chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ENERGYPROF", "CUDA"))}
        clean["PATH"] = os.pathsep.join([str(commands), clean["PATH"]])
        clean["PYTHONPATH"] = os.pathsep.join([str(ROOT / "tests"), *([str(ROOT)] if self._is_ours() else [])])
        try:
            done = subprocess.run(
                command, cwd=folder, env={**clean, **env, **self.env}, capture_output=True, text=True, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return {"missing": f"not finished after {TIMEOUT_S} s"}
        if done.returncode:
            return {"missing": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]}
        outcome: Outcome = json.loads(done.stdout.strip().splitlines()[-1])
        return outcome

    def _is_ours(self) -> bool:
        return self.tool not in PEER_OF


def interpreter(tool: str) -> Path:
    """The Python that a tool is installed for."""
    return python_of(PEER_OF[tool]) if tool in PEER_OF else Path(sys.executable)


def at_once(jobs: Sequence[Job], *, processes: int, told: Callable[[Job], None]) -> list[Outcome]:
    """The outcomes of all jobs in their order, so many running at a time; most of their time they sleep."""

    def run(job: Job) -> Outcome:
        outcome = job.run()
        told(job)
        return outcome

    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(run, jobs))
