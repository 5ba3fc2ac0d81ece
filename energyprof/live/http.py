"""The one place that opens a connection for live intensity.

No answer is larger than `MOST_BYTES`, none takes longer than its time, and no redirect leads to another host, to which
the token would go along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from energyprof import __version__
from energyprof.live.deadline import within
from energyprof.live.no_answer import NoAnswer

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from urllib.request import OpenerDirector, Request

MOST_BYTES = 1 << 20
"""A day of five-minute readings has 30 kB."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. text: empty where the status is an error's."""

    status: int
    text: str


class HttpClient(Protocol):
    """Whatever can be asked."""

    def get(self, url: str, headers: Mapping[str, str], timeout_s: float) -> Response:
        """One GET.

        Raises:
            NoAnswer: nothing came back in time, or too much.
        """


class UrlClient:
    """Asks over the network, through the system's proxy where one is set."""

    def get(self, url: str, headers: Mapping[str, str], timeout_s: float) -> Response:
        """As `HttpClient.get`; `timeout_s` is for all of it: looking the name up, connecting, and the whole answer."""
        return within(timeout_s, lambda: _get(url, headers, timeout_s))


def _get(url: str, headers: Mapping[str, str], timeout_s: float) -> Response:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request

    own = {"Accept": "application/json", "User-Agent": f"energyprof/{__version__}"}
    try:
        with _opener().open(Request(url, headers={**own, **headers}), timeout=timeout_s) as answer:
            body = answer.read(MOST_BYTES + 1)
            status = answer.status
    except HTTPError as error:
        error.close()
        return Response(error.code, "")
    except OSError as error:
        raise NoAnswer(f"{urlsplit(url).hostname} cannot be reached ({_cause(error)})") from None
    except (HTTPException, ValueError) as error:  # the text of either may hold what was sent
        raise NoAnswer(f"{urlsplit(url).hostname} gives no proper HTTP ({type(error).__name__})") from None
    if len(body) > MOST_BYTES:
        raise NoAnswer(f"the answer of {urlsplit(url).hostname} is larger than {MOST_BYTES >> 20} MiB")
    return Response(status, body.decode("utf-8", errors="replace"))


def _cause(error: OSError) -> str:
    """The system's words; only the kind of whatever else it is."""
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or type(inner).__name__


def _opener() -> OpenerDirector:
    from urllib.request import HTTPRedirectHandler, build_opener

    class Staying(HTTPRedirectHandler):
        """Follows a redirect on the same host alone; any other is an answer with its status."""

        def redirect_request(
            self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
        ) -> Request | None:
            here, there = urlsplit(req.full_url), urlsplit(newurl)
            if (here.scheme, here.netloc) != (there.scheme, there.netloc):
                return None
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    return build_opener(Staying)
