"""A rule that does not end is ended, wherever it runs, and nothing after it is."""

import asyncio
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import pytest
import uvloop

from rules._isolation import TooSlow, _by_signal, _by_watchdog, limited

Limited = Callable[[Callable[[], object], float], object]
both = pytest.mark.parametrize("cut", [_by_signal, _by_watchdog])


def spin() -> NoReturn:
    """Never end."""
    while True:
        pass


def stubborn() -> NoReturn:
    """End at the fifth time of asking."""
    for _ in range(4):
        with suppress(TooSlow):
            spin()
    spin()


@both
def test_what_is_quick_is_done(cut: Limited) -> None:
    """The result comes back, and an error of the work itself goes through."""
    assert cut(lambda: 7, 1) == 7
    with pytest.raises(ZeroDivisionError):
        cut(lambda: 1 / 0, 1)


@both
@pytest.mark.parametrize("work", [spin, stubborn])
def test_what_does_not_end_is_cut_off(cut: Limited, work: Callable[[], NoReturn]) -> None:
    """Also where the first alarms are caught: they come again."""
    with pytest.raises(TooSlow):
        cut(work, 0.02)


def test_a_search_that_does_not_end_is_cut_off() -> None:
    """A regular expression that tries everything is interrupted in the middle."""
    with pytest.raises(TooSlow):
        _by_signal(lambda: re.match(r"(a+)+$", "a" * 60 + "b"), 0.02)


@both
def test_an_alarm_never_comes_late(cut: Limited) -> None:
    """However close the end of the work is to the end of its time, nothing is raised after it."""
    for size in range(300):
        with suppress(TooSlow):
            cut(lambda size=size: sum(range(size * 100)), 0.0005)  # type: ignore[misc]
        for _ in range(1000):
            pass
    for thread in threading.enumerate():
        if thread.name == "cardwise-rule-watch":
            thread.join(10)
            assert not thread.is_alive()


def test_in_any_thread() -> None:
    """Off the main thread there are no signals; the watchdog takes over."""
    ended: list[str] = []

    def run() -> None:
        try:
            limited(spin, 0.02)
        except TooSlow:
            ended.append("cut")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ended == ["cut"]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_inside_an_event_loop(run: Callable[..., object]) -> None:
    """Under asyncio's loop and uvloop alike, a rule is cut off and the loop goes on."""

    async def call() -> str:
        with pytest.raises(TooSlow):
            limited(spin, 0.02)
        await asyncio.sleep(0)
        return "goes on"

    assert run(call()) == "goes on"
