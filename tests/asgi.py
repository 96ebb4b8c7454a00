"""Runs an ASGI app's start-up and shutdown around a test, as a server would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message


def innermost(app: object) -> Starlette:
    """The routed application below the layers that `create_app` puts around it."""
    while not isinstance(app, Starlette):
        app = vars(app).get("app") or vars(app)["_app"]
    return app


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Start the app, and stop it when the block ends."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan"}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        assert (await from_app.get())["type"] == "lifespan.shutdown.complete"
        await task
