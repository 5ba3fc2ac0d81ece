"""Signals end a wait, and nothing else."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from energyprof.runner.interruption import Interrupted, Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noticed_at_the_next_wait_only(number: int) -> None:
    with Interruption() as interruption:
        interruption.sleep(0)
        os.kill(os.getpid(), number)
        reached = True
        with pytest.raises(Interrupted):
            interruption.sleep(60)
    assert reached


def test_handlers_are_given_back() -> None:
    former = signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGINT) is not former
    assert signal.getsignal(signal.SIGINT) is former


def test_after_the_first_signal_a_second_one_acts_as_usual() -> None:
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with Interruption():
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, former)


def test_a_readable_descriptor_ends_the_wait() -> None:
    read_fd, write_fd = os.pipe()
    with Interruption() as interruption:
        assert interruption.wait_for([read_fd], 0) == []
        os.write(write_fd, b"x")
        assert interruption.wait_for([read_fd], 60) == [read_fd]
    os.close(read_fd)
    os.close(write_fd)


def test_outside_the_main_thread_it_only_waits() -> None:
    slept = []

    def sleep() -> None:
        with Interruption() as interruption:
            interruption.sleep(0)
            slept.append(True)

    thread = threading.Thread(target=sleep)
    thread.start()
    thread.join()
    assert slept == [True]
