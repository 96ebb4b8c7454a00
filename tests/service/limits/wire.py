"""The service behind its own protocol on a real socket, and clients that write bytes by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from service.limits.connection import Connection, ConnectionLimits, connections_within
from tests.strategies import as_json

CALL = "/cds-services/order-safety"


class Wire:
    """A port, and what is connected to it."""

    def __init__(self, port: int, state: ServerState) -> None:
        """Speak to `port`."""
        self.port = port
        self.state = state

    @property
    def connections(self) -> list[Connection]:
        """The server's side of every open connection."""
        return [c for c in self.state.connections if isinstance(c, Connection)]

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, *pieces: bytes) -> bytes:
        """Send pieces, each when the last was read; return all that comes until the end."""
        reader, writer = await self.open()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


async def dripped(wire: Wire, start: bytes, drop: bytes) -> bytes:
    """Send a start, then drops until an answer comes; return the answer's head."""
    reader, writer = await wire.open()
    head = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
    writer.write(start)
    while not head.done():
        writer.write(drop)
        await asyncio.wait({head}, timeout=0.02)
    writer.close()
    return head.result()


@asynccontextmanager
async def wired(app: ASGIApp, **limits: Any) -> AsyncIterator[Wire]:
    """Serve the app with these limits on connections."""
    kind = connections_within(ConnectionLimits(**limits))
    config = uvicorn.Config(app, http=kind, lifespan="off", log_config=None, ws="none")
    config.load()
    state = ServerState()

    def protocol() -> Connection:
        return kind(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield Wire(server.sockets[0].getsockname()[1], state)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)


def post(body: object, path: str = CALL, **headers: str) -> bytes:
    """A whole request that closes the connection; a body that is not bytes is made JSON."""
    content = body if isinstance(body, bytes) else as_json(body)
    named = {
        "Host": "x",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Connection": "close",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


def status(answer: bytes) -> int:
    """The status of the first answer; 0 when there was none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
