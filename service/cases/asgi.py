"""Runs an ASGI app's start-up and shutdown around a block, as a server would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Start the app, and stop it when the block ends.

    Raises:
        RuntimeError: the app did not start, or did not stop as it should.
    """
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def told(kind: str) -> None:
        await to_app.put({"type": f"lifespan.{kind}"})
        answer = await from_app.get()
        if answer["type"] != f"lifespan.{kind}.complete":
            raise RuntimeError(answer.get("message") or answer["type"])

    task = asyncio.ensure_future(app({"type": "lifespan"}, to_app.get, from_app.put))
    await told("startup")
    try:
        yield
    finally:
        await told("shutdown")
        await task
