"""Replay across processes: real ones, on ports of their own or on one, with one Redis."""

import asyncio
import json
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.callers import CONFIG, DISCOVERY, JKU, Caller, Clock, ec, key_set, public
from tests.redis_server import RedisServer
from tests.service_process import service_process


@pytest.fixture
def variables(tmp_path: Path, redis: RedisServer) -> dict[str, str]:
    """What both are started with: the caller's keys in a file, and an aud for either port."""
    (tmp_path / "keys.json").write_text(json.dumps(key_set(public(ec()))))
    config = CONFIG.replace(
        f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\njwks_file = "keys.json"\naudience = ["typed"]'
    )
    (tmp_path / "sites.toml").write_text(config)
    return {
        "CARDWISE_CONFIG": str(tmp_path / "sites.toml"),
        "CARDWISE_REDIS": redis.url,
        "CARDWISE_WARM_KEYS": "false",
    }


@pytest.fixture
def today() -> Caller:
    """A caller whose clock is right: processes have no other."""
    return Caller(Clock(datetime.now(UTC)), DISCOVERY)


async def statuses(urls: list[str], bearer: dict[str, str]) -> list[int]:
    """Use one token at each URL, all at the same moment and each on a connection of its own."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        calls = [client.get(url + DISCOVERY, headers=bearer) for url in urls]
        return sorted(answer.status_code for answer in await asyncio.gather(*calls))


async def test_of_fifty_uses_over_two_processes_one_gets_in(
    tmp_path: Path, variables: dict[str, str], today: Caller
) -> None:
    """One token, fifty times at the same moment, at two processes: it opens once."""
    with ExitStack() as stack:
        urls = []
        for name in ("one", "other"):
            own = {"CARDWISE_DATABASE": str(tmp_path / name)}
            urls.append(stack.enter_context(service_process(tmp_path, **variables | own))[1])
        assert await statuses(urls * 25, today.bearer(aud="typed")) == [200] + [401] * 49


async def test_of_fifty_uses_over_two_workers_one_gets_in(
    tmp_path: Path, variables: dict[str, str], today: Caller
) -> None:
    """The same with two workers on one port."""
    with service_process(tmp_path, CARDWISE_WORKERS="2", **variables) as (process, url):
        assert await statuses([url] * 50, today.bearer(aud="typed")) == [200] + [401] * 49
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
