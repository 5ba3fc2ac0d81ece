"""Worker processes as the runner sees them: started with a fixed thread count, asked one thing at a time, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from typing import IO, Any

from energyprof.runner.interruption import Interruption
from energyprof.runner.worker import Assignment

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Read by the numeric libraries when they are imported, so they are set before the worker starts."""

CLOSE_TIMEOUT_S = 10.0
SAID_LAST_CHARACTERS = 300


class WorkerFailed(Exception):
    """A worker cannot go on; the message is a sentence that says why and what to do."""


class Worker:
    """The process of one variant. Its variant has failed for good once a method raised WorkerFailed."""

    def __init__(self, assignment: Assignment, interruption: Interruption) -> None:
        self._interruption = interruption
        self._rest = b""
        self._printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill()
        self._process = _spawn(assignment.placement.threads, self._printed)
        with contextlib.suppress(BrokenPipeError):  # it has ended already; the first command will tell
            self._send(asdict(assignment))

    @property
    def pid(self) -> int:
        """Of the process; it leads a process group of its own."""
        return self._process.pid

    @property
    def descriptor(self) -> int:
        """Can be read when the worker has said something or ended."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def tell(self, action: str, **options: Any) -> None:
        """Sends a command; its reply is to be heard before the next one.

        Raises:
            WorkerFailed: the process has ended.
        """
        try:
            self._send({"do": action, **options})
        except BrokenPipeError:
            raise WorkerFailed(self._how_it_ended()) from None

    def hear(self, action: str, timeout_s: float) -> dict[str, Any]:
        """The reply to the command; this process sleeps until it comes.

        Raises:
            WorkerFailed: it crashed, was killed, ran out of memory, or gave no answer in time.
        """
        while b"\n" not in self._rest:
            if not self._interruption.wait_for([self.descriptor], timeout_s):
                raise WorkerFailed(
                    f"Its worker hung: it gave no answer in time when asked to {action}, so it was stopped; "
                    "measure again, with less work where it was only slow."
                )
            chunk = os.read(self.descriptor, 1 << 20)
            if not chunk:
                raise WorkerFailed(self._how_it_ended())
            self._rest += chunk
        line, self._rest = self._rest.split(b"\n", 1)
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise WorkerFailed(reply["error"])
        return reply

    def ask(self, action: str, timeout_s: float, **options: Any) -> dict[str, Any]:
        """The reply to one command.

        Raises:
            WorkerFailed: as for `hear`.
        """
        self.tell(action, **options)
        return self.hear(action, timeout_s)

    def dismiss(self) -> None:
        """Asks the process to end, without waiting for it."""
        with contextlib.suppress(WorkerFailed):
            self.tell("close")

    def close(self) -> None:
        """Ends the process, gently where it still listens."""
        self.dismiss()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_TIMEOUT_S)
        self.kill()

    def kill(self) -> None:
        """Ends the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._printed):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # the flush of a command that nobody reads any more
                pipe.close()

    def _send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return (
                "Its worker was killed (SIGKILL), most likely because memory ran out; "
                "use a smaller model or batch size, or free memory."
            )
        if code < 0:
            return f"Its worker crashed with {signal.Signals(-code).name}{self._said_last()}"
        return f"Its worker ended by itself with exit code {code}{self._said_last()}"

    def _said_last(self) -> str:
        self._printed.seek(0)
        lines = self._printed.read().decode(errors="replace").strip().splitlines()
        if not lines:
            return "."
        last = lines[-1][-SAID_LAST_CHARACTERS:].replace(os.path.expanduser("~"), "~")
        return f"; it said last: {last}"


def _spawn(threads: int, printed: IO[bytes]) -> subprocess.Popen[bytes]:
    fixed = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen(
        [sys.executable, "-m", "energyprof.runner.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=printed,
        env=os.environ | fixed,
        start_new_session=True,  # Ctrl-C in the terminal is the runner's to handle
    )
