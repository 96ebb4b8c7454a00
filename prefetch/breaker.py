"""A circuit breaker for each FHIR server: one that is dead costs nothing after the first calls.

Closed, it lets every query through. After a run of failures it opens, and queries are refused at
once. When its rest is over, one query is let through to try; its outcome closes or reopens it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cachetools import LRUCache

# As many servers are remembered; the least used are forgotten, which closes their breaker.
_SERVERS = 1024


class Position(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    TRYING = "trying"


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    open_until: float = 0.0
    trying: bool = False


class Breakers:
    """The breakers of all servers.

    Only failures of the server itself count: no connection, no answer in time, a 5xx, or too much
    to do. That it refuses a token, or does not know a patient, says that it is alive.
    """

    def __init__(self, clock: Callable[[], float], threshold: int = 5, rest: float = 10.0) -> None:
        """Make them.

        Args:
            clock: monotonic seconds.
            threshold: failures in a row after which a breaker opens.
            rest: seconds for which it stays open.
        """
        self._clock = clock
        self._threshold = threshold
        self._rest = rest
        self._servers: LRUCache[str, _Breaker] = LRUCache(_SERVERS)

    def admits(self, server: str) -> bool:
        """Whether a query may be sent now; the one that tries an open server counts as sent."""
        breaker = self._servers.get(server)
        if breaker is None or breaker.failures < self._threshold:
            return True
        if breaker.trying or self._clock() < breaker.open_until:
            return False
        breaker.trying = True
        return True

    def succeeded(self, server: str) -> None:
        """Note that the server answered."""
        self._servers.pop(server, None)

    def failed(self, server: str, *, counts: bool = True) -> None:
        """Note that the server did not answer, or answered that it is broken.

        Args:
            server: the server.
            counts: False for a further failure of a call that has been counted: one call with many
                queries must not open the breaker for everybody.
        """
        breaker = self._servers.setdefault(server, _Breaker())
        breaker.failures += counts
        breaker.trying = False
        breaker.open_until = self._clock() + self._rest

    def gave_up(self, server: str) -> None:
        """Note that a query ended without saying anything of the server (the caller went away)."""
        if breaker := self._servers.get(server):
            breaker.trying = False

    def position(self, server: str) -> Position:
        """Where the server's breaker stands."""
        breaker = self._servers.get(server)
        if breaker is None or breaker.failures < self._threshold:
            return Position.CLOSED
        trying = breaker.trying or self._clock() >= breaker.open_until
        return Position.TRYING if trying else Position.OPEN
