"""Thousands of calls while everything fails at random: each is answered, and nothing is left over.

The FHIR servers are met over real sockets; the faults are drawn from a seeded generator.
"""

import asyncio
import gc
import logging
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from prefetch.client import FhirClient
from service.app import create_app
from service.fhir_server import FhirServer
from service.settings import Settings
from service.state import State
from tests.asgi import innermost, running
from tests.conftest import NOW
from tests.ehr import EHR, RULES, Json, allergy, bundle, draft
from tests.ehr_double import BOMB, CUT, HTML, Asked, EhrDouble, Knobs, Paging, outcome
from tests.prefetch.servers import listening

CALLS: Final = 2000
TRACED: Final = 400  # the last of them, whose memory is watched; that makes them slow
AT_ONCE: Final = 32
SITES: Final = 24  # the last of them is dead
DEADLINE: Final = 2.0
# What may be kept of those, in bytes: 100 for each. An answer that is kept has 3,000. What leaks
# leaks both times; caches that fill, and the interpreter's own free lists, differ between times.
MOST_GROWTH: Final = 40_000
# Where it is looked for: in our own code, less the FHIR server, which keeps pages on purpose. What
# the libraries hold is their idle connections, and those are counted.
OURS: Final = [
    *(
        tracemalloc.Filter(True, f"*/{name}/*")
        for name in ("hooks", "prefetch", "rules", "service")
    ),
    *(tracemalloc.Filter(False, f"*/{name}/*") for name in ("fhir_server", "tests")),
]
TAKEN: Final = draft(id="m1", status="active")
GZIP: Final = (("content-encoding", "gzip"),)
FAULTS: Final = (
    *(Knobs(status=status) for status in (400, 401, 403, 404, 410, 500, 502, 503)),
    *(Knobs(status=429, headers=(("retry-after", wait),)) for wait in ("0", "1", "600")),
    *(Knobs(body=body) for body in (CUT, HTML, b"", b"[]", b"null", b'{"resourceType":"Patient"}')),
    *(Knobs(delay=delay) for delay in (0.01, 0.1)),
    Knobs(status=302, headers=(("location", "http://127.0.0.1:9/steal"),)),
    Knobs(body=b"not gzip", headers=GZIP),
    Knobs(dropped=True),
    Knobs(drip=0.001, body=b"{" + b" " * 50),
    Knobs(entries=(outcome("warning", "59204"),)),
    Knobs(paging=Paging(endless=True)),
    Knobs(paging=Paging(foreign="http://127.0.0.1:9")),
    Knobs(paging=Paging(expires_on=2)),
)
# What takes much time or memory is rarer: it is the machine that would give in.
HEAVY: Final = (Knobs(body=BOMB, headers=GZIP), Knobs(endless=True), Knobs(delay=5))


class Troubled(EhrDouble):
    """A server of which one answer in five goes wrong, each in another way."""

    def __init__(self, random: Random) -> None:
        """Draw the faults from this generator."""
        super().__init__(FhirServer(None, page_size=2, base_url=None))
        self.random = random
        self.served = 0
        self.load(*(allergy(id=f"a{n}") for n in range(4)), TAKEN)

    def knobs(self, asked: Asked) -> Knobs:
        """What goes wrong with this request, if anything."""
        self.served += 1
        self.asked.clear()  # what grows looks like a leak
        assert asked.headers["authorization"].startswith("Bearer token-")
        drawn = self.random.random()
        if drawn < 0.01:
            return self.random.choice(HEAVY)
        return self.random.choice(FAULTS) if drawn < 0.2 else Knobs()


@dataclass(slots=True)
class Caller:
    """EHRs of many sites that call at random, some of whom do not wait for the answer."""

    client: httpx.AsyncClient
    double: Troubled
    base: str
    random: Random
    statuses: Counter[int | str] = field(default_factory=Counter)
    cleared: int = 0

    async def calls(self, number: int) -> None:
        """Make this many calls, so many at once."""
        waiting = iter(range(number))
        await asyncio.gather(*(self._in_turn(waiting) for _ in range(AT_ONCE)))

    async def _in_turn(self, waiting: Iterator[int]) -> None:
        for _ in waiting:
            impatient = self.random.random() < 0.03
            try:
                async with asyncio.timeout(0.02 if impatient else DEADLINE + 9):
                    answer = await self._call()
            except TimeoutError:
                self.statuses["hung up" if impatient else "not answered in time"] += 1
            else:
                self.statuses[answer.status_code] += 1
                self.cleared += answer.json().get("cards") == []

    async def _call(self) -> httpx.Response:
        ehr = EHR(self.client, self.double.fhir)
        site = self.random.randrange(SITES)
        base = f"{self.base}/site-{site}" if site else "http://127.0.0.1:9"
        token = {"access_token": f"token-{self.random.randrange(100)}"}
        changes: Json = {"fhirServer": base, "fhirAuthorization": token}
        if self.random.random() < 0.8:  # else both lists are to be read
            changes["prefetch"] = {"medications": bundle(TAKEN)}
        if self.random.random() < 0.2:
            return await ehr.view(**changes)
        return await ehr.sign(draft(), **changes)


@pytest.fixture
def quiet() -> Iterator[None]:
    """No log records: what keeps them for the report would look like a leak."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@asynccontextmanager
async def many_sites(folder: Path) -> AsyncIterator[tuple[Caller, State]]:
    """The real app with its real network client, and the troubled sites."""
    double = Troubled(Random(1))  # noqa: S311 - faults are no secrets
    # traced, each takes ten times as long: that is no overload
    settings = Settings(database=folder / "x.sqlite", deadline=DEADLINE, queue_seconds=60)
    app: Any = create_app(settings, clock=lambda: NOW, rules=RULES)
    inner = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://cds.test")
    async with (
        listening(Starlette(routes=[Mount("/{site}", double)])) as base,
        running(app),
        inner as client,
    ):
        caller = Caller(client, double, base, Random(2))  # noqa: S311
        yield caller, innermost(app).state.cardwise


def in_use(client: FhirClient) -> list[str]:
    """The connections of the client's pool that are neither idle nor closed."""
    pool: Any = client._wire._http._transport
    found = pool._pool.connections
    return [repr(each) for each in found if not (each.is_idle() or each.is_closed())]


async def at_rest(state: State, others: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """The tasks that are left over when each had the time of a call's deadline to end."""
    await state.store.ready()  # what waits to be stored is not left over
    for _ in range(100):
        left = asyncio.all_tasks() - others
        if not left and not in_use(state.fhir):
            break
        await asyncio.sleep(DEADLINE / 50)
    return left


async def grown(*work: Awaitable[object]) -> int:
    """The bytes that the service has taken for some work, done in order, and not given back."""
    gc.collect()
    tracemalloc.start()
    try:
        for each in work:
            await each
        gc.collect()
        found = tracemalloc.take_snapshot().filter_traces(OURS).statistics("filename")
        return sum(each.size for each in found)
    finally:
        tracemalloc.stop()


async def test_nothing_is_left_over(tmp_path: Path, quiet: None) -> None:  # noqa: ARG001
    """Every call is answered 200 or 412, never with all clear, and leaves nothing behind."""
    async with many_sites(tmp_path) as (caller, state):
        others = asyncio.all_tasks()
        await caller.calls(CALLS - TRACED)
        assert await at_rest(state, others) == set()
        growth = await grown(caller.calls(TRACED), at_rest(state, others))
        assert set(caller.statuses) == {200, 412, "hung up"}
        assert sum(caller.statuses.values()) == CALLS
        if growth >= MOST_GROWTH:
            growth = await grown(caller.calls(TRACED), at_rest(state, others))
        assert caller.cleared == 0
        assert caller.double.served > CALLS
        assert asyncio.all_tasks() == others
        assert in_use(state.fhir) == []
        assert growth < MOST_GROWTH
