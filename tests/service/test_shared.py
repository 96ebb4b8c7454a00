"""The way to Redis: little patience, a breaker, and nothing said that is secret."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hooks.errors import ConfigurationError, Unavailable
from service.shared import Script, Shared
from tests.redis_server import RedisServer, redis_server


@asynccontextmanager
async def way(url: str, patience: float = 5) -> AsyncIterator[Shared]:
    """The way to a Redis."""
    shared = Shared(url, patience)
    try:
        yield shared
    finally:
        await shared.aclose()


async def test_it_is_ready_when_it_answers(redis: RedisServer) -> None:
    """Readiness says what is wrong, and nothing when nothing is."""
    async with way(redis.url) as shared:
        assert await shared.ready() == ""
        redis.stop()
        assert await shared.ready() == "Redis cannot be used (ConnectionError)"
        redis.start()
        assert await shared.ready() == ""


async def test_a_redis_that_forgets_is_not_ready() -> None:
    """One that throws keys out when it is full would let used tokens in again."""
    for policy in ("allkeys-lru", "volatile-ttl"):
        with redis_server("--maxmemory", "100mb", "--maxmemory-policy", policy) as server:
            async with way(server.url) as shared:
                assert "noeviction" in await shared.ready()


async def test_a_redis_that_hangs_costs_a_few_calls_their_patience() -> None:
    """After three questions without an answer no more are asked for a while."""
    asked: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        asked.append(await reader.read(1000))

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with way(f"redis://127.0.0.1:{port}", patience=0.05) as shared:
        for _ in range(20):
            with pytest.raises(Unavailable):
                await shared.ask("GET", "x")
        assert shared.fault == "TimeoutError"
    assert len(asked) == 3
    for writer in writers:
        writer.close()
    server.close()


async def test_many_questions_at_once_are_all_answered(redis: RedisServer) -> None:
    """Each with its own answer, over one connection: none waits in vain for one of its own."""
    async with way(redis.url) as shared:
        script = Script("return {KEYS[1], ARGV[1]}")
        calls = [shared.run(script, [f"k{n}"], [n]) for n in range(1000)]
        found = await asyncio.gather(*calls)
        assert found == [[b"k%d" % n, b"%d" % n] for n in range(1000)]
        clients = await shared.ask("CLIENT", "LIST")
        assert len(clients.splitlines()) == 1


async def test_an_error_costs_the_question_that_made_it(redis: RedisServer) -> None:
    """Others that were sent with it are answered."""
    async with way(redis.url) as shared:
        await shared.ask("SET", "a", "1")
        asked = (shared.ask("GET", "a"), shared.ask("INCR", "a", "wrong"), shared.ask("GET", "a"))
        found: list[object] = list(await asyncio.gather(*asked, return_exceptions=True))
        assert (found[0], found[2]) == (b"1", b"1")
        assert isinstance(found[1], Unavailable)


async def test_one_that_hung_is_used_again(redis: RedisServer) -> None:
    """A late answer to an abandoned question is not taken for that to another."""
    async with way(redis.url, patience=1) as shared:
        await shared.ask("SET", "a", "1")
        redis.hang()
        with pytest.raises(Unavailable):
            await shared.ask("GET", "a")
        redis.go_on()
        assert await shared.ask("GET", "b") is None
        assert await shared.ask("GET", "a") == b"1"


async def test_a_caller_that_goes_away_breaks_nothing(redis: RedisServer) -> None:
    """Nor is that held against Redis."""
    async with way(redis.url) as shared:
        redis.hang()
        questions = [asyncio.ensure_future(shared.ask("GET", "a")) for _ in range(5)]
        await asyncio.sleep(0)
        for question in questions:
            question.cancel()
        await asyncio.gather(*questions, return_exceptions=True)
        redis.go_on()
        assert await shared.ready() == ""


async def test_the_log_has_changes_without_secrets(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it fails and one when it is back; the URL with its password is in none."""
    url = redis.url.replace("unix://", "unix://user:sekret@")
    with caplog.at_level(logging.INFO, "cardwise.shared"):
        async with way(url) as shared:
            for _ in range(2):
                assert "cannot be used" in await shared.ready()
        async with way(redis.url) as shared:
            redis.stop()
            await shared.ready()
            redis.start()
            assert await shared.ready() == ""
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("Redis cannot be used: ")
    assert lines[1:] == ["Redis cannot be used: ConnectionError", "Redis can be used again"]
    assert "sekret" not in caplog.text


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://[::1/0", "redis://h/0?db=x"])
def test_a_wrong_url_is_told_in_a_line(url: str) -> None:
    """It is named by its variable, and not repeated."""
    with pytest.raises(ConfigurationError, match=r"^CARDWISE_REDIS: write a URL") as told:
        Shared(url)
    assert "host" not in str(told.value).partition("write")[0]
