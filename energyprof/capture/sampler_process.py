"""The sampler's own process: polls the counters and writes their ticks into the ring. Standard library only.

Started as `python -I -S -c ...` so that nothing of the profiled program is imported again. It speaks one JSON line
on its standard output, what it can measure or why not, and appends the reasons of failed readings to a file beside
the ring. It ends when it is asked to, or when its parent is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from energyprof.capture.beginning import expecting
from energyprof.capture.fault_names import faults_file
from energyprof.capture.first_look_file import path_of
from energyprof.capture.meter_cache import known_meter, with_fitted_gain
from energyprof.capture.polling import Surroundings, poll_until_stopped
from energyprof.capture.ring import Ring
from energyprof.model.errors import EnergyprofError
from energyprof.sensors.discovery import discover


def main() -> None:
    """Runs until it is stopped. The request is one JSON object in the first argument."""
    request = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Nobody reads it before the end, so that a library which says much would hang; what is too much is lost.
    os.set_blocking(sys.stderr.fileno(), False)
    parent = request["parent_pid"]  # told and not asked for: it may be gone by now
    serve(request, _say, Surroundings(alive=lambda: os.getppid() == parent))


def serve(request: dict[str, Any], say: Callable[[dict[str, object]], None], surroundings: Surroundings) -> None:
    """Looks for sensors, says what was found, and polls until it is stopped."""
    try:
        found = discover(request["sensors"], root_pid=request["root_pid"])
    except EnergyprofError as error:
        say({"error": type(error).__name__, "message": str(error)})
        return
    domains = [domain for sensor in found.sensors for domain in sensor.domains]
    if request["domains"] not in (None, [domain.id for domain in domains]):
        say({"error": "NotMeasurable", "message": "there are other domains now than before the sampler was killed"})
        return
    ring = Ring.open(Path(request["ring"]))
    known = [known_meter(domain) for domain in domains]
    domains = [with_fitted_gain(expecting(domain, meter)) for domain, meter in zip(domains, known, strict=True)]
    records = [asdict(record) for record in found.records]
    try:
        say({"domains": [asdict(domain) for domain in domains], "records": records})
        poll_until_stopped(found.sensors, ring, request["period_s"], surroundings, known)
    finally:
        for sensor in found.sensors:
            sensor.close()
        if not surroundings.alive() and not request["keep"]:
            _remove(ring.path)


def _remove(ring: Path) -> None:
    """The files of a parent that is gone, and the folder that it had made for them."""
    for path in (ring, faults_file(ring), path_of(ring)):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody has put something of theirs into it
        ring.parent.rmdir()


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
