"""A simulated wall plug: a real HTTP server on this machine whose answers follow known power."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulated.truth import Edges

Answer = Callable[[float, float], Any]
"""From watts and joules since the first edge to the document."""


def _gen2(power_w: float, drawn_j: float) -> Any:
    energy = {"total": round(drawn_j / 3600, 3), "by_minute": [0.0, 0.0, 0.0], "minute_ts": 1_700_000_000}
    return {"id": 0, "output": True, "apower": power_w, "voltage": 230.1, "aenergy": energy}


def _gen1_meter(power_w: float, drawn_j: float) -> Any:
    return {"power": power_w, "is_valid": True, "timestamp": 1_700_000_000, "total": int(drawn_j / 60)}


def _gen1(power_w: float, drawn_j: float) -> Any:
    return {"relays": [{"ison": True}], "meters": [_gen1_meter(power_w, drawn_j)]}


def _gen1_emeters(power_w: float, drawn_j: float) -> Any:
    return {"emeters": [{"power": power_w, "is_valid": True, "total": round(drawn_j / 3600, 1)}]}


def _tasmota(power_w: float, drawn_j: float) -> Any:
    energy = {"Total": round(drawn_j / 3.6e6, 3), "Power": round(power_w), "Voltage": 230}
    return {"StatusSNS": {"Time": "2025-01-01T00:00:00", "ENERGY": energy}}


ANSWERS: dict[str, dict[str, Answer]] = {
    "gen2": {"/rpc/Switch.GetStatus?id=0": _gen2, "/rpc/Switch.GetStatus?id=1": _gen2},
    "gen1": {"/status": _gen1, "/meter/0": _gen1_meter},
    "gen1-emeters": {"/status": _gen1_emeters},
    "tasmota": {"/cm?cmnd=Status%208": _tasmota},
}


@dataclass
class SimulatedPlug:
    """What the server says.

    Attributes:
        make: key of `ANSWERS`. delay_s: before each answer.
        status: of HTTP; other than 200 it is all that comes. body: sent in place of the document.
        endless: after the document come spaces, for as long as anybody listens.
        drips: what comes in place of an answer, "status" for half of its first line or "headers", one byte at a time
            and without an end.
    """

    edges: Edges
    make: str = "gen2"
    delay_s: float = 0.0
    status: int = 200
    body: bytes | None = None
    endless: bool = False
    drips: str | None = None
    address: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body for a path."""
        time.sleep(self.delay_s)
        made = ANSWERS[self.make].get(path)
        if self.status != 200 or made is None:
            return (self.status if self.status != 200 else 404), b"{}"
        now_s = time.monotonic()
        document = made(self.edges.power_w(now_s), self.edges.energy_j(0, now_s))
        return 200, json.dumps(document).encode() if self.body is None else self.body

    @contextlib.contextmanager
    def serving(self) -> Iterator[SimulatedPlug]:
        """Answers meanwhile, at `address`."""
        plug = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = plug.answer(self.path)
                with contextlib.suppress(OSError):  # whoever asked has waited long enough
                    self._drip(b"HTTP/1.0 200 " if plug.drips == "status" else b"HTTP/1.0 200 OK\r\nX-Slow: ")
                    self.send_response(status)
                    if not plug.endless:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    while plug.endless:
                        self.wfile.write(b" ")
                        time.sleep(0.01)

            def _drip(self, start: bytes) -> None:
                if plug.drips is not None:
                    self.wfile.write(start)
                while plug.drips is not None:
                    self.wfile.write(b"x")
                    time.sleep(0.05)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
