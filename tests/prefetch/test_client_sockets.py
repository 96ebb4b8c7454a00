"""The FHIR client over real sockets: what a network does that an app in memory cannot."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from prefetch.client import Answer
from prefetch.states import Reason
from service.fhir_server import FhirServer
from tests.ehr import TOKEN, allergy
from tests.prefetch.servers import (
    Server,
    access,
    client_of_sockets,
    json_of,
    listening,
    page,
    raw_answer,
)

QUERY = "AllergyIntolerance?patient=p1"


async def ask(base: str, seconds: float = 30) -> Answer:
    """The client's answer to one query of the server at a base URL."""
    async with client_of_sockets() as client:
        return await client.query(access(base, seconds), QUERY)


async def test_the_real_server_over_a_real_connection() -> None:
    """Search, token and paging work over a socket as they do in memory."""
    fhir = FhirServer(frozenset({TOKEN}), page_size=1, base_url=None)
    fhir.load(allergy(id="a1"))
    fhir.load(allergy(id="a2"))
    async with listening(fhir.app) as base:
        answer = await ask(base)
    assert (len(answer.pages), answer.reason) == (2, None)


async def test_many_queries_share_the_client() -> None:
    """Queries at once each get their own answer."""

    async def echo(request: Request) -> Response:
        return json_of({"resourceType": "Patient", "id": request.url.path.rpartition("/")[2]})

    async with listening(Server(echo).app) as base, client_of_sockets() as client:
        way = access(base)
        answers = await asyncio.gather(*(client.query(way, f"Patient/{n}") for n in range(20)))
    assert [f'"{n}"'.encode() in answer.pages[0] for n, answer in enumerate(answers)] == [True] * 20


async def test_nobody_listens() -> None:
    """A refused connection is a server that cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await ask(f"http://127.0.0.1:{port}") == Answer(reason=Reason.UNREACHABLE)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n',
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
async def test_a_connection_that_is_dropped(sent: bytes) -> None:
    """A server that hangs up before its answer is whole, or speaks no HTTP, was not reached."""
    async with raw_answer(sent) as base:
        assert await ask(base) == Answer(reason=Reason.UNREACHABLE)


async def test_an_answer_without_length_is_read_to_its_end() -> None:
    """An HTTP/1.0 style answer that ends with the connection is whole."""
    async with raw_answer(b'HTTP/1.1 200 OK\r\n\r\n{"resourceType":"Bundle"}') as base:
        assert await ask(base) == Answer((b'{"resourceType":"Bundle"}',), None)


async def test_a_body_that_trickles_is_left_at_the_deadline() -> None:
    """The deadline bounds the body too, not only the first byte."""

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    async def answer(_request: Request) -> Response:
        return StreamingResponse(trickle(), media_type="application/fhir+json")

    async with listening(Server(answer).app) as base:
        assert await ask(base, seconds=0.2) == Answer(reason=Reason.TIMEOUT)


async def test_an_endless_body_is_cut() -> None:
    """A body without an end is left as soon as it is too large, long before the deadline."""

    async def flood() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1_000_000
            await asyncio.sleep(0)  # lets the server notice that nobody listens

    async def answer(_request: Request) -> Response:
        return StreamingResponse(flood(), media_type="application/fhir+json")

    async with listening(Server(answer).app) as base:
        assert await ask(base) == Answer(reason=Reason.TRUNCATED)


async def test_the_token_does_not_follow_a_link_to_another_port() -> None:
    """A next link to another server of the same host is another origin, and gets no request."""
    other = Server(json_of(page()))
    async with listening(other.app) as elsewhere:
        first = Server(json_of(page(allergy(), next_url=f"{elsewhere}/steal")))
        async with listening(first.app) as base:
            answer = await ask(base)
    assert (len(answer.pages), answer.reason) == (1, Reason.TRUNCATED)
    assert other.requests == []


async def test_a_token_that_would_add_a_header_is_not_sent() -> None:
    """A line break in a token makes no second header; the call fails as a reason."""
    server = Server(json_of(page()))
    async with listening(server.app) as base, client_of_sockets() as client:
        answer = await client.query(access(base, token="a\r\nX-Evil: 1"), QUERY)
    assert answer.pages == ()
    assert answer.reason is not None
    assert server.requests == []
