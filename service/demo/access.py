"""Who may read the demo EHR's FHIR server: a token for each call, and what was read with it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LIFETIME: Final = 300  # seconds, as said in `expires_in`
_KEPT: Final = 500
_MOST_READS: Final = 200


@dataclass(slots=True)
class Read:
    """One request to the FHIR server.

    Attributes:
        asked: method and path, such as `GET /AllergyIntolerance?patient=1`.
        status: of the answer; 0 while there is none.
        milliseconds: until the answer; None while there is none.
    """

    asked: str
    status: int = 0
    milliseconds: float | None = None


@dataclass(slots=True)
class _Grant:
    expires: float
    reads: list[Read] = field(default_factory=list)


class Access:
    """The tokens that are good, and the latest requests made with each."""

    def __init__(
        self, standing: frozenset[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Make it.

        Args:
            standing: tokens that are always good.
            clock: tells seconds.
        """
        self._standing = standing
        self._clock = clock
        self._grants: dict[str, _Grant] = {}

    def issue(self, *, expired: bool = False) -> str:
        """A new token; an expired one is refused from the start."""
        token = secrets.token_urlsafe(24)
        self._grants[token] = _Grant(self._clock() + (0 if expired else LIFETIME))
        if len(self._grants) > _KEPT:
            del self._grants[next(iter(self._grants))]
        return token

    def __contains__(self, token: object) -> bool:
        """Whether a token is good now."""
        grant = self._grants.get(token) if isinstance(token, str) else None
        return token in self._standing or (grant is not None and self._clock() < grant.expires)

    def note(self, token: str, read: Read) -> None:
        """Remember a request; those with standing tokens are not kept."""
        grant = self._grants.get(token)
        if grant is not None and len(grant.reads) < _MOST_READS:
            grant.reads.append(read)

    def reads(self, token: str) -> list[Read]:
        """The requests made with a token, in their order."""
        grant = self._grants.get(token)
        return list(grant.reads) if grant else []
