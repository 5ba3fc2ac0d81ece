"""Questions to others, ended in time whatever they do.

A timeout of sockets ends neither a look-up of a name nor an answer that drips in byte by byte, and a library that is
not ours may raise anything. Live intensity is an extra, for which no measurement may be lost or held up.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from energyprof.live.no_answer import NoAnswer

T = TypeVar("T")


def within(limit_s: float, question: Callable[[], T]) -> T:
    """The answer, in a thread that is left to itself where it takes too long.

    Raises:
        NoAnswer: none in time, or any error; of a foreign one only the kind is told, since its text may hold a token.
    """
    done: queue.SimpleQueue[tuple[T] | NoAnswer] = queue.SimpleQueue()

    def ask() -> None:
        try:
            done.put((question(),))
        except NoAnswer as reason:
            done.put(reason)
        except Exception as error:
            done.put(NoAnswer(f"the question failed ({_kind(error)})"))

    try:
        threading.Thread(target=ask, name="energyprof-live", daemon=True).start()
        answer = done.get(timeout=limit_s)
    except queue.Empty:
        raise NoAnswer(f"no answer within {limit_s:g} s") from None
    except RuntimeError:
        raise NoAnswer("there is no thread to be had to ask in") from None
    if isinstance(answer, NoAnswer):
        raise answer
    return answer[0]


def _kind(error: Exception) -> str:
    """The name of an error, and the status that came with it where it is one of `requests`."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"{type(error).__name__}, status {status}" if isinstance(status, int) else type(error).__name__
