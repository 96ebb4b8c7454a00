"""Whoever watches the reading sees each request with what came of it, and each key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from prefetch.client import FhirClient
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.observer import Attempt, Observer
from prefetch.states import Reason
from tests.ehr import FHIR_BASE
from tests.prefetch.servers import BRISK, access

QUERY = "AllergyIntolerance?patient=p1"


class Watcher(Observer):
    """Keeps what it sees, and sends a header along."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.queries: list[tuple[str, bool]] = []

    @contextmanager
    def attempt(self, attempt: Attempt) -> Iterator[None]:
        """Keep an attempt once it has ended."""
        attempt.headers["x-seen"] = str(len(self.attempts))
        yield
        self.attempts.append(attempt)

    def queried(self, base: str, *, shared: bool) -> None:
        """Keep a query."""
        self.queries.append((base, shared))


async def test_each_attempt_is_seen() -> None:
    """A read that is tried again is two, the first with its reason; the header goes with both."""
    sent: list[str] = []

    async def busy_once(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        sent.append(request.headers["x-seen"])
        answer = Response(b'{"resourceType":"Bundle"}', 503 if len(sent) == 1 else 200)
        await answer(scope, receive, send)

    watcher = Watcher()
    client = FhirClient(transport=httpx.ASGITransport(busy_once), pacing=BRISK, observer=watcher)
    assert (await client.query(access(), QUERY)).reason is None
    await client.aclose()
    seen = [(each.url, each.status, each.reason) for each in watcher.attempts]
    url = f"{FHIR_BASE}/{QUERY}"
    assert seen == [(url, 503, Reason.SERVER_ERROR), (url, 200, None)]
    assert sent == ["0", "1"]
    assert watcher.queries == [(FHIR_BASE, False)]


async def test_the_token_is_not_an_observers_to_change() -> None:
    """An observer's header never takes the place of the delegated token."""
    sent: list[str] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        sent.append(Request(scope).headers["authorization"])
        await Response(b"{}")(scope, receive, send)

    class Meddler(Observer):
        @contextmanager
        def attempt(self, attempt: Attempt) -> Iterator[None]:
            attempt.headers["Authorization"] = "Bearer another"
            yield

    client = FhirClient(transport=httpx.ASGITransport(keep), pacing=BRISK, observer=Meddler())
    way = access()
    await client.query(way, QUERY)
    await client.aclose()
    assert sent == [f"Bearer {way.token}"]


def test_who_does_not_watch_looks_away() -> None:
    """The usual observer takes everything, and does nothing with it."""
    looking_away = Observer()
    need = Need("k", "Patient/1", "Patient", "words")
    with looking_away.obtaining(need) as tell, looking_away.attempt(Attempt("https://a.test")):
        said: Callable[[Data], None] = tell
        said(Data(need, "p1"))
    looking_away.queried("https://a.test", shared=True)
