"""A wall plug that tells its power over HTTP: a reference beside the meters inside the machine.

It is read only when it is asked for by name, at the address in ENERGYPROF_PLUG; nothing is looked for on the network.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from energyprof.model.domain import Domain
from energyprof.sensors.number_file import CannotRead
from energyprof.sensors.plug_reply import Reply, parsed
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

if TYPE_CHECKING:
    from http.client import HTTPResponse

VARIABLE = "ENERGYPROF_PLUG"
OWN_PERIOD_S = 0.5
"""Plugs measure about once a second; an answer takes tens of milliseconds."""

TIMEOUT_S = 1.0
"""For each step of an answer, and for all of its body."""

MOST_BYTES = 1 << 16

PATHS = ("/rpc/Switch.GetStatus?id=0", "/status", "/cm?cmnd=Status%208")
"""Asked for in turn where the address has no path: Shelly from the second generation on, the first one, Tasmota."""

GAIN = 0.05
"""A prior, for plugs that nobody has certified as meters."""

APART = "a reference: it feeds the whole machine, and whatever else hangs on it"
ASK = "ENERGYPROF_PLUG=http://ADDRESS energyprof sensors --sensors plug"


class PlugSensor:
    """One plug, by its counter where that is fine enough, else by its power."""

    name = "plug"
    own_period_s = OWN_PERIOD_S

    def __init__(self, ask: Callable[[], Reply], first: Reply, clock_ns: Callable[[], int]) -> None:
        """Its label and its sentences do not name the address: they are in records that are published."""
        self._ask = ask
        counts = first.step_j is not None
        self._read = self._count if counts else PowerIntegral(lambda: ask().power_w, clock_ns).read
        self.domains = [
            Domain(
                id="wall:plug",
                kind="wall",
                sensor="plug",
                label=f"Wall plug ({first.make})",
                basis="measured" if counts else "derived",
                joules_per_count=first.step_j or 1e-6,
                gain=GAIN,
                note=None if counts else "no fine energy counter: power integrated between readings",
                apart=APART,
            )
        ]

    def read(self) -> list[int | str]:
        try:
            return [self._read()]
        except CannotRead as reason:
            return [f"wall plug: {reason}"]

    def close(self) -> None:
        """Each question has a connection of its own."""

    def _count(self) -> int:
        count = self._ask().count
        if count is None:
            raise CannotRead("no energy counter in the answer")
        return count


def not_asked_for() -> Finding:
    """What is said where nobody named it."""
    return Finding(None, "A wall plug is read only when it is asked for by name.", ASK)


def find(environ: Mapping[str, str], *, clock_ns: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Asks the plug at the address in ENERGYPROF_PLUG.

    Args:
        clock_ns: monotonic, for power that is integrated here.
    """
    address = environ.get(VARIABLE, "").strip()
    if not address:
        return Finding(None, f"{VARIABLE} names no plug.", ASK)
    place = _place(address)
    if place is None:
        return Finding(None, f"{VARIABLE}={address!r} is no address of the form http://HOST[:PORT][/PATH].", ASK)
    host, port, asked = place
    failures: dict[str, None] = {}
    for path in [asked] if asked else PATHS:
        question = _question(host, port, path)
        try:
            return Finding(PlugSensor(question, question(), clock_ns))
        except CannotRead as reason:
            failures[str(reason)] = None
    said = "; ".join(failures)
    return Finding(
        None,
        f"The plug at {address} gives no power: {said}.",
        f"curl '{address if asked else address.rstrip('/') + PATHS[0]}'",
    )


def _place(address: str) -> tuple[str, int, str] | None:
    """Host, port, and the path with its query, which is empty where none is named; None where it is no address."""
    from urllib.parse import urlsplit

    try:
        url = urlsplit(address)
        port = url.port or 80
    except ValueError:
        return None
    if url.scheme != "http" or not url.hostname:
        return None
    path = url.path if url.path.strip("/") else ""
    return url.hostname, port, f"{path}?{url.query}" if path and url.query else path


def _question(host: str, port: int, path: str) -> Callable[[], Reply]:
    return lambda: parsed(_json(host, port, path), path)


def _json(host: str, port: int, path: str) -> Any:
    """The document at a path. No proxy and no redirect: a plug is on the same network.

    Raises:
        CannotRead: no answer in time, or none that is JSON.
    """
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Accept": "application/json", "Connection": "close"})
        answer = connection.getresponse()
        body = _body(answer)
        if answer.status != 200:
            raise CannotRead(f"it answers {answer.status} {answer.reason} to {path}")
        return json.loads(body)
    except (OSError, http.client.HTTPException) as error:
        raise CannotRead(f"no answer ({getattr(error, 'strerror', None) or error or type(error).__name__})") from error
    except ValueError as error:
        raise CannotRead(f"the answer to {path} is not JSON") from error
    finally:
        connection.close()


def _body(answer: HTTPResponse) -> bytes:
    """The whole body. What never ends, such as a stream of pictures, is no answer."""
    deadline_s = time.monotonic() + TIMEOUT_S
    body = b""
    while chunk := answer.read1(MOST_BYTES):
        body += chunk
        if len(body) > MOST_BYTES or time.monotonic() > deadline_s:
            raise CannotRead("its answer does not end")
    return body
