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
from statistics import quantiles
from typing import Any, Final

import uvloop

from tests.benchmarks import load
from tests.benchmarks.body import body

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LONG: Final = 15.0
_POOL: Final = 200


@dataclass(slots=True)
class Offered:
    """What became of the calls that were offered.

    Attributes:
        seconds: for how long they were.
        accepted: the seconds that each 200 took.
        shed: the seconds that each 503 took.
        lost: calls that got no answer, or another.
    """

    seconds: float
    accepted: list[float] = field(default_factory=list)
    shed: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def goodput(self) -> float:
        """Accepted calls per second."""
        return len(self.accepted) / self.seconds

    def percentile(self, percent: int) -> float:
        """Of the seconds that accepted calls took."""
        return quantiles(self.accepted, n=100)[percent - 1]


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

    def __init__(self, port: int, message: bytes, seconds: float) -> None:
        self.message = message
        self.result = Offered(seconds)
        self._port = port
        self._idle: list[_Line] = []
        self._due: deque[float] = deque()

    async def run(self, rate: float) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_POOL):
            _, line = await loop.create_connection(lambda: _Line(self), "127.0.0.1", self._port)
            self._idle.append(line)
        await self._offer(rate)
        until = time.perf_counter() + _LONG
        while len(self._idle) < _POOL and time.perf_counter() < until:
            await asyncio.sleep(0.02)
        self.result.lost += _POOL - len(self._idle) + len(self._due)
        for line in self._idle:
            line.transport.abort()

    async def _offer(self, rate: float) -> None:
        chance = Random(1)
        due = time.perf_counter()
        self._begin = due + 1
        end = self._end = due + self.result.seconds + 1
        while due < end:
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            self._due.append(due)
            if self._idle:
                self._idle.pop().send(self._due.popleft())
            due += chance.expovariate(rate)

    def answered(self, line: _Line, due: float, status: int) -> None:
        now = time.perf_counter()
        took = now - due
        if not self._begin < now < self._end:
            pass
        elif status == 200:
            self.result.accepted.append(took)
        elif status == 503:
            self.result.shed.append(took)
        else:
            self.result.lost += 1
        if self._due:
            line.send(self._due.popleft())
        else:
            self._idle.append(line)


def offer(port: int, rate: float, seconds: float) -> Offered:
    """Offer calls at a rate, at random times."""
    offering = _Offer(port, load.message(body()), seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(offering.run(rate))
    return offering.result


if __name__ == "__main__":
    import sys

    secs = float(sys.argv[1]) if len(sys.argv) > 1 else 4
    with load.client_core(), load.serving("service") as s:
        m = load.message(body())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as r:
            r.run(load.rate(s.port, m, 1))
            C = r.run(load.rate(s.port, m, 2))
        print("C", C)
        for f in (0.8, 1.2, 2, 0.8, 2):
            o = offer(s.port, f * C, secs)
            print(
                f"x{f}: offered {f * C:.0f} goodput {o.goodput:.0f} ({o.goodput / C:.2f}C) shed {len(o.shed) / secs:.0f}/s lost {o.lost} p50 {o.percentile(50) * 1e3:.2f} p99 {o.percentile(99) * 1e3:.2f} ms shed p50 {sorted(o.shed)[len(o.shed) // 2] * 1e3 if o.shed else 0:.2f} ms"
            )
