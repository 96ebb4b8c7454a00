"""Cuts a rule off that takes too long, so that it cannot hold up the others.

What counts is the processor time the process spends while the rule runs: a rule cannot wait for
anything, and is not to blame when the machine is busy with something else.
"""

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Final, TypeVar

T = TypeVar("T")
# A rule that swallows the first alarm gets another, this many seconds later, and so on.
_AGAIN: Final = 0.01
_HAS_TIMER: Final = hasattr(signal, "setitimer")


class TooSlow(BaseException):
    """Raised inside a rule whose time is up."""


def limited(work: Callable[[], T], seconds: float) -> T:
    """Do some work, but not for longer than so many seconds of processor time.

    Raises:
        TooSlow: it took longer.
    """
    if _HAS_TIMER and threading.current_thread() is threading.main_thread():
        return _by_signal(work, seconds)
    return _by_watchdog(work, seconds)


def _by_signal(work: Callable[[], T], seconds: float) -> T:
    if signal.getsignal(signal.SIGPROF) is not _alarm:
        signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        return _guarded(work)
    finally:
        # here an alarm finds nothing guarded in the stack, and does nothing
        signal.setitimer(signal.ITIMER_PROF, 0)


def _guarded(work: Callable[[], T]) -> T:
    return work()


_GUARDED: Final[CodeType] = _guarded.__code__


def _alarm(_signal: int, frame: FrameType | None) -> None:
    """End the work, if it is the work that is running."""
    while frame is not None:
        if frame.f_code is _GUARDED:
            raise TooSlow
        frame = frame.f_back


def _by_watchdog(work: Callable[[], T], seconds: float) -> T:
    """The same where there are no timers, or not for this thread: another thread keeps watch."""
    thread = threading.get_ident()
    done = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if done.is_set() or not _runs(thread, work):
                    return
                _raise_in(thread, TooSlow)
            wait = _AGAIN

    threading.Thread(target=watch, daemon=True, name="cardwise-rule-watch").start()
    try:
        return _guarded(work)
    finally:
        with lock:
            done.set()
            _raise_in(thread, None)  # takes back what has not been raised yet


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an exception in another thread at its next step; None takes one back."""
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


def _runs(thread: int, work: Callable[[], T]) -> bool:
    """Whether the thread is doing this very work."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - the only way to see another's stack
    while frame is not None:
        if frame.f_code is _GUARDED and frame.f_locals["work"] is work:
            return True
        frame = frame.f_back
    return False
