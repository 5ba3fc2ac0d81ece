"""An environment of its own for each tool that energyprof is compared with, with exactly the versions in `peers/`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

from energyprof.backends.cache import cache_folder

PEERS = Path(__file__).with_name("peers")


_making = threading.Lock()


class NoPeer(Exception):
    """The environment of a peer cannot be made here."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, which is made on first use, below the user's cache folder.

    Args:
        peer: "zeus" or "codecarbon".

    Raises:
        NoPeer: it cannot be installed.
    """
    pinned = PEERS / f"{peer}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(pinned.read_bytes() + version.encode()).hexdigest()[:12]
    folder = cache_folder("peers") / f"{peer}-{key}"
    python, ready = folder / "bin" / "python", folder / "ready"
    with _making:
        if not ready.exists():
            print(f"installing {peer} into {folder}", file=sys.stderr, flush=True)
            _run([sys.executable, "-m", "venv", "--clear", folder])
            _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", pinned])
            ready.touch()
    return python


def version_of(peer: str) -> str:
    """The pinned version of the peer itself."""
    lines = (PEERS / f"{peer}.txt").read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{peer}=="))


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NoPeer(f"{' '.join(map(str, command))} failed: {done.stderr.strip()[-500:]}")
