"""Tokens that were used once: their ids, until they would be refused as expired anyway.

Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients", `jti`; RFC 7519 section 4.1.7.
Held in this process; `shared_ledger.py` has those of all processes.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from hooks.errors import NotAuthenticated

_MOST: Final = 200_000


@dataclass(frozen=True, slots=True)
class TokenId:
    """What tells one token from every other.

    Attributes:
        issuer: who issued it: ids are unique for one issuer.
        jti: its id.
        end: when it will be refused as expired, and its id may be forgotten, in seconds since 1970.
    """

    issuer: str
    jti: str
    end: float

    @property
    def digest(self) -> bytes:
        """Of one size, whatever the id is; tokens themselves are kept nowhere."""
        # neither text can hold the separator: control characters are refused
        return sha256(f"{self.issuer}\0{self.jti}".encode()).digest()


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

    def first_use(self, token: TokenId) -> bool:
        """Whether this token was not used before; from now on it was."""
        self._forget()
        used = self._used.setdefault(token.issuer, set())
        digest = token.digest
        if digest in used or len(used) >= self._most:
            return False
        used.add(digest)
        heapq.heappush(self._ends, (token.end, token.issuer, digest))
        return True

    def __len__(self) -> int:
        """How many are held."""
        return len(self._ends)

    def _forget(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] < now:
            _, issuer, digest = heapq.heappop(self._ends)
            self._used[issuer].discard(digest)


def used_before() -> NotAuthenticated:
    """What the sender of a used token is told."""
    return NotAuthenticated("replay", "Expected a new token, with its own jti, each call.")
