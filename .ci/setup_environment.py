"""Makes .venv: energyprof in editable form with the exact versions of constraints.txt.

`make setup` runs this with whatever Python it finds. Nothing but the standard library is used, and the syntax is
that of Python 3.6, so that an old Python gets as far as saying that it is too old.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 14)  # the pinned torch and onnxruntime have no wheels beyond it
NEEDED_BYTES = 4 * 10**9  # 2.0 GB installed without CUDA (measured), and the wheels beside it while they are unpacked
INPUTS = ("pyproject.toml", "constraints.txt")

_UNREACHABLE = "NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|Max retries|ProxyError|SSLError"


class SetupFailed(Exception):
    """A sentence or two: what happened and what to do."""


def set_up(root: Path, *, version: "tuple[int, int]" = sys.version_info[:2], free_bytes: "int | None" = None) -> bool:
    """Brings `root`/.venv up to date; a half-made one is made again.

    Args:
        root: the checkout.
        version: of the Python that runs this.
        free_bytes: free space on the disk of `root`; None = ask the disk.

    Returns:
        True where something was installed, False where all was up to date.

    Raises:
        SetupFailed: Python is too old or has no venv, the disk is too full, or pip failed.
    """
    venv = root / ".venv"
    stamp = venv / "complete"
    check_version(version)
    wanted = fingerprint(root, version)
    whole = stamp.is_file() and runs(venv)
    if whole and stamp.read_text() == wanted:
        return False
    check_space(shutil.disk_usage(str(root)).free if free_bytes is None else free_bytes)
    if whole:
        stamp.unlink()  # from here on until the end the environment is half-made
    else:
        make_venv(venv)
    install(root, venv)
    stamp.write_text(wanted)
    return True


def check_version(version: "tuple[int, int]") -> None:
    if not OLDEST <= version <= NEWEST:
        raise SetupFailed(
            "energyprof needs Python {}.{} to {}.{}, and this is {}.{}. Install one of those, or name it: "
            "`make setup PYTHON=/path/to/python3.11`.".format(*OLDEST, *NEWEST, *version)
        )


def check_space(free_bytes: int) -> None:
    if free_bytes < NEEDED_BYTES:
        raise SetupFailed(
            f"The disk has {free_bytes / 1e9:.1f} GB free, and the libraries need {NEEDED_BYTES / 1e9:.0f} GB while "
            "they are installed. Make room, then run the same command again."
        )


def fingerprint(root: Path, version: "tuple[int, int]") -> str:
    """Changes with whatever decides the content of the environment."""
    digest = hashlib.sha256(repr(version).encode())
    for name in INPUTS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest() + "\n"


def runs(venv: Path) -> bool:
    """Whether the environment's own Python still starts; an upgrade of the system's Python can break it."""
    try:
        return subprocess.run([str(venv / "bin" / "python"), "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def make_venv(venv: Path) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupFailed(
            "This Python comes without venv or ensurepip, which make the virtual environment. "
            "On Debian and Ubuntu `apt-get install python3-venv` adds them; then run the same command again."
        )
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(venv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode:
        said = made.stdout.decode(errors="replace").strip() or "nothing was said"
        raise SetupFailed(f"The virtual environment {venv} could not be made: {said.splitlines()[-1]}")


def install(root: Path, venv: Path) -> None:
    log = venv / "setup.log"
    log.write_text("")
    print("Installing the pinned libraries into .venv; this takes a few minutes.", file=sys.stderr, flush=True)
    shown = sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--log", str(log)]
        + ["--no-compile", "--constraint", "constraints.txt", "--editable", ".[all,dev]"],
        cwd=str(root),
        stdin=subprocess.DEVNULL,
        stdout=shown,
        stderr=shown,
    )
    if done.returncode:
        raise SetupFailed(explanation(log.read_text(errors="replace"), log))
    compile_on_all_cores(venv)


def compile_on_all_cores(venv: Path) -> None:
    """Does what pip would do on one core, two thirds of its time; a file that is no Python of today stays as it is."""
    command = [str(venv / "bin" / "python"), "-m", "compileall", "-qq", "-j", "0", str(venv / "lib")]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def explanation(text: str, log: Path) -> str:
    """Why pip failed, from its log."""
    errors = re.findall(r"ERROR: (?!\[present)(.+)", text)
    last = errors[-1].strip() if errors else (text.strip().splitlines() or ["nothing was logged"])[-1].strip()
    if "No space left on device" in text:
        return f"The disk is full. Make room, then run the same command again. pip said: {last}"
    if re.search(_UNREACHABLE, text):
        return (
            "The package index could not be reached. Check the network (or PIP_INDEX_URL and HTTPS_PROXY), then run "
            f"the same command again. pip said: {last}"
        )
    return f"pip could not install the libraries; its whole log is {log}. pip said: {last}"


def main() -> int:
    try:
        installed = set_up(Path(__file__).resolve().parent.parent)
    except SetupFailed as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    if installed:
        print("Ready: .venv", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
