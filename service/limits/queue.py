"""The order in which calls begin, and which of them would only make the others late.

One process has one event loop. Evaluating a call keeps it busy; waiting for a FHIR server does not.
So what shows overload is not how many calls there are, but how long one waits for its turn. One
call begins in each round of the loop; between two, sockets are read, and whoever waits for nothing
but an answer (health, a FHIR server's reply) is served. Calls begin in the order they came. When
the first in line has been waiting longer than `patience` for a tenth of a second on end, this is
no burst that ends by itself: from then until the line is empty, the newest call begins first, and
those that have waited longer than `patience` are let go. So as many calls as ever are served, in
about the time it takes when there is no line, and the rest learn soon that they are not. (The
ideas are CoDel's, RFC 8289, and those of servers that turn to last in, first out under load.)
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

_BURST: Final = 0.1


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
        self._late_since: float | None = None
        self._overloaded = False

    async def turn(self) -> bool:
        """Wait for one's turn; False when it does not come, and the call is to be let go."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._next)
            return True
        begins: asyncio.Future[bool] = loop.create_future()
        self._line.append(_Place(self._clock(), begins))
        return await begins

    def _next(self) -> None:
        """Let one call begin. It runs once in each round for as long as there is a line."""
        self._look(self._clock())
        if not self._line:
            self._taken = self._overloaded = False
            self._late_since = None
            return
        place = self._line.pop() if self._overloaded else self._line.popleft()
        _tell(place, True)
        asyncio.get_running_loop().call_soon(self._next)

    def _look(self, now: float) -> None:
        """Tell overload from a burst; in overload, let go those who have waited too long."""
        line, patience = self._line, self._patience
        if not self._overloaded and line:
            if now - line[0].came <= patience:
                self._late_since = None
            elif self._late_since is None:
                self._late_since = now
            else:
                self._overloaded = now - self._late_since > _BURST
        while self._overloaded and line and now - line[0].came > patience:
            _tell(line.popleft(), False)


def _tell(place: _Place, begins: bool) -> None:
    if not place.begins.done():  # its call may have been cut off
        place.begins.set_result(begins)
