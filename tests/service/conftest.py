"""What tests of tenants and vendors need: a clock that moves, callers, doors, sites, Redis."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.callers import Caller, Clock
from tests.door import Door, opened
from tests.ehr import Json, allergy
from tests.ehr_double import EhrDouble
from tests.ehr_site import Site, site
from tests.redis_server import RedisServer, redis_server


@pytest.fixture
def clock() -> Clock:
    """A clock that moves when it is told to."""
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Caller:
    """A client of the tenant `mercy`."""
    return Caller(clock)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis or Valkey of the test's own."""
    with redis_server() as server:
        yield server


@pytest.fixture(params=["alone", "shared"])
def memory(request: pytest.FixtureRequest) -> Json:
    """Settings for where used tokens and budgets are held: in this process, and in Redis."""
    if request.param == "alone":
        return {}
    server: RedisServer = request.getfixturevalue("redis")
    return {"redis": server.url}


@pytest.fixture
async def door(tmp_path: Path, clock: Clock) -> AsyncIterator[Door]:
    """The service with the tenants `mercy`, `north` and `south`."""
    async with opened(tmp_path, clock) as found:
        yield found


@pytest.fixture
async def any_door(tmp_path: Path, clock: Clock, memory: Json) -> AsyncIterator[Door]:
    """As `door`, with used tokens held in this process, and in Redis."""
    async with opened(tmp_path, clock, **memory) as found:
        yield found


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose patient has a penicillin allergy, recorded in 2012."""
    double = EhrDouble()
    double.load(allergy(recordedDate="2012-05-01"))
    async with site(double, tmp_path) as found:
        yield found


@pytest.fixture
async def blank(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose patient has no data yet."""
    async with site(EhrDouble(), tmp_path) as found:
        yield found
