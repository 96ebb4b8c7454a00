"""Key sets by URL: cached, rotated, shared and bounded, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service.trust.key_sets import KeySets, Pace
from service.trust.public_keys import read_keys
from tests.callers import Clock, ec, key_set, public, rsa
from tests.prefetch.servers import Server, listening

ONE = key_set(public(ec(), "one"))
TWO = key_set(public(ec("P-384", "two"), "two"))
BRISK = Pace(patience=0.2)


class Keys:
    """A key server whose answer can be changed, and the key sets that read it."""

    def __init__(self, clock: Clock, pace: Pace | None = None) -> None:
        """Serve the set with the key `one`."""
        self.answer: Any = ONE
        self.pause = 0.0
        self.server = Server(self._serve)
        self.clock = clock
        self.sets = KeySets(clock.exact, pace=pace)
        self.url = ""

    async def found(self, kid: str) -> bool:
        """Whether a key of that id is there."""
        return bool(await self.sets.find(self.url, kid))

    @property
    def fetches(self) -> int:
        """How often the set was asked for."""
        return len(self.server.requests)

    async def settled(self) -> None:
        """Wait for fetches that nobody waits for."""
        await asyncio.gather(*self.sets._fetches.values())

    async def _serve(self, _: Request) -> Response:
        await asyncio.sleep(self.pause)
        return self.answer if isinstance(self.answer, Response) else JSONResponse(self.answer)


@pytest.fixture
async def keys(clock: Clock) -> AsyncIterator[Keys]:
    """A key server on a real socket."""
    found = Keys(clock, BRISK)
    async with listening(found.server.app) as base:
        found.url = f"{base}/keys"
        yield found
        await found.sets.aclose()


async def test_a_set_is_read_once(keys: Keys) -> None:
    """Further calls use what is held."""
    for _ in range(5):
        assert await keys.found("one")
    assert keys.fetches == 1
    accepted = keys.server.requests[0].headers
    assert accepted["accept-encoding"] == "identity"
    assert "authorization" not in accepted


async def test_callers_at_once_share_a_fetch(keys: Keys) -> None:
    """Many calls with an empty cache cause one fetch, and one that gives up breaks no other."""
    keys.pause = 0.05
    impatient = asyncio.ensure_future(keys.found("one"))
    others = [asyncio.ensure_future(keys.found("one")) for _ in range(20)]
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert all(await asyncio.gather(*others))
    assert keys.fetches == 1


async def test_a_new_key_is_found(keys: Keys, clock: Clock) -> None:
    """After a rotation the unknown kid has the set read again, at most once an interval."""
    assert await keys.found("one")
    keys.answer = TWO
    assert not await keys.found("two")  # asked for just now
    clock.forward(30)
    assert await keys.found("two")
    assert not await keys.found("one")  # withdrawn
    assert keys.fetches == 2


async def test_an_old_set_is_refreshed_behind_the_calls(keys: Keys, clock: Clock) -> None:
    """After ten minutes a call still gets the old key at once, and the next the new set."""
    assert await keys.found("one")
    keys.answer, keys.pause = TWO, 0.05
    clock.forward(600)
    assert await keys.found("one")
    await keys.settled()
    assert not await keys.found("one")
    assert await keys.found("two")


async def test_an_outage_is_bridged_for_an_hour(keys: Keys, clock: Clock) -> None:
    """While the key server is down, what is held serves for an hour, and no longer."""
    assert await keys.found("one")
    keys.answer = Response(status_code=503)
    for minute in range(20, 60, 10):
        clock.forward(600 if minute > 20 else 1200)
        assert await keys.found("one"), minute
        await keys.settled()
    assert keys.fetches == 5
    clock.forward(600)
    assert not await keys.found("one")
    keys.answer = ONE
    assert not await keys.found("one")  # asked for just now
    clock.forward(30)
    assert await keys.found("one")


async def endless() -> AsyncIterator[bytes]:
    """A body that does not end."""
    while True:
        yield b" " * 65536
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=404),
        Response(json.dumps(ONE), status_code=203),
        Response(status_code=302, headers={"location": "/keys"}),
        Response("<html>"),
        Response("[]"),
        Response('{"keys": {}}'),
        Response("[" * 100_000),
        Response(b"\xff\xfe"),
        Response(json.dumps(ONE), headers={"content-encoding": "gzip"}),
        Response(json.dumps(ONE | {"x": "x" * 300_000})),
        StreamingResponse(endless()),
    ],
)
async def test_what_is_no_key_set_gives_no_key(keys: Keys, answer: Response) -> None:
    """Whatever a key server does, there is just no key; it never takes longer than its patience."""
    keys.answer = answer
    async with asyncio.timeout(2):
        assert not await keys.found("one")
    assert keys.fetches == 1


async def test_a_slow_server_is_given_up(keys: Keys) -> None:
    """A fetch ends when its patience does."""
    keys.pause = 1
    async with asyncio.timeout(0.6):
        assert not await keys.found("one")


async def test_nobody_listens(clock: Clock) -> None:
    """A key server that is not there gives no key."""
    sets = KeySets(clock.exact)
    assert not await sets.find("http://127.0.0.1:9/keys", "one")
    await sets.aclose()


async def test_forgotten_sets_are_read_again(keys: Keys) -> None:
    """What is no longer configured is not kept."""
    assert await keys.found("one")
    keys.sets.keep_only([])
    assert await keys.found("one")
    assert keys.fetches == 2


LEAKED = {
    "kty": "EC",
    "crv": "P-384",
    "kid": "leaked",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
}
EXAMPLE = LEAKED | {
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
}


@pytest.mark.parametrize("key", [LEAKED, EXAMPLE])
def test_published_private_keys_are_for_development(key: dict[str, str]) -> None:
    """The sandbox's key and the standard's example are never taken in production."""
    assert read_keys({"keys": [key]}, published=True)
    assert not read_keys({"keys": [key]}, published=False)


@pytest.mark.parametrize(
    "member",
    [
        None,
        7,
        {},
        {"kty": "oct", "k": "AAAA", "kid": "k"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k"},
        public(ec(), "k") | {"crv": "P-999"},
        public(ec(), "k") | {"crv": ["P-384"]},
        public(ec(), "k") | {"x": "AAAA"},
        public(ec(), "k") | {"x": 1},
        public(ec(), "k") | {"kid": 1},
        public(ec(), "k") | {"use": "enc"},
        public(ec(), "k") | {"alg": "RS384"},
        public(ec(), "k") | {"alg": ["ES384"]},
        public(ec(), "k") | {"use": None, "key_ops": ["sign"]},
        public(ec(), "k") | {"use": None, "key_ops": "verify"},
        public(rsa(), "k") | {"e": "AA"},
        public(rsa(), "k") | {"n": "AQAB"},
        public(rsa(), "k") | {"n": "_" * 3000},
    ],
)
def test_keys_that_cannot_be_used_are_passed_over(member: Any) -> None:
    """One odd key costs itself, not its set."""
    found = read_keys({"keys": [member, public(ec(), "good")]}, published=False)
    assert [key.kid for key in found] == ["good"]


def test_key_operations_may_say_verify() -> None:
    """A key whose operations name verify is one for checking signatures."""
    key = public(ec(), "k", use=None, key_ops=["verify"])
    assert [k.kid for k in read_keys({"keys": [key]}, published=False)] == ["k"]
