"""Key sets by URL: fetched within bounds, cached, and looked up again when a key is new.

The URL is on a tenant's list before it gets here. A set is refreshed behind the calls once it is
old, and serves a while longer when its server is down; so a key that was withdrawn is refused
after that while at the latest.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from service.trust.public_keys import PublicKey, read_keys

_log: Final = logging.getLogger("cardwise.auth")
_LARGEST: Final = 256 * 1024
_MOST_AT_ONCE: Final = 8  # sets that are warmed; calls wait for nobody


@dataclass(frozen=True, slots=True)
class Pace:
    """How often key sets are fetched, in seconds.

    Attributes:
        fresh: a set younger than this is used as it is.
        usable: a set older than this is not used at all.
        again: the shortest time between two fetches of one set, whatever is asked for.
        patience: a fetch that takes longer is given up.
    """

    fresh: float = 600
    usable: float = 3600
    again: float = 30
    patience: float = 2


@dataclass(slots=True)
class _Held:
    """What is known of one URL: when it was last tried, what it last gave, or why it did not."""

    keys: tuple[PublicKey, ...] = ()
    fault: str = "not read yet"
    tried: float = float("-inf")
    got: float = float("-inf")


class KeySets:
    """The key sets of every URL. One per process; share it."""

    def __init__(
        self,
        clock: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
        pace: Pace | None = None,
        *,
        published: bool = False,
    ) -> None:
        """Make it.

        Args:
            clock: seconds, ever growing.
            transport: another way out than the network, such as an ASGI app.
            pace: how often sets are fetched.
            published: whether keys are taken whose private half is published.
        """
        self._clock = clock
        self._pace = pace or Pace()
        self._published = published
        self._held: dict[str, _Held] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,  # the list names where keys are, not where they are said to be
            trust_env=False,
            timeout=None,  # noqa: S113 - the patience bounds each fetch as a whole
            headers={"Accept": "application/jwk-set+json, application/json"},
        )

    async def find(self, url: str, kid: str) -> tuple[PublicKey, ...]:
        """The keys of that id in the set at `url`; none when there is no such key to be had."""
        held = self._held.setdefault(url, _Held())
        age = self._clock() - held.got
        if age >= self._pace.usable or not (found := _by_id(held.keys, kid)):
            await self._refresh(url, held)
            return _by_id(held.keys, kid) if self._clock() - held.got < self._pace.usable else ()
        if age >= self._pace.fresh:
            self._start(url, held)
        return found

    async def warm(self, urls: Iterable[str]) -> None:
        """Read the sets that cannot be used now, a few at a time and none more often than ever."""
        few = asyncio.Semaphore(_MOST_AT_ONCE)

        async def read(url: str) -> None:
            async with few:
                await self._refresh(url, self._held.setdefault(url, _Held()))

        await asyncio.gather(*(read(url) for url in urls if self.fault(url)))

    def fault(self, url: str) -> str:
        """Why no key of a set can be used now; "" when one can."""
        held = self._held.get(url) or _Held()
        usable = held.keys and self._clock() - held.got < self._pace.usable
        return "" if usable else held.fault or "too old"

    def keep_only(self, urls: Iterable[str]) -> None:
        """Forget the sets of all other URLs."""
        wanted = set(urls)
        self._held = {url: held for url, held in self._held.items() if url in wanted}

    async def aclose(self) -> None:
        """End what is under way, and close the connections."""
        tasks = list(self._fetches.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    async def _refresh(self, url: str, held: _Held) -> None:
        """Fetch, or wait for the fetch that is under way; callers share it."""
        if task := self._start(url, held):
            await asyncio.shield(task)

    def _start(self, url: str, held: _Held) -> asyncio.Task[None] | None:
        """The fetch of a set: under way, or begun now unless the last was just now."""
        if url in self._fetches:
            return self._fetches[url]
        if self._clock() - held.tried < self._pace.again:
            return None
        held.tried = self._clock()
        task = asyncio.ensure_future(self._fetch(url, held))
        self._fetches[url] = task
        task.add_done_callback(lambda _: self._fetches.pop(url, None))
        return task

    async def _fetch(self, url: str, held: _Held) -> None:
        try:
            async with asyncio.timeout(self._pace.patience):
                body = await self._get(url)
            keys = read_keys(json.loads(body), published=self._published)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
            # TimeoutError is an OSError. The URL is the operator's own, so it may be logged.
            _log.warning("key set %s could not be read: %s", url, type(error).__name__)
            held.fault = type(error).__name__
            return
        if not keys:
            _log.warning("key set %s holds no key that can be used", url)
        held.keys, held.got = keys, self._clock()
        held.fault = "" if keys else "no usable key"

    async def _get(self, url: str) -> bytes:
        """The body of a 200, no larger than allowed; packed ones are not asked for, nor taken."""
        async with self._http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
                raise ValueError
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > _LARGEST:
                    raise ValueError
            return bytes(body)


def _by_id(keys: Iterable[PublicKey], kid: str) -> tuple[PublicKey, ...]:
    return tuple(key for key in keys if key.kid == kid)
