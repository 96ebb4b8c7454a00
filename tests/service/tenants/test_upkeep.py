"""Behind the calls: key sets are read before they are needed, and reloads elsewhere followed."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response

from service.app import create_app
from service.settings import Settings
from service.trust.key_sets import KeySets
from tests.asgi import running
from tests.attacks import refused
from tests.callers import CONFIG, ISSUER, JKU, PUBLIC, Caller, Clock, KeyServer, ec, key_set, public
from tests.door import Door, opened
from tests.ehr import Json
from tests.prefetch.servers import Server, json_of, listening
from tests.redis_server import RedisServer

SHARED = "https://shared.test/keys"
OTHER = CONFIG.replace(ISSUER, "https://new.test").replace("mercy", "new")
SECRET = "0123456789abcdef" * 2
OPERATOR = {"Authorization": f"Bearer {SECRET}"}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens behind the calls."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def keys(door: Door) -> dict[str, int]:
    """The tenants in the numbers, with whether their keys can be had."""
    text = (await door.client.get("/metrics")).text
    rows = [line for line in text.splitlines() if line.startswith("cardwise_keys{")]
    return {row.split('"')[1]: int(float(row.split()[-1])) for row in rows}


async def test_keys_are_there_before_the_first_call(
    tmp_path: Path, clock: Clock, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """Each set is read at the start; one that cannot be is told by tenant, reason and number."""
    with caplog.at_level(logging.INFO, "cardwise.tenants"):
        async with opened(tmp_path, clock, warm_keys=True) as door:
            await until(lambda: "south" in caplog.text)
            assert sorted(door.keys.asked) == [JKU, SHARED]
            assert await keys(door) == {"mercy": 1, "north": 0, "south": 0}
            assert (await door.knock(caller.bearer())).status_code == 200
            assert sorted(door.keys.asked) == [JKU, SHARED]
    assert "tenant north: its calls may be refused for want of keys" in caplog.text
    assert f"{SHARED}: ValueError" in caplog.text
    assert "mercy" not in caplog.text


async def test_the_start_waits_for_no_key_server(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A key server that does not answer is given up after calls are served, or never."""
    over = asyncio.Event()

    async def silent(_: Request) -> Response:
        await over.wait()
        return Response(status_code=503)

    server = Server(silent)
    async with listening(server.app) as base:
        config = CONFIG.partition("[tenants.north")[0].replace(JKU, f"{base}/keys")
        (tmp_path / "sites.toml").write_text(config)
        settings = Settings(config=tmp_path / "sites.toml", database=tmp_path / "x.sqlite")
        app = create_app(settings, clock=clock)
        transport = httpx.ASGITransport(app)
        async with running(app), httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            await until(lambda: bool(server.requests))
            assert (await client.get("/healthz")).status_code == 200
        over.set()
    assert "could not be read" not in caplog.text


async def test_keys_are_read_when_their_server_is_back(clock: Clock) -> None:
    """A set that could not be read is tried again, no more often than for calls."""
    server = KeyServer()
    sets = KeySets(clock.exact, httpx.ASGITransport(server.app))
    assert sets.fault(JKU) == "not read yet"
    for _ in range(3):
        await sets.warm([JKU])
    assert (server.asked, sets.fault(JKU)) == ([JKU], "ValueError")
    server.sets[JKU] = key_set()
    clock.forward(30)
    await sets.warm([JKU])
    assert (len(server.asked), sets.fault(JKU)) == (2, "no usable key")
    server.sets[JKU] = key_set(public(ec()))
    clock.forward(30)
    for _ in range(3):
        await sets.warm([JKU])
    assert (len(server.asked), sets.fault(JKU)) == (3, "")
    clock.forward(3600)
    assert sets.fault(JKU) == "too old"
    await sets.aclose()


async def test_few_sets_are_read_at_once(clock: Clock) -> None:
    """However many tenants there are."""
    under_way: list[int] = []
    now = 0

    async def counted(_: Request) -> Response:
        nonlocal now
        now += 1
        under_way.append(now)
        await asyncio.sleep(0.005)
        now -= 1
        return json_of(key_set(public(ec())))

    async with listening(Server(counted).app) as base:
        sets = KeySets(clock.exact)
        urls = [f"{base}/{number}" for number in range(40)]
        await sets.warm(urls)
        assert not any(sets.fault(url) for url in urls)
        await sets.aclose()
    assert len(under_way) == 40
    assert 1 < max(under_way) <= 8


async def test_a_reload_here_is_followed_elsewhere(
    tmp_path: Path, clock: Clock, caller: Caller, redis: RedisServer
) -> None:
    """Processes that share a Redis read their files again when one of them was told to."""
    (tmp_path / "other").mkdir()
    settings: Json = {"redis": redis.url, "operator_token": SECRET}
    async with (
        opened(tmp_path, clock, **settings) as here,
        opened(tmp_path / "other", clock, **settings) as there,
    ):
        for door in (here, there):
            assert (await door.knock(caller.bearer())).status_code == 200
            door.config.write_text(OTHER)
        answer = await here.client.post("/operations/reload", headers=OPERATOR)
        assert answer.json() == {"tenants": ["new", "north", "south"], "others_told": True}
        await until(lambda: "new" in there.app.state.cardwise.gate.sites.by_id)
        refused(await there.knock(caller.bearer()), "untrusted")


async def test_a_broken_file_is_not_announced(
    tmp_path: Path, clock: Clock, redis: RedisServer
) -> None:
    """What one process could not use, the others are not told of."""
    async with opened(tmp_path, clock, redis=redis.url, operator_token=SECRET) as door:
        door.config.write_text("[tenants")
        assert (await door.client.post("/operations/reload", headers=OPERATOR)).status_code == 422
        client = Redis.from_url(redis.url)
        assert await client.get("cardwise:reload") is None
        await client.aclose()


async def test_without_redis_the_others_are_not_told(
    tmp_path: Path, clock: Clock, redis: RedisServer
) -> None:
    """The reload is done here, and the answer says that it was not passed on."""
    async with opened(tmp_path, clock, redis=redis.url, operator_token=SECRET) as door:
        redis.stop()
        answer = await door.client.post("/operations/reload", headers=OPERATOR)
        assert (answer.status_code, answer.json()["others_told"]) == (200, False)
