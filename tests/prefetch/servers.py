"""FHIR servers that misbehave, and real sockets to meet them over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from prefetch.client import Access, Bounds, FhirClient
from prefetch.pacing import Pacing
from tests.ehr import FHIR_BASE, TOKEN, Json
from tests.strategies import as_json

BRISK = Pacing(jitter=lambda: 0)
Answering = Callable[[Request], Awaitable[Response]]


class Server:
    """A server that answers every request in one way, and remembers what it was asked."""

    def __init__(self, answer: Answering | Response) -> None:
        """Answer with this response, or with what this function makes of a request."""
        self.requests: list[Request] = []
        self._answer = answer
        self.app = Starlette()
        self.app.add_route("/{path:path}", self._serve)

    @property
    def urls(self) -> list[str]:
        """What was asked for, in order and as it was encoded."""
        hosts = [request.url.replace(path="", query="") for request in self.requests]
        paths = [request.scope["raw_path"].decode() for request in self.requests]
        queries = [
            f"?{request.url.query}" if request.url.query else "" for request in self.requests
        ]
        return [f"{h}{p}{q}" for h, p, q in zip(hosts, paths, queries, strict=True)]

    async def _serve(self, request: Request) -> Response:
        self.requests.append(request)
        return self._answer if isinstance(self._answer, Response) else await self._answer(request)


def json_of(value: object, status: int = 200) -> Response:
    """An answer of FHIR JSON."""
    return Response(as_json(value), status, media_type="application/fhir+json")


def page(*entries: Json, next_url: str | None = None) -> Json:
    """A page of a search, with a next link if one is given."""
    links = [{"relation": "self", "url": FHIR_BASE}]
    links += [{"relation": "next", "url": next_url}] if next_url is not None else []
    found = [{"resource": entry} for entry in entries]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": found}


def access(base: str = FHIR_BASE, seconds: float = 30, token: str = TOKEN) -> Access:
    """The way to a server, with time enough."""
    return Access(base, token, asyncio.get_running_loop().time() + seconds)


@asynccontextmanager
async def client_of(app: ASGIApp, bounds: Bounds | None = None) -> AsyncIterator[FhirClient]:
    """The real client, with an app in place of the network."""
    client = FhirClient(bounds, httpx.ASGITransport(app), pacing=BRISK)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def client_of_sockets() -> AsyncIterator[FhirClient]:
    """The real client, over real sockets."""
    client = FhirClient(pacing=BRISK)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """Serve the app on a free port of this machine; yields its base URL.

    It is uvicorn without its own loop, which looks only ten times a second whether to stop.
    """
    config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none")
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        kind: Any = config.http_protocol_class
        served: asyncio.Protocol = kind(config=config, server_state=state, app_state={})
        return served

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        await asyncio.gather(*state.tasks, return_exceptions=True)


@asynccontextmanager
async def raw_answer(answer: bytes) -> AsyncIterator[str]:
    """Send these bytes to whoever connects, and hang up; yields the base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
