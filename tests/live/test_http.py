"""The client against a real server on this machine: bounds, redirects, and what becomes of tokens."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from energyprof.live import http
from energyprof.live.http import Response, UrlClient
from energyprof.live.no_answer import NoAnswer

TOKEN = {"auth-token": "s3cret"}
PATIENT_S = 30.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    seen: list[tuple[str, str | None]]
    elsewhere = ""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers.get("auth-token")))
        match self.path:
            case "/good":
                self._send(200, b'{"a": "\xc3\xa9"}')
            case "/large":
                self._send(200, b" " * (http.MOST_BYTES + 1))
            case "/here":
                self._redirect("/good")
            case "/away":
                self._redirect(self.server.elsewhere + "/good")
            case "/round":
                self._redirect("/round")
            case _:
                self._send(401, b"the token s3cret is wrong")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def _serving() -> Iterator[tuple[str, _Server]]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def _get(url: str, timeout_s: float = PATIENT_S) -> Response:
    return UrlClient().get(url, TOKEN, timeout_s)


def test_an_answer_comes_back_and_the_token_went_along() -> None:
    with _serving() as (base, server):
        assert _get(f"{base}/good") == Response(200, '{"a": "é"}')
    assert server.seen == [("/good", "s3cret")]


def test_of_an_error_only_the_status_comes_back() -> None:
    with _serving() as (base, _):
        assert _get(f"{base}/wrong") == Response(401, "")


def test_what_is_too_large_is_no_answer() -> None:
    with _serving() as (base, _), pytest.raises(NoAnswer, match="larger than 1 MiB"):
        _get(f"{base}/large")


def test_a_redirect_is_followed_on_the_same_host_alone() -> None:
    with _serving() as (base, here), _serving() as (elsewhere, there):
        here.elsewhere = elsewhere
        assert _get(f"{base}/here").status == 200
        assert _get(f"{base}/away") == Response(302, "")
    assert there.seen == []


def test_a_redirect_in_a_circle_ends() -> None:
    with _serving() as (base, _):
        assert _get(f"{base}/round") == Response(302, "")


def test_nobody_there_is_told_in_the_systems_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NoAnswer, match=r"^127\.0\.0\.1 cannot be reached \(Connection refused\)$"):
        _get(f"http://127.0.0.1:{port}/?securityToken=s3cret")


def test_a_token_that_no_header_can_hold_is_not_told() -> None:
    with _serving() as (base, _), pytest.raises(NoAnswer) as refusal:
        UrlClient().get(f"{base}/good", {"auth-token": "s3cret\nHost: elsewhere"}, PATIENT_S)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"], ids=["silence", "half"])
def test_what_does_not_end_in_time_is_left(start: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(start)
                over.wait(PATIENT_S)

        over = threading.Event()
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(NoAnswer, match=r"no answer within 0\.2 s|timed out|TimeoutError"):
                _get(f"http://127.0.0.1:{server.getsockname()[1]}/", 0.2)
        finally:
            over.set()
            thread.join()


def test_what_is_not_http_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH_9.6 s3cret\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NoAnswer, match="no proper HTTP") as refusal:
            _get(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert "s3cret" not in str(refusal.value)
