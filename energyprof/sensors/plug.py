"""A wall plug that tells its power over HTTP: a reference beside the meters inside the machine.

It is read only when it is asked for by name, at the address in ENERGYPROF_PLUG; nothing is looked for on the network.
"""

from __future__ import annotations

import json
import queue
import socket
import string
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energyprof.model.domain import Domain
from energyprof.sensors.number_file import CannotRead
from energyprof.sensors.plug_reply import Reply, parsed, said_path
from energyprof.sensors.power_integral import PowerIntegral
from energyprof.sensors.sensor import Finding

if TYPE_CHECKING:
    from http.client import HTTPResponse

Resolve = Callable[[str, int], Sequence[tuple[Any, ...]]]
"""Socket addresses of a host, as `socket.getaddrinfo` gives them."""

VARIABLE = "ENERGYPROF_PLUG"
OWN_PERIOD_S = 0.5
"""Plugs measure about once a second; an answer takes tens of milliseconds."""

TIMEOUT_S = 1.0
"""For a whole question: connecting, asking, and all of the answer."""

RESOLVE_S = 3.0
"""For its host name, which is looked up once."""

MOST_BYTES = 1 << 16

PATHS = ("/rpc/Switch.GetStatus?id=0", "/status", "/cm?cmnd=Status%208")
"""Asked for in turn where the address has no path: Shelly from the second generation on, the first one, Tasmota."""

AS_IT_STANDS = string.punctuation
"""Of what an address has behind its host; what no line of HTTP can hold, such as a blank in a password, is escaped."""

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plug answers.

    Attributes:
        path: with its query; empty where none is named.
    """

    host: str
    port: int
    path: str


def find(
    environ: Mapping[str, str], *, clock_ns: Callable[[], int] = time.monotonic_ns, resolve: Resolve | None = None
) -> Finding:
    """Asks the plug at the address in ENERGYPROF_PLUG.

    Args:
        clock_ns: monotonic, for power that is integrated here. resolve: looks up its host; None = as the system does.
    """
    address = environ.get(VARIABLE, "").strip()
    if not address:
        return Finding(None, f"{VARIABLE} names no plug.", ASK)
    place = _place(address)
    if "@" in address.partition("?")[0]:
        reason = f"{VARIABLE} holds a user or a password, and plugs that want one are not supported."
        return Finding(None, reason, ASK)
    if place is None:
        return Finding(
            None, f"{VARIABLE}={said_path(address)!r} is no address of the form http://HOST[:PORT][/PATH].", ASK
        )
    try:
        addresses = _resolved(place, resolve or _getaddrinfo)
    except CannotRead as reason:
        return Finding(
            None, f"The plug at {said_path(address)} cannot be asked: {reason}.", f"getent hosts {place.host}"
        )
    failures: dict[str, None] = {}
    for path in [place.path] if place.path else PATHS:
        question = _question(place, addresses, path)
        try:
            return Finding(PlugSensor(question, question(), clock_ns))
        except CannotRead as reason:
            failures[str(reason)] = None
    said = "; ".join(failures)
    shown = said_path(address)  # what follows may be a password, and sentences end up in records that are published
    remedy = f'curl "${VARIABLE}"' if place.path else f"curl '{shown.rstrip('/') + PATHS[0]}'"
    return Finding(None, f"The plug at {shown} gives no power: {said}.", remedy)


def _place(address: str) -> Place | None:
    """None where it is no address."""
    from urllib.parse import quote, urlsplit

    try:
        url = urlsplit(address)
        port = url.port or 80
    except ValueError:
        return None
    if url.scheme != "http" or not url.hostname:
        return None
    path = url.path if url.path.strip("/") else ""
    asked = f"{path}?{url.query}" if path and url.query else path
    return Place(url.hostname, port, quote(asked, safe=AS_IT_STANDS))


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _resolved(place: Place, resolve: Resolve) -> Sequence[tuple[Any, ...]]:
    """Its socket addresses. Nothing can end a look-up, so that one which takes too long is left to itself.

    Raises:
        CannotRead: there is none, or none in time.
    """
    found: queue.SimpleQueue[Sequence[tuple[Any, ...]] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(resolve(place.host, place.port))
        except (OSError, UnicodeError) as error:  # the second: a name that no host can have
            found.put(error)

    threading.Thread(target=look_up, name="energyprof-resolve", daemon=True).start()
    try:
        addresses = found.get(timeout=RESOLVE_S)
    except queue.Empty:
        raise CannotRead(f"looking up its host name took more than {RESOLVE_S:g} s") from None
    if isinstance(addresses, OSError | UnicodeError):
        raise CannotRead(f"its host name is not known ({getattr(addresses, 'strerror', None) or addresses})")
    return addresses


def _question(place: Place, addresses: Sequence[tuple[Any, ...]], path: str) -> Callable[[], Reply]:
    return lambda: parsed(_json(place, addresses, path), path)


def _json(place: Place, addresses: Sequence[tuple[Any, ...]], path: str) -> Any:
    """The document at a path. No proxy and no redirect: a plug is on the same network.

    Raises:
        CannotRead: no answer in time, or none that is JSON.
    """
    import http.client

    connection = http.client.HTTPConnection(place.host, place.port)
    try:
        connection.sock = _connected(addresses, time.monotonic() + TIMEOUT_S)
        connection.request("GET", path, headers={"Accept": "application/json", "Connection": "close"})
        with connection.getresponse() as answer:
            body = _body(answer)
        if answer.status != 200:
            raise CannotRead(f"it answers {answer.status} {answer.reason} to {said_path(path)}")
        return json.loads(body)
    except (OSError, http.client.HTTPException) as error:
        raise CannotRead(f"no answer ({getattr(error, 'strerror', None) or error or type(error).__name__})") from error
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"the answer to {said_path(path)} is not JSON") from error
    finally:
        connection.close()


class _Timed(socket.socket):
    """A socket on which everything has to be over at one instant, however steadily bytes drip in."""

    deadline_s = 0.0

    def hurry(self) -> None:
        """Lets the next step take what is left. Raises `TimeoutError` where nothing is."""
        left_s = self.deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left_s)

    def recv_into(self, *args: Any, **options: Any) -> int:
        """What reading an answer calls, once for each piece that arrives."""
        self.hurry()
        return super().recv_into(*args, **options)


def _connected(addresses: Sequence[tuple[Any, ...]], deadline_s: float) -> _Timed:
    """A connection to the first address that takes one. Raises `OSError`."""
    failure = OSError("its host has no address")
    for family, kind, protocol, _, address in addresses:
        connection = _Timed(family, kind, protocol)
        connection.deadline_s = deadline_s
        try:
            connection.hurry()
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _body(answer: HTTPResponse) -> bytes:
    """The whole body. What never ends, such as a stream of pictures, is no answer."""
    body = b""
    try:
        while chunk := answer.read1(MOST_BYTES):
            body += chunk
            if len(body) > MOST_BYTES:
                raise CannotRead("its answer does not end")
    except TimeoutError as error:
        raise CannotRead("its answer does not end") from error
    return body
