"""Reads of the EHR's FHIR server: shared, paged, bounded, and kept from servers that are down.

Whatever goes wrong becomes a `Reason`; nothing is raised for what a server does.
"""

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import httpx
import msgspec

from prefetch.breaker import Breakers, Position
from prefetch.extras import NO_EXTRAS, Extras
from prefetch.observer import Observer
from prefetch.origins import same_origin
from prefetch.pacing import Pacing
from prefetch.paging import next_link
from prefetch.sharing import Sharing
from prefetch.states import Reason
from prefetch.wire import Wire

# What says that a server, not a request, is in trouble.
_BROKEN: Final = frozenset(
    {Reason.UNREACHABLE, Reason.TIMEOUT, Reason.SERVER_ERROR, Reason.RATE_LIMITED}
)
_GRACE: Final = 0.02
_OWN_GRACE: Final = 0.5
_WORTH_ASKING: Final = 0.05


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one query may bring: pages, entries, and bytes in all."""

    pages: int = 20
    entries: int = 5000
    bytes: int = 8 * 1024 * 1024


@dataclass(slots=True)
class Access:
    """Where and with what to read, in one call.

    Attributes:
        base: the EHR's FHIR base URL, already allowed.
        token: the delegated bearer token.
        deadline: event-loop time after which no answer is of use.
        expires: event-loop time at which the token ends; infinite when that is not known.
        tenant: whose call this is; answers are never shared between tenants.
        extras: what this server demands of every read, beside the token.
        refused: set once the server has refused the token: it is not sent again.
        failed: set once the server has failed in this call: a call counts as one failure.
    """

    base: str
    token: str
    deadline: float
    expires: float = float("inf")
    tenant: str = ""
    extras: Extras = NO_EXTRAS
    refused: bool = False
    failed: bool = False
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive what stands for the token where it must not be kept."""
        self.identity = sha256(self.token.encode(errors="replace")).hexdigest()

    def __repr__(self) -> str:
        """A form that can be logged: the token never prints."""
        return f"Access(base={self.base!r}, token=…)"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every read."""
        return {**dict(self.extras.headers), "Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought: its pages in order, and why they are not all, if they are not."""

    pages: tuple[bytes, ...] = ()
    reason: Reason | None = None


class _Entries(msgspec.Struct):
    entry: list[msgspec.Raw] = []


class FhirClient:
    """Reads FHIR servers. One per process; share it."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        cache_seconds: float = 0,
        pacing: Pacing | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Make the client.

        Args:
            bounds: how much one query may bring.
            transport: another way out than the network, such as an ASGI app.
            cache_seconds: how long whole answers are kept for the same token; 0 keeps none.
            pacing: says whether and when to try again.
            observer: watches what is asked, and what comes.
        """
        self.observer = observer or Observer()
        self._bounds = bounds or Bounds()
        self._wire = Wire(transport, pacing or Pacing(), self.observer)
        self._sharing: Sharing[Answer] = Sharing(cache_seconds, _now)
        self._breakers = Breakers(_now)

    async def aclose(self) -> None:
        """End what is under way, and close the pooled connections."""
        await self._sharing.aclose()
        await self._wire.aclose()

    def position(self, base: str) -> Position:
        """Where the circuit breaker of a server stands."""
        return self._breakers.position(base)

    async def query(self, access: Access, relative: str) -> Answer:
        """Run a FHIR read or search and follow its pages.

        Args:
            access: server, token and deadline.
            relative: the request relative to the base, such as `AllergyIntolerance?patient=1`.
        """
        url = same_origin(access.base, relative)
        return Answer(reason=Reason.REJECTED) if url is None else await self.follow(access, url)

    async def follow(self, access: Access, url: str) -> Answer:
        """Read the page at `url` and the ones its next links lead to."""
        if access.refused:
            return Answer(reason=Reason.UNAUTHORIZED)
        if access.deadline <= _now():
            return Answer(reason=Reason.TIMEOUT)  # which says nothing of the server
        url = access.extras.on(url)
        answer = await self._shared(access, url)
        if answer.reason is Reason.TIMEOUT and access.deadline - _now() > _WORTH_ASKING:
            # it was another call's request, and that call had less time than this one
            answer = await self._shared(access, url)
        access.refused = access.refused or answer.reason is Reason.UNAUTHORIZED
        return answer

    async def _shared(self, access: Access, url: str) -> Answer:
        key = (access.tenant, access.base, access.identity, access.extras, url)
        shared = True
        # the request keeps to its deadline by itself; the grace lets it hand over what it has, and
        # is long where the request is this call's own: a busy loop may come late to both
        grace = _GRACE if self._sharing.under_way(key) else _OWN_GRACE

        async def ask() -> Answer:
            nonlocal shared
            shared = False
            return await self._guarded(access, url)

        try:
            async with asyncio.timeout_at(access.deadline + grace):
                return await self._sharing.get(
                    key, ask, lambda found: 0 if found.reason else access.expires - _now()
                )
        except TimeoutError:
            return Answer(reason=Reason.TIMEOUT)
        finally:
            self.observer.queried(access.base, shared=shared)

    async def _guarded(self, access: Access, url: str) -> Answer:
        """Read, unless the server is known to be down; learn from what comes."""
        if not self._breakers.admits(access.base):
            return Answer(reason=Reason.UNAVAILABLE)
        try:
            pages, reason = await self._pages(access, url)
        except BaseException:
            self._breakers.gave_up(access.base)
            raise
        if reason in _BROKEN:
            self._breakers.failed(access.base, counts=not access.failed)
            access.failed = True
        else:
            self._breakers.succeeded(access.base)
        return Answer(tuple(pages), Reason.TRUNCATED if pages and reason else reason)

    async def _pages(self, access: Access, url: str) -> tuple[list[bytes], Reason | None]:
        pages: list[bytes] = []
        room, entries = self._bounds.bytes, self._bounds.entries
        next_url: str | None = url
        while next_url is not None:
            if len(pages) == self._bounds.pages or entries <= 0:
                return pages, Reason.TRUNCATED
            page = await self._wire.get(next_url, access.headers, access.deadline, room)
            if isinstance(page, Reason):
                return pages, page
            pages.append(page)
            room -= len(page)
            entries -= _entries(page)
            link = next_link(page)
            following = same_origin(access.base, link) if link else None
            if link and following is None:
                return pages, Reason.TRUNCATED
            next_url = access.extras.on(following) if following else None
        return pages, None


def _entries(page: bytes) -> int:
    """How many entries a Bundle has; 0 when it is none."""
    try:
        return len(msgspec.json.decode(page, type=_Entries).entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0


def _now() -> float:
    """Monotonic seconds, as the event loop counts them."""
    return asyncio.get_running_loop().time()
