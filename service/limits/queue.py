"""The order in which calls begin, and which of them would only make the others late.

One process has one event loop. Evaluating a call keeps it busy; waiting for a FHIR server does not.
So what shows overload is not how many calls there are, but how long one waits for its turn. One
call begins in each round of the loop; between two, sockets are read, and whoever waits for nothing
but an answer (health, a FHIR server's reply) is served. Calls begin in the order they came. When
the first in line has been waiting longer than `patience` for a tenth of a second on end, this is
no burst that ends by itself: from then until the line is short again, the newest call begins first,
and those that have waited longer than `patience` are let go. So as many calls as ever are served,
in about the time it takes when there is no line, and the rest learn soon that they are not. (The
ideas are CoDel's, RFC 8289, and those of servers that turn to last in, first out under load.)
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

_BURST: Final = 0.1
# A line is short when it takes this part of the patience to serve all of it. Were it only when it
# is empty, a few callers who send again when they are answered would keep the overload up.
_SHORT: Final = 0.25


class _Place(NamedTuple):
    came: float
    begins: asyncio.Future[bool]


class Queue:
    """The line of calls that have not begun. One for each event loop."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Make an empty line; `patience` is in seconds, as `clock` counts them."""
        self._patience = patience
        self._clock = clock
        self._line: deque[_Place] = deque()
        self._taken = False  # whether a call has begun in this round
        self._round_began = 0.0
        self._round = 0.0  # how long one takes, of late
        self._late_since: float | None = None
        self._overloaded = False

    async def turn(self) -> bool:
        """Wait for one's turn; False when it does not come, and the call is to be let go."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            self._round_began = self._clock()
            loop.call_soon(self._next)
            return True
        begins: asyncio.Future[bool] = loop.create_future()
        self._line.append(_Place(self._clock(), begins))
        return await begins

    def _next(self) -> None:
        """Let one call begin. It runs once in each round for as long as there is a line."""
        now = self._clock()
        self._round += (now - self._round_began - self._round) / 16
        self._round_began = now
        self._look(now)
        if not self._line:
            self._taken = False
            return
        place = self._line.pop() if self._overloaded else self._line.popleft()
        _tell(place, True)
        asyncio.get_running_loop().call_soon(self._next)

    def _look(self, now: float) -> None:
        """Tell overload from a burst; in overload, let go those who have waited too long."""
        if not self._line or now - self._line[0].came <= self._patience:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > _BURST:
            self._overloaded = True
        if self._overloaded:
            while self._line and now - self._line[0].came > self._patience:
                _tell(self._line.popleft(), False)
            self._overloaded = len(self._line) * self._round > _SHORT * self._patience


def _tell(place: _Place, begins: bool) -> None:
    if not place.begins.done():  # its call may have been cut off
        place.begins.set_result(begins)
