"""The only module that opens a socket: reads of the EHR's FHIR server with the delegated token.

Whatever goes wrong becomes a `Reason`; nothing is raised for what a server does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

import httpx
import msgspec

from prefetch.coding import as_list, as_text
from prefetch.origins import same_origin
from prefetch.states import Reason

_HEADERS: Final = {"Accept": "application/fhir+json; fhirVersion=4.0, application/json;q=0.9"}
_STATUS_REASONS: Final = {
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one query may bring: pages, and bytes in all."""

    pages: int = 20
    bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Access:
    """Where and with what to read.

    Attributes:
        base: the EHR's FHIR base URL, already allowed.
        token: the delegated bearer token.
        deadline: event-loop time after which no answer is of use.
    """

    base: str
    token: str
    deadline: float

    def __repr__(self) -> str:
        """A form that can be logged: the token never prints."""
        return f"Access(base={self.base!r}, token=…)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought: its pages in order, and why they are not all, if they are not."""

    pages: tuple[bytes, ...] = ()
    reason: Reason | None = None


class _Page(msgspec.Struct):
    """The part of a Bundle that paging needs; its entries are passed over unread."""

    link: Any = None


class FhirClient:
    """A pooled HTTP client for FHIR reads. One per process; share it."""

    def __init__(
        self, bounds: Bounds | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Make the client.

        Args:
            bounds: how much one query may bring.
            transport: another way out than the network, such as an ASGI app.
        """
        self._bounds = bounds or Bounds()
        self._http = httpx.AsyncClient(
            http2=True,
            follow_redirects=False,
            headers=_HEADERS,
            transport=transport,
            trust_env=False,
            timeout=None,  # noqa: S113 - the deadline of each call bounds it
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._http.aclose()

    async def query(self, access: Access, relative: str) -> Answer:
        """Run a FHIR read or search and follow its pages.

        Args:
            access: server, token and deadline.
            relative: the request relative to the base, such as `AllergyIntolerance?patient=1`.
        """
        return await self.follow(access, urljoin(access.base.rstrip("/") + "/", relative))

    async def follow(self, access: Access, url: str) -> Answer:
        """Read the page at `url` and the ones its next links lead to."""
        pages: list[bytes] = []
        try:
            async with asyncio.timeout_at(access.deadline):
                reason = await self._pages(access, url, pages)
        except TimeoutError:
            reason = Reason.TIMEOUT
        except httpx.TransportError:
            reason = Reason.UNREACHABLE
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            reason = Reason.MALFORMED
        if pages and reason is not None:
            reason = Reason.TRUNCATED
        return Answer(tuple(pages), reason)

    async def _pages(self, access: Access, url: str, pages: list[bytes]) -> Reason | None:
        room = self._bounds.bytes
        next_url: str | None = url
        while next_url is not None:
            if len(pages) == self._bounds.pages:
                return Reason.TRUNCATED
            page = await self._get(access, next_url, room)
            if isinstance(page, Reason):
                return page
            pages.append(page)
            room -= len(page)
            link = next_link(page)
            next_url = same_origin(access.base, link) if link else None
            if link and next_url is None:
                return Reason.TRUNCATED
        return None

    async def _get(self, access: Access, url: str, room: int) -> bytes | Reason:
        async with self._stream(access, url) as response:
            if response.status_code != httpx.codes.OK:
                return _reason(response.status_code)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > room:
                    return Reason.TRUNCATED
        return bytes(body) if _is_json_object(body) else Reason.MALFORMED

    @asynccontextmanager
    async def _stream(self, access: Access, url: str) -> AsyncIterator[httpx.Response]:
        headers = {"Authorization": f"Bearer {access.token}"}
        async with self._http.stream("GET", url, headers=headers) as response:
            yield response


def next_link(page: bytes | msgspec.Raw) -> str:
    """The URL of a Bundle's next page; "" when there is none."""
    try:
        links = as_list(msgspec.json.decode(page, type=_Page).link)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    found = (link for link in links if isinstance(link, dict) and link.get("relation") == "next")
    return next((as_text(link.get("url")) for link in found), "")


def _reason(status: int) -> Reason:
    if status in _STATUS_REASONS:
        return _STATUS_REASONS[status]
    return Reason.REJECTED if httpx.codes.is_client_error(status) else Reason.SERVER_ERROR


def _is_json_object(body: bytes | bytearray) -> bool:
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
