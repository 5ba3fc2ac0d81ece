"""A wall plug over HTTP: real requests to a local server whose power is known."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated.plug import ANSWERS, SimulatedPlug
from simulated.truth import Edges

from energyprof.sensors.number_file import CannotRead
from energyprof.sensors.plug import VARIABLE, find
from energyprof.sensors.plug_reply import parsed
from energyprof.sensors.sensor import Finding, Sensor

POWER_W = 7200.0
"""A lot, so that even a watt-minute passes within a test."""


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[SimulatedPlug]:
    edges = Edges(tmp_path / "wall.edges")
    edges.append(time.monotonic() - 100, POWER_W)
    with SimulatedPlug(edges).serving() as serving:
        yield serving


def looked_for(plug: SimulatedPlug, path: str = "") -> Finding:
    return find({VARIABLE: plug.address + path})


def opened(plug: SimulatedPlug, path: str = "") -> Sensor:
    finding = looked_for(plug, path)
    assert finding.sensor is not None, finding.reason
    return finding.sensor


@pytest.mark.parametrize(
    ("make", "path", "basis", "step_j"),
    [
        ("gen2", "", "measured", 3.6),
        ("gen2", "/rpc/Switch.GetStatus?id=1", "measured", 3.6),
        ("gen1", "", "measured", 60),
        ("gen1", "/meter/0", "measured", 60),
        ("gen1-emeters", "", "derived", 0.5),
        ("tasmota", "", "derived", 0.5),
    ],
)
def test_every_make_tells_the_joules_that_passed(
    plug: SimulatedPlug, make: str, path: str, basis: str, step_j: float
) -> None:
    plug.make = make
    sensor = opened(plug, path)
    [domain] = sensor.domains
    outer_s = time.monotonic()
    [before] = sensor.read()
    inner_s = time.monotonic()
    time.sleep(0.3)
    inner_s = time.monotonic() - inner_s
    [after] = sensor.read()
    outer_s = time.monotonic() - outer_s
    joules = (int(after) - int(before)) * domain.joules_per_count
    assert POWER_W * inner_s - 2 * step_j <= joules <= POWER_W * outer_s + 2 * step_j
    assert (domain.id, domain.kind, domain.basis) == ("wall:plug", "wall", basis)


def test_it_stands_apart_and_is_read_by_itself(plug: SimulatedPlug) -> None:
    sensor = opened(plug)
    assert sensor.own_period_s == 0.5
    assert "reference" in str(sensor.domains[0].apart)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, None, "it answers 401"),
        (200, b"<html>", "not JSON"),
        (200, b"\xff\xfe\xfd", "not JSON"),
        (200, b"[" * 60_000, "not JSON"),
        (200, b"[]", "no power"),
    ],
)
def test_an_answer_that_is_none_is_a_sentence(
    plug: SimulatedPlug, status: int, body: bytes | None, reason: str
) -> None:
    sensor = opened(plug)
    plug.status, plug.body = status, body
    [reading] = sensor.read()
    assert reason in str(reading)
    finding = looked_for(plug)
    assert finding.sensor is None
    assert reason in str(finding.reason)
    assert str(finding.remedy).startswith("curl ")


def test_an_integral_starts_anew_after_a_failure(plug: SimulatedPlug) -> None:
    plug.make = "tasmota"
    sensor = opened(plug)
    [before] = sensor.read()
    plug.status = 500
    assert isinstance(sensor.read()[0], str)
    plug.status = 200
    [after] = sensor.read()
    assert int(after) < int(before)


def test_a_plug_that_does_not_answer_in_time_is_a_sentence(plug: SimulatedPlug) -> None:
    sensor = opened(plug)
    plug.delay_s = 1.5
    [reading] = sensor.read()
    assert "no answer (timed out)" in str(reading)


def test_an_answer_that_does_not_end_is_a_sentence(plug: SimulatedPlug) -> None:
    sensor = opened(plug)
    plug.endless = True
    [reading] = sensor.read()
    plug.endless = False
    assert "does not end" in str(reading)


@pytest.mark.parametrize("part", ["status", "headers"])
def test_an_answer_whose_beginning_does_not_end_is_a_sentence(plug: SimulatedPlug, part: str) -> None:
    sensor = opened(plug)
    plug.drips = part
    began_s = time.monotonic()
    [reading] = sensor.read()
    took_s = time.monotonic() - began_s
    plug.drips = None
    assert "no answer (timed out)" in str(reading)
    assert took_s < 10, "the bytes came every 0.05 s and would have gone on for ever"


def test_a_host_name_that_nobody_answers_for_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energyprof.sensors.plug.RESOLVE_S", 0.1)
    answered = threading.Event()

    def silent(host: str, port: int) -> list[tuple[object, ...]]:
        answered.wait(30)
        return []

    finding = find({VARIABLE: "http://plug.local"}, resolve=silent)
    answered.set()
    assert finding.reason == (
        "The plug at http://plug.local cannot be asked: looking up its host name took more than 0.1 s."
    )


def test_a_host_name_that_is_not_known_is_a_sentence() -> None:
    def unknown(host: str, port: int) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    finding = find({VARIABLE: "http://plug.local"}, resolve=unknown)
    assert "its host name is not known (Name or service not known)" in str(finding.reason)
    assert finding.remedy == "getent hosts plug.local"


def test_the_next_address_is_asked_where_one_takes_no_connection(plug: SimulatedPlug) -> None:
    def both(host: str, port: int) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kind, ("127.0.0.1", 9)), (*kind, ("127.0.0.1", port))]

    assert find({VARIABLE: plug.address}, resolve=both).sensor is not None


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, None), (200, b"<html>"), (200, b"[]"), (200, b'{"StatusSNS": {"ENERGY": {"Power": NaN}}}')],
)
def test_a_password_in_an_address_is_in_no_sentence(
    plug: SimulatedPlug, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes | None
) -> None:
    path = "/rpc/Switch.GetStatus?id=0&user=admin&password=hush"
    monkeypatch.setitem(ANSWERS["gen2"], path, ANSWERS["gen2"]["/rpc/Switch.GetStatus?id=0"])
    sensor = opened(plug, path)
    plug.status, plug.body = status, body
    finding = looked_for(plug, path)
    said = f"{sensor.read()} {finding.reason} {finding.remedy}"
    assert "/rpc/Switch.GetStatus" in said
    assert "hush" not in said
    assert "admin" not in said


@pytest.mark.parametrize(
    ("password", "sent"), [("hu sh", "hu%20sh"), ("h\u00fcsh", "h%C3%BCsh"), ("hu%20sh", "hu%20sh")]
)
def test_a_password_that_http_cannot_hold_is_escaped_and_in_no_sentence(
    plug: SimulatedPlug, monkeypatch: pytest.MonkeyPatch, password: str, sent: str
) -> None:
    path = "/rpc/Switch.GetStatus?id=0&password="
    monkeypatch.setitem(ANSWERS["gen2"], path + sent, ANSWERS["gen2"]["/rpc/Switch.GetStatus?id=0"])
    assert isinstance(opened(plug, path + password).read()[0], int)
    plug.status = 401
    finding = looked_for(plug, path + password)
    assert "401" in str(finding.reason)
    assert password not in f"{finding.reason} {finding.remedy}"


@pytest.mark.parametrize("address", ["http://admin:hush@127.0.0.1", "admin:hush@plug", "ftp://x?password=hush"])
def test_an_address_with_a_user_is_refused_and_not_shown(address: str) -> None:
    finding = find({VARIABLE: address})
    assert finding.sensor is None
    assert VARIABLE in str(finding.reason)
    assert "hush" not in f"{finding.reason} {finding.remedy}"


def test_a_plug_that_is_not_there_is_a_sentence() -> None:
    finding = find({VARIABLE: "http://127.0.0.1:9"})
    assert finding.reason == "The plug at http://127.0.0.1:9 gives no power: no answer (Connection refused)."


@pytest.mark.parametrize(
    "address", ["", "192.168.1.20", "https://plug", "ftp://plug", "http://", "http://a:b", "http://[a"]
)
def test_without_a_usable_address_nothing_is_asked(address: str) -> None:
    finding = find({VARIABLE: address})
    assert finding.sensor is None
    assert VARIABLE in str(finding.reason)
    assert VARIABLE in str(finding.remedy)


def test_outputs_of_one_tasmota_are_added() -> None:
    assert parsed({"StatusSNS": {"ENERGY": {"Power": [12, 30], "Total": 1.0}}}, "/cm").power_w == 42


@pytest.mark.parametrize(
    "document",
    [
        {"apower": -3.0, "aenergy": {"total": 1.0}},
        {"meters": [{"power": 3.0, "is_valid": False, "total": 1}]},
        {"meters": []},
        {"apower": float("nan"), "aenergy": {"total": 1.0}},
        {"apower": 3.0, "aenergy": {"total": float("inf")}},
        {"apower": 3.0, "aenergy": {"total": float("nan")}},
        {"StatusSNS": {"ENERGY": {"Power": float("nan")}}},
        {"StatusSNS": {"ENERGY": {"Power": [12, float("inf")]}}},
        {"StatusSNS": {"ENERGY": {"Power": 10**400}}},
        {"StatusSNS": {"Time": "no meter in this device"}},
        "nothing",
        None,
    ],
)
def test_power_that_is_negative_invalid_or_missing_is_no_reading(document: object) -> None:
    with pytest.raises(CannotRead):
        parsed(document, "/status")
