"""Slow, endless and malformed requests, over real sockets."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.ehr import allergy, bundle, draft, order_sign
from tests.service.limits.wire import CALL, Wire, dripped, post, status, wired

ORDER = order_sign(draft(), prefetch={"allergies": bundle(allergy()), "medications": None})
HEAD = f"POST {CALL} HTTP/1.1\r\nHost: x\r\n".encode()
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_a_call_is_answered(wire: Wire) -> None:
    """A good call over this protocol gives the card it should."""
    answer = await wire.say(post(ORDER))
    assert status(answer) == 200
    assert b'"critical"' in answer


async def test_a_head_that_does_not_end_is_refused(wire: Wire) -> None:
    """A client that begins its headers and stops gets 408, and the connection is closed."""
    answer = await wire.say(HEAD)
    assert status(answer) == 408
    assert b"OperationOutcome" in answer


async def test_a_head_in_drops_does_not_keep_a_connection(wire: Wire) -> None:
    """Sending a byte now and then does not buy more time for the headers."""
    assert status(await dripped(wire, HEAD, b"X")) == 408


async def test_a_body_that_does_not_come_is_refused(wire: Wire) -> None:
    """A client that declares a body and does not send it gets 408 with an OperationOutcome."""
    whole = post(ORDER)
    answer = await wire.say(whole[: len(whole) // 2])
    assert status(answer) == 408
    assert b"did not arrive in time" in answer


async def test_a_connection_without_a_request_is_closed(wire: Wire) -> None:
    """Nothing sent, nothing said: the connection just ends."""
    assert await wire.say() == b""


async def test_what_is_left_of_a_refused_body_is_not_taken_for_ever(wire: Wire) -> None:
    """After a 415, a body that keeps coming without end is cut off."""
    reader, writer = await wire.open()
    writer.write(post(b"", Content_Type="text/xml", Content_Length="99999999", Connection=""))
    assert status(await reader.readuntil(b"}]}")) == 415
    ended = asyncio.ensure_future(reader.read())
    while not ended.done():
        writer.write(b" ")
        await asyncio.wait({ended}, timeout=0.02)
    assert isinstance(ended.exception(), ConnectionError | None)
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X-Long: " + b"x" * 3000 + b"\r\n\r\n",
        HEAD + b"X-Short: 1\r\n" * 21 + b"\r\n",
        b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["a long header", "many headers", "a long address"],
)
async def test_a_large_head_is_refused(wire: Wire, head: bytes) -> None:
    """Too many headers, or too large a head, is 431, before anything reads it."""
    assert status(await wire.say(head.replace(b"Host: x", b"Connection: close"))) == 431


async def test_a_head_without_end_is_refused() -> None:
    """Headers that go on and on are refused while they come, long before their time is up."""
    async with wired(PlainTextResponse("never"), seconds=60, head_bytes=2000, headers=20) as wire:
        assert status(await dripped(wire, HEAD, b"X-More: 1\r\n" * 20)) == 431


async def test_idle_connections_make_room() -> None:
    """Over the limit, the connection that has waited longest goes; those with a call stay."""
    held = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await held.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async with wired(app, connections=2) as small:
        slow_reader, slow = await small.open()
        slow.write(GET.replace(b"/healthz", b"/slow"))
        idle_reader, idle = await small.open()
        idle.write(GET)
        await idle_reader.readuntil(b"done")
        third_reader, third = await small.open()
        third.write(GET.replace(b"/healthz", b"/slow"))
        assert await idle_reader.read() == b""
        refused = await small.say(GET)
        assert status(refused) == 503
        assert b"Retry-After: 1" in refused or b"retry-after: 1" in refused
        held.set()
        for reader, writer in ((slow_reader, slow), (third_reader, third)):
            assert status(await reader.readuntil(b"done")) == 200
            writer.close()
        idle.close()
