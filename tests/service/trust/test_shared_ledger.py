"""Tokens and budgets over several processes, and what happens when Redis is not there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from hooks.errors import NotAuthenticated, OverBudget, Unavailable
from service.shared import Shared
from service.trust.shared_ledger import SharedLedger
from tests.attacks import refused
from tests.callers import ISSUER, Caller, Clock
from tests.door import opened
from tests.ledgers import site, token
from tests.redis_server import RedisServer, redis_server


@asynccontextmanager
async def ledger(
    redis: RedisServer, clock: Callable[[], float], *, alone: bool = False
) -> AsyncIterator[SharedLedger]:
    """The ledger as one process has it."""
    shared = Shared(redis.url, patience=5)
    try:
        yield SharedLedger(clock, shared, alone=alone)
    finally:
        await shared.aclose()


@pytest.fixture
async def one(redis: RedisServer, clock: Clock) -> AsyncIterator[SharedLedger]:
    """The ledger of one process."""
    async with ledger(redis, clock.exact) as made:
        yield made


@pytest.fixture
async def other(redis: RedisServer, clock: Clock) -> AsyncIterator[SharedLedger]:
    """The ledger of another."""
    async with ledger(redis, clock.exact) as made:
        yield made


async def test_a_token_opens_once_wherever_it_is_sent(
    one: SharedLedger, other: SharedLedger, clock: Clock
) -> None:
    """Of fifty uses at the same moment at two processes one is let in."""

    async def use(made: SharedLedger) -> None:
        async with made.entered(site(), token(clock, "1")):
            pass

    ends = await asyncio.gather(*(use(m) for m in [one, other] * 25), return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert sum(isinstance(end, NotAuthenticated) for end in ends) == 49


async def test_budgets_are_spent_together(
    one: SharedLedger, other: SharedLedger, clock: Clock
) -> None:
    """Calls at one process leave less for the other, in a minute and at once."""
    where = site(per_minute=3, concurrency=2)
    async with (
        one.entered(where, token(clock, "a")),
        other.entered(where, token(clock, "b")),
    ):
        for made in (one, other):
            with pytest.raises(OverBudget, match="under way"):
                async with made.entered(where, token(clock, f"at once {id(made)}")):
                    pass
    for made in (one, other):
        await made._shared.settled()
    async with one.entered(where, token(clock, "c")):
        pass
    with pytest.raises(OverBudget, match="in a minute") as told:
        async with other.entered(where, token(clock, "d")):
            pass
    assert told.value.retry_after == 60


async def test_a_process_that_died_is_not_counted_for_ever(
    redis: RedisServer, other: SharedLedger, clock: Clock
) -> None:
    """Calls whose end is never told, as after kill -9, are given up after a minute."""
    where = site(concurrency=1)
    async with ledger(redis, clock.exact) as dying, dying.entered(where, token(clock, "lost")):
        clock.forward(59)
        with pytest.raises(OverBudget):
            async with other.entered(where, token(clock, "a")):
                pass
        clock.forward(1)
        async with other.entered(where, token(clock, "b")):
            pass


async def test_what_is_kept_says_nothing_and_ends(
    redis: RedisServer, one: SharedLedger, clock: Clock
) -> None:
    """Redis holds digests, each with an end: a token's lies well after the token's own."""
    async with one.entered(site(), token(clock, "sekret-jti")):
        client = Redis.from_url(redis.url)
        keys = [key async for key in client.scan_iter()]
        assert len(keys) == 3
        for key in keys:
            told = key + await client.dump(key)
            assert not any(word in told for word in (b"sekret", ISSUER.encode()))
            assert await client.ttl(key) > 0
            if b":used:" in key:
                assert 500 < await client.ttl(key) <= 600
        await client.aclose()


async def test_scripts_forgotten_by_redis_are_given_again(
    redis: RedisServer, one: SharedLedger, clock: Clock
) -> None:
    """A Redis that was started anew needs no new start of ours."""
    for name in "ab":
        async with one.entered(site(), token(clock, name)):
            redis.stop()
            redis.start()


async def test_when_redis_is_full_nothing_is_let_in(clock: Clock) -> None:
    """A token that cannot be noted opens nothing."""
    options = ("--maxmemory", "1", "--maxmemory-policy", "noeviction")
    with redis_server(*options) as server:
        async with ledger(server, clock.exact) as made:
            with pytest.raises(Unavailable):
                await made.entered(site(), token(clock, "a")).__aenter__()


async def test_without_redis_calls_are_refused(
    tmp_path: Path, clock: Clock, caller: Caller, redis: RedisServer
) -> None:
    """By default nothing is let in that could have been used elsewhere: 503, and counted."""
    async with opened(tmp_path, clock, redis=redis.url) as door:
        assert (await door.knock(caller.bearer())).status_code == 200
        redis.stop()
        answer = await door.knock(caller.bearer())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        (issue,) = answer.json()["issue"]
        assert issue["code"] == "no-store"
        assert await door.refusals() == {"unavailable": 1}
        text = (await door.client.get("/metrics")).text
        assert 'cardwise_store_up{store="redis"} 0.0' in text
        redis.start()
        assert (await door.knock(caller.bearer())).status_code == 200


async def test_alone_each_process_checks_for_itself(
    tmp_path: Path, clock: Clock, caller: Caller, redis: RedisServer
) -> None:
    """Where operators chose so, calls go on, and what was used meanwhile stays used."""
    async with opened(tmp_path, clock, redis=redis.url, redis_down="alone") as door:
        before, meanwhile = caller.bearer(), caller.bearer()
        assert (await door.knock(before)).status_code == 200
        redis.stop()
        refused(await door.knock(before), "replay")
        assert (await door.knock(meanwhile)).status_code == 200
        refused(await door.knock(meanwhile), "replay")
        redis.start()
        refused(await door.knock(meanwhile), "replay")
        assert (await door.knock(caller.bearer())).status_code == 200


async def test_a_refusal_leaves_nothing_under_way(
    redis: RedisServer, one: SharedLedger, clock: Clock
) -> None:
    """Calls that end together are struck together, and none is left behind."""
    async with AsyncExitStack() as stack:
        for number in range(20):
            await stack.enter_async_context(one.entered(site(), token(clock, str(number))))
    await one._shared.settled()
    client = Redis.from_url(redis.url)
    assert await client.zcard("cardwise:under-way:mercy") == 0
    assert await client.zcard("cardwise:recent:mercy") == 20
    await client.aclose()
