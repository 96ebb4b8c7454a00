"""The only module that opens a socket: one bounded GET with the delegated token.

Whatever a server does becomes bytes or a `Reason`; nothing is raised for it.
"""

import asyncio
import zlib
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import anyio
import httpx
import msgspec

from prefetch.observer import Attempt, Observer
from prefetch.pacing import PASSING, Pacing
from prefetch.states import Reason

# DSTU2 is what some servers answer when no version is asked for, and XML when no type is.
_ACCEPT: Final = "application/fhir+json; fhirVersion=4.0, application/json;q=0.9"
_HEADERS: Final = {"Accept": _ACCEPT, "Accept-Encoding": "gzip"}
_STATUS_REASONS: Final = {
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    410: Reason.NOT_FOUND,
    429: Reason.RATE_LIMITED,
}
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS


class Wire:
    """A pooled HTTP client for FHIR reads. One per process."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None,
        pacing: Pacing,
        observer: Observer | None = None,
    ) -> None:
        """Make it.

        Args:
            transport: another way out than the network, such as an ASGI app.
            pacing: says whether and when to try again.
            observer: watches each request.
        """
        self._pacing = pacing
        self._observer = observer or Observer()
        self._http = httpx.AsyncClient(
            http2=True,
            follow_redirects=False,
            headers=_HEADERS,
            transport=transport,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # calls share no session
            trust_env=False,
            timeout=None,  # noqa: S113 - the deadline of each call bounds it
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._http.aclose()

    async def get(
        self, url: str, headers: Mapping[str, str], deadline: float, room: int
    ) -> bytes | Reason:
        """GET one JSON object, trying again where that is safe and there is time.

        Args:
            url: absolute, and already known to be of the right origin.
            headers: the delegated token, and whatever else this server demands.
            deadline: event-loop time after which no answer is of use.
            room: the most bytes to take in, once unpacked.
        """
        clock = asyncio.get_running_loop().time
        attempt = 0
        while True:
            attempt += 1
            made = Attempt(url)
            with self._observer.attempt(made):
                found, answered = await self._attempt(made, headers, deadline, room)
                made.reason = found if isinstance(found, Reason) else None
            if answered is None:
                return found
            pause = self._pacing.pause(attempt, answered, deadline - clock())
            if pause is None:
                return found
            await asyncio.sleep(pause)

    async def _attempt(
        self, attempt: Attempt, headers: Mapping[str, str], deadline: float, room: int
    ) -> tuple[bytes | Reason, Mapping[str, str] | None]:
        """One attempt: what it brought, and the headers to pace by when another may help."""
        try:
            # not asyncio's timeout: it would cut in while a connection goes back, and lose it
            with anyio.fail_after(deadline - asyncio.get_running_loop().time()):
                return await self._exchange(attempt, headers, room)
        except TimeoutError:
            return Reason.TIMEOUT, None
        except httpx.TransportError:
            return Reason.UNREACHABLE, {}
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            return Reason.MALFORMED, None

    async def _exchange(
        self, attempt: Attempt, headers: Mapping[str, str], room: int
    ) -> tuple[bytes | Reason, Mapping[str, str] | None]:
        sent = {**attempt.headers, **headers}
        async with self._http.stream("GET", attempt.url, headers=sent) as response:
            status = attempt.status = response.status_code
            if status != httpx.codes.OK:
                return _reason(status), response.headers if status in PASSING else None
            body = await _unpacked(response, room)
        if isinstance(body, bytearray):
            return (bytes(body) if _is_json_object(body) else Reason.MALFORMED), None
        return body, None


async def _unpacked(response: httpx.Response, room: int) -> bytearray | Reason:
    """The body, unpacked piece by piece, so that a small packet cannot become a large memory."""
    packing = response.headers.get("content-encoding", "identity").lower()
    if packing not in ("identity", "gzip", "x-gzip", "deflate"):
        return Reason.MALFORMED
    packed = None if packing == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
    body = bytearray()
    try:
        async for piece in response.aiter_raw():
            body += packed.decompress(piece, room + 1) if packed else piece
            if len(body) > room:
                return Reason.TRUNCATED
    except zlib.error:
        return Reason.MALFORMED
    return body if packed is None or packed.eof else Reason.MALFORMED


def _reason(status: int) -> Reason:
    if status in _STATUS_REASONS:
        return _STATUS_REASONS[status]
    if httpx.codes.is_redirect(status):
        return Reason.REDIRECTED
    return Reason.REJECTED if httpx.codes.is_client_error(status) else Reason.SERVER_ERROR


def _is_json_object(body: bytearray) -> bool:
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
