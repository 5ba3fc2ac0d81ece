"""Loaded by every Python process of a test before anything else: whoever reaches for the network is stopped and noted.

An audit hook sees every connection, look-up and datagram that goes through Python's own socket module, in whatever
library; code that brings sockets of its own is not seen, nor is the sampler's process, which shuts out files like this
one. Among what it can import only the wall plug has a socket, and that is asked for by name.
"""

import os
import sys

_LOG = os.environ.get("NETWORK_GUARD")
_REACHING = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}


def _note(line: str) -> None:
    assert _LOG is not None
    with open(_LOG, "a") as log:
        log.write(f"{line}\n")


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _REACHING:
        return
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], str | bytes):
        return  # a socket of this machine's own, with a path
    _note(f"reached {event}")
    raise PermissionError("the network is guarded by a test")


if _LOG is not None:
    _note(f"guarding {os.getpid()}")
    sys.addaudithook(_guard)
