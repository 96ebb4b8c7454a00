"""Overload: what becomes of calls when twice as many come as can be answered.

The capacity is what many connections reach that each send when they were answered. Then calls are
offered at their own times, like those of many users, whether or not earlier ones were answered; a
call's time counts from when it was due. The accepted ones are compared with those at 0.8 times the
capacity, in the same run.
"""

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles
from typing import Any, Final

import uvloop

from tests.benchmarks import load
from tests.benchmarks.body import body

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_POOL: Final = 200
# What is offered first is not counted: the service has to find out that it is overloaded.
_SETTLING: Final = 1.0
_ENDING: Final = 15.0
_CALM: Final = 0.8
_OVER: Final = 2.0


@dataclass(slots=True)
class Offered:
    """What became of the calls that were offered in some seconds.

    Attributes:
        seconds: for how long they were offered.
        accepted: the seconds that each 200 took.
        shed: the seconds that each 503 took.
        lost: calls that got another answer, or none.
    """

    seconds: float
    accepted: list[float] = field(default_factory=list)
    shed: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def rate(self) -> float:
        """Accepted calls per second."""
        return len(self.accepted) / self.seconds

    @property
    def p50(self) -> float:
        """Median of the seconds that accepted calls took."""
        return median(self.accepted)

    @property
    def p99(self) -> float:
        """99th percentile of them."""
        return quantiles(self.accepted, n=100)[98]


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: calls per second at capacity, and what was reached below and beyond it."""

    capacity: float
    calm: Offered
    over: Offered


class _Line(asyncio.Protocol):
    """A kept-alive connection with at most one call."""

    def __init__(self, offer: "_Offer") -> None:
        self._offer = offer
        self._due: float | None = None
        self._came = bytearray()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send(self, due: float) -> None:
        self._due = due
        self.transport.write(self._offer.message)

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(b"\r\n\r\n")
        if end < 0 or self._due is None:
            return
        length = _LENGTH.search(self._came)
        if len(self._came) < end + 4 + (int(length[1]) if length else 0):
            return
        status = int(self._came[9:12])
        due, self._due = self._due, None
        self._came.clear()
        self._offer.answered(self, due, status)


class _Offer:
    """Sends calls at their times over a pool of connections, as an EHR does."""

    def __init__(self, port: int, rate: float, seconds: float) -> None:
        self.message = load.message(body())
        self.result = Offered(seconds)
        self._port = port
        self._rate = rate
        self._idle: list[_Line] = []
        self._due: deque[float] = deque()
        self._counts_from = self._counts_until = 0.0

    async def run(self) -> None:
        """Offer the calls, and wait for what is still under way."""
        loop = asyncio.get_running_loop()
        for _ in range(_POOL):
            _, line = await loop.create_connection(lambda: _Line(self), "127.0.0.1", self._port)
            self._idle.append(line)
        await self._send()
        deadline = time.perf_counter() + _ENDING
        while len(self._idle) < _POOL and time.perf_counter() < deadline:  # noqa: ASYNC110 - simple
            await asyncio.sleep(0.02)
        self.result.lost += _POOL - len(self._idle) + len(self._due)
        for line in self._idle:
            line.transport.abort()

    async def _send(self) -> None:
        chance = Random(1)  # noqa: S311 - times of arrival, not secrets
        due = time.perf_counter()
        self._counts_from = due + _SETTLING
        self._counts_until = self._counts_from + self.result.seconds
        while due < self._counts_until:
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            self._due.append(due)
            if self._idle:
                self._idle.pop().send(self._due.popleft())
            due += chance.expovariate(self._rate)

    def answered(self, line: _Line, due: float, status: int) -> None:
        """Take note of an answer; its connection is free for the next call."""
        now = time.perf_counter()
        if self._counts_from < now < self._counts_until:
            if status == 200:
                self.result.accepted.append(now - due)
            elif status == 503:
                self.result.shed.append(now - due)
            else:
                self.result.lost += 1
        if self._due:
            line.send(self._due.popleft())
        else:
            self._idle.append(line)


def offer(port: int, rate: float, seconds: float) -> Offered:
    """Offer calls per second at random times."""
    offering = _Offer(port, rate, seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(offering.run())
    return offering.result


def measure(rounds: int, seconds: float) -> list[Round]:
    """Find the capacity, and offer less and more than it, some times."""
    request = load.message(body())
    found = []
    with load.serving("service") as service:
        asyncio.run(load.rate(service.port, request, 1))
        for _ in range(rounds):
            capacity = asyncio.run(load.rate(service.port, request, seconds))
            calm = offer(service.port, _CALM * capacity, seconds)
            found.append(Round(capacity, calm, offer(service.port, _OVER * capacity, seconds)))
    return found
