"""Tokens that were used once: their ids, until they would be refused as expired anyway.

Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients", `jti`; RFC 7519 section 4.1.7.
Held in this process: with several processes or machines, a token could be used once at each.
"""

import heapq
from collections.abc import Callable
from hashlib import sha256
from typing import Final

_MOST: Final = 200_000


class Replay:
    """The ids of used tokens, as digests of one size."""

    def __init__(self, clock: Callable[[], float], most: int = _MOST) -> None:
        """Start with none used.

        Args:
            clock: seconds since 1970, as tokens count them.
            most: how many are held at once for one issuer. When that many are, further ones are
                refused: to forget an id early would open the door that this closes.
        """
        self._clock = clock
        self._most = most
        self._used: dict[str, set[bytes]] = {}
        self._ends: list[tuple[float, str, bytes]] = []

    def first_use(self, issuer: str, jti: str, end: float) -> bool:
        """Whether this token was not used before; from now on it was.

        Args:
            issuer: who issued it: ids are unique for one issuer.
            jti: its id.
            end: when it will be refused as expired, and its id may be forgotten.
        """
        self._forget()
        used = self._used.setdefault(issuer, set())
        digest = sha256(jti.encode()).digest()
        if digest in used or len(used) >= self._most:
            return False
        used.add(digest)
        heapq.heappush(self._ends, (end, issuer, digest))
        return True

    def __len__(self) -> int:
        """How many are held."""
        return len(self._ends)

    def _forget(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] < now:
            _, issuer, digest = heapq.heappop(self._ends)
            self._used[issuer].discard(digest)
